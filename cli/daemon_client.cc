#include "cli/daemon_client.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <rapidjson/document.h>
#include <sys/un.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "cli/json_text.h"

namespace feedwire::cli {
namespace {

constexpr std::size_t kMaxReplyBytes = 1 << 30;  // 1,000 entries of 1 MiB

struct CurlCloser {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct ListCloser {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// The words of a problem document (RFC 9457), or what there is instead.
std::string detail_of(const std::string& body, long status) {
  const rapidjson::Document problem = parse_json(body);
  std::string detail = text_at(problem, {"detail"});
  if (detail.empty()) detail = text_at(problem, {"title"});
  return detail.empty() ? fmt::format("feedwired answered with status {}", status) : detail;
}

Error mistakes_of(const std::string& body) {
  const rapidjson::Document problem = parse_json(body);
  std::string lines;
  for (const std::string& mistake : texts_at(problem, {"mistakes"}))
    lines += (lines.empty() ? "" : "\n") + mistake;
  return Error{ErrorCode::malformed, lines.empty() ? detail_of(body, 422) : lines};
}

Error refusal(const std::string& body, long status) {
  switch (status) {
    case 401:
    case 403:
      return Error{ErrorCode::permission, detail_of(body, status)};
    case 404:
      return Error{ErrorCode::not_found, detail_of(body, status)};
    case 422:
      return mistakes_of(body);
    case 429:
    case 503:
      return Error{ErrorCode::busy, detail_of(body, status)};
    default:
      return Error{status < 500 ? ErrorCode::invalid_argument : ErrorCode::io,
                   detail_of(body, status)};
  }
}

Error transport_error(CURL* curl, CURLcode code, const std::filesystem::path& socket) {
  long number = 0;
  curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &number);
  if (number == EACCES || number == EPERM)
    return Error{
        ErrorCode::permission,
        fmt::format("{}: you may not talk to feedwired; be root or join the group feedwire",
                    socket.native())};
  if (code == CURLE_COULDNT_CONNECT)
    return Error{
        ErrorCode::unavailable,
        fmt::format("{}: feedwired is not running, or uses another runtime_dir", socket.native())};
  return Error{ErrorCode::io, fmt::format("{}: {}", socket.native(), curl_easy_strerror(code))};
}

}  // namespace

/// What comes back, while libcurl brings it.
struct DaemonClient::Exchange {
  const ByteSink* sink = nullptr;  // for the body of a 2xx reply; else it is kept
  CURL* curl = nullptr;
  std::string kept = {};
  bool ended_early = false;  // as the sink wished

  bool is_success() const {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && status <= 299;
  }
  bool take(std::string_view bytes) {
    if (sink != nullptr && is_success()) {
      ended_early = !(*sink)(bytes);
      return !ended_early;
    }
    if (kept.size() + bytes.size() > kMaxReplyBytes) return false;
    kept.append(bytes);
    return true;
  }
  static std::size_t write(char* bytes, std::size_t, std::size_t size, void* exchange) {
    return static_cast<Exchange*>(exchange)->take({bytes, size}) ? size : 0;
  }
};

Result<std::string> DaemonClient::ask(const std::string& method, const std::string& path,
                                      const std::string& body) const {
  Exchange exchange;
  if (Result<void> done = perform(method, path, body, exchange); !done)
    return std::move(done).error();
  return std::move(exchange.kept);
}

Result<void> DaemonClient::stream(const std::string& path, const ByteSink& sink) const {
  Exchange exchange{&sink};
  return perform("GET", path, "", exchange);
}

Result<void> DaemonClient::perform(const std::string& method, const std::string& path,
                                   const std::string& body, Exchange& exchange) const {
  if (socket_.native().size() >= sizeof(sockaddr_un{}.sun_path))
    return Error{
        ErrorCode::unavailable,
        fmt::format("{}: too long for a socket; use a shorter runtime_dir", socket_.native())};
  const std::unique_ptr<CURL, CurlCloser> curl(curl_easy_init());
  if (!curl) return Error{ErrorCode::io, "libcurl cannot be initialised"};
  exchange.curl = curl.get();
  const std::string url = "http://feedwired" + path;
  // "Expect: 100-continue" would cost a round trip, or a second where it is not answered.
  const std::unique_ptr<curl_slist, ListCloser> headers(
      curl_slist_append(curl_slist_append(nullptr, "Content-Type: application/json"), "Expect:"));
  curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, socket_.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, 5L);
  // A proxy of the environment is not for a socket.
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  if (!body.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  }
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Exchange::write);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &exchange);

  const CURLcode code = curl_easy_perform(curl.get());
  if (exchange.ended_early) return {};
  if (code != CURLE_OK) return transport_error(curl.get(), code, socket_);
  if (exchange.is_success()) return {};
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  return refusal(exchange.kept, status);
}

std::string escape_url(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace feedwire::cli
