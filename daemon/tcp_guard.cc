#include "daemon/tcp_guard.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/fs.h"
#include "base/hmac.h"
#include "base/ip_network.h"

namespace feedwire::daemon {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kWhite = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(kWhite), text.size());
  return text.substr(begin, text.find_last_not_of(kWhite) + 1 - begin);
}

bool is_visible(char c) { return c > ' ' && c < '\x7f'; }

/// "Host" without its port and, of an IPv6 address, without the brackets.
std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end == host.npos ? std::string_view() : host.substr(1, end - 1);
  }
  return host.substr(0, host.find(':'));
}

std::string machine_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) < 0) return {};
  return lower(name.data());
}

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
  return TcpGuard(std::string(token), machine_name());
}

std::optional<ApiReply> TcpGuard::refuse_host(std::string_view host) const {
  const std::string name = lower(host_name(host));
  // Nobody but a resolver can be made to lie, and an address asks none.
  if (name == "localhost" || name.ends_with(".localhost") || IpAddress::parse(name)) return {};
  if (!name.empty() && name == machine_) return {};
  return problem(421, "ask for this machine by an address, its own name or localhost");
}

std::optional<ApiReply> TcpGuard::refuse(std::string_view host,
                                         std::string_view authorization) const {
  if (std::optional<ApiReply> refusal = refuse_host(host)) return refusal;
  constexpr std::string_view kScheme = "bearer ";  // RFC 6750, section 2.1
  const bool is_bearer = lower(authorization.substr(0, kScheme.size())) == kScheme;
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
