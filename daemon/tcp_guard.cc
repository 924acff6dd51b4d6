#include "daemon/tcp_guard.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "base/fs.h"
#include "base/hmac.h"
#include "feeds/ascii.h"

namespace feedwire::daemon {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kWhite = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(kWhite), text.size());
  return text.substr(begin, text.find_last_not_of(kWhite) + 1 - begin);
}

bool is_visible(char c) { return c > ' ' && c < '\x7f'; }

}  // namespace

Result<TcpGuard> TcpGuard::open(const std::filesystem::path& token_file) {
  struct stat status {};
  Result<std::string> text = read_file(token_file, kMaxTokenBytes + 64);
  if (!text) return std::move(text).error().in(token_file.native());
  if (::stat(token_file.c_str(), &status) < 0) return errno_error("stat").in(token_file.native());
  if ((status.st_mode & (S_IROTH | S_IWOTH)) != 0)
    return Error{ErrorCode::permission,
                 fmt::format("{}: everybody may open it; chmod 640 or less", token_file.native())};
  const std::string_view token = trimmed(*text);
  if (token.size() < kMinTokenBytes || token.size() > kMaxTokenBytes ||
      !std::all_of(token.begin(), token.end(), is_visible))
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{}: a token has {} to {} visible ASCII characters; `openssl rand "
                             "-hex 32` makes one",
                             token_file.native(), kMinTokenBytes, kMaxTokenBytes)};
  return TcpGuard(std::string(token));
}

std::optional<ApiReply> TcpGuard::refuse_host(std::string_view host) const {
  if (hosts_.is_ours(host)) return {};
  return problem(421, "ask for this machine by an address, its own name or localhost");
}

std::optional<ApiReply> TcpGuard::refuse(std::string_view host,
                                         std::string_view authorization) const {
  if (std::optional<ApiReply> refusal = refuse_host(host)) return refusal;
  constexpr std::string_view kScheme = "bearer ";  // RFC 6750, section 2.1
  const bool is_bearer = feeds::to_lower_ascii(authorization.substr(0, kScheme.size())) == kScheme;
  if (is_bearer && equal_in_constant_time(trimmed(authorization.substr(kScheme.size())), token_))
    return {};
  ApiReply reply = problem(401, authorization.empty()
                                    ? "over TCP each request has the header Authorization: Bearer "
                                      "TOKEN, with the token of api.token_file"
                                    : "this is not the token of api.token_file");
  reply.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"feedwire\"");
  return reply;
}

}  // namespace feedwire::daemon
