// The part of CurlTransfer that libcurl calls while a hop is under way.

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <optional>

#include "daemon/curl_transfer.h"
#include "feeds/ascii.h"

namespace feedwire::daemon {
namespace {

constexpr std::uint64_t kMaxRedirectBody = 64 << 10;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::optional<ContentCoding> coding_named(std::string_view name) {
  static constexpr std::pair<std::string_view, ContentCoding> kNames[] = {
      {"identity", ContentCoding::identity},
      {"gzip", ContentCoding::gzip},
      {"x-gzip", ContentCoding::gzip},
      {"deflate", ContentCoding::deflate},
      {"br", ContentCoding::br},
      {"zstd", ContentCoding::zstd},
  };
  for (const auto& [known, coding] : kNames)
    if (feeds::iequals_ascii(name, known)) return coding;
  return std::nullopt;
}

/// Whether the connection of this transfer has agreed to HTTP/2 by ALPN.
bool agreed_to_http2(CURL* easy) {
  curl_tlssessioninfo* session = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || session == nullptr ||
      session->backend != CURLSSLBACKEND_OPENSSL || session->internals == nullptr)
    return false;
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(static_cast<const SSL*>(session->internals), &name, &size);
  return std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
}

/// Calls `take` with each member of a comma-separated list (RFC 9110 5.6.1).
template <typename Take>
void for_each_member(std::string_view list, Take take) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (const std::string_view member = feeds::trim(list.substr(0, comma)); !member.empty())
      take(member);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

}  // namespace

std::size_t CurlTransfer::on_header(char* data, std::size_t, std::size_t size, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  transfer.take_header_line({data, size});
  return transfer.response_.error == TransportError::none ? size : 0;
}

std::size_t CurlTransfer::on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (!transfer.may_grow()) return CURL_WRITEFUNC_PAUSE;  // these bytes come again
  transfer.take_body({data, size});
  return transfer.response_.error == TransportError::none ? size : 0;
}

// Before the request is sent; afterwards a connection that broke is gone.
int CurlTransfer::on_request(void* self, char*, char*, int, int) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  transfer.speaks_http2_ = agreed_to_http2(transfer.handle());
  return CURL_PREREQFUNC_OK;
}

curl_socket_t CurlTransfer::on_open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  return static_cast<CurlTransfer*>(self)->open_socket(*address);
}

void CurlTransfer::take_header_line(std::string_view line) {
  answering_ = true;
  header_bytes_ += line.size();
  if (header_bytes_ > options_.max_header_bytes) {
    fail(TransportError::too_large,
         fmt::format("more than {} bytes of headers", options_.max_header_bytes));
    return;
  }
  if (headers_complete_) return;  // a trailer (RFC 9110 6.5) is no header
  auto& headers = response_.headers;
  const std::string_view text = feeds::trim(line);
  if (line.starts_with("HTTP/")) {  // also that of an interim answer
    headers.clear();
  } else if (text.empty()) {
    end_of_headers();
  } else if (feeds::is_html_space(line.front())) {  // a folded line (RFC 9112 5.2)
    if (!headers.empty()) headers.back().second.append(" ").append(text);
  } else if (const std::size_t colon = line.find(':'); colon != line.npos) {
    headers.emplace_back(feeds::to_lower_ascii(feeds::trim(line.substr(0, colon))),
                         feeds::trim(line.substr(colon + 1)));
  }
}

void CurlTransfer::end_of_headers() {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200) return;
  headers_complete_ = true;
  response_.status = static_cast<int>(status);
  const auto location = response_.header("location");
  if (is_redirect(response_.status) && location && !location->empty())
    location_ = *location;
  else
    choose_coding();
  // libcurl looks at this when the answer has ended. A proxy of our own is asked for everything.
  if (location_.empty() && !request_.keep_connection && options_.proxy.empty())
    curl_easy_setopt(easy_.get(), CURLOPT_FORBID_REUSE, 1L);
}

void CurlTransfer::choose_coding() {
  if (response_.status == 204 || response_.status == 304) return;  // nothing to decode
  ContentCoding coding = ContentCoding::identity;
  int codings = 0;
  for (const auto& header : response_.headers) {
    const bool content = header.first == "content-encoding";
    if (!content && header.first != "transfer-encoding") continue;
    for_each_member(header.second, [&](std::string_view member) {
      const std::optional<ContentCoding> named = coding_named(member);
      if (named == ContentCoding::identity || (!content && feeds::iequals_ascii(member, "chunked")))
        return;
      // A coding of the transfer was not asked for (RFC 9112 7.4: no TE was sent).
      if (!named || !content || ++codings > 1)
        fail(TransportError::bad_encoding, fmt::format("{}: {}", header.first, header.second));
      else
        coding = *named;
    });
  }
  decoder_ = std::make_unique<BodyDecoder>(
      coding, BodyDecoder::Limits{options_.max_body_bytes, options_.max_ratio});
  curl_off_t announced = -1;
  curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
  if (announced < 0) return;
  const auto bytes = static_cast<std::uint64_t>(announced);
  if (bytes <= options_.max_body_bytes)
    decoder_->expect(bytes);
  else  // whatever it is coded in, it is no feed that is read
    fail(TransportError::too_large,
         fmt::format("a body of {} bytes, more than {}", bytes, options_.max_body_bytes));
}

bool CurlTransfer::may_grow() {
  if (growth_ == Growth::small && decoder_ && decoder_->body_bytes() > kLargeBody)
    growth_ = large_.take(this) ? Growth::large : Growth::waits;
  return growth_ != Growth::waits;
}

void CurlTransfer::take_body(std::string_view bytes) {
  body_bytes_ += bytes.size();
  if (!location_.empty()) {
    if (body_bytes_ > kMaxRedirectBody)
      fail(TransportError::too_large, "the body of a redirect");  // forgotten by follow()
    return;
  }
  if (!decoder_) return;
  const TransportError error = decoder_->add(bytes);
  if (error == TransportError::too_large)
    fail(error, fmt::format("a body of more than {} bytes, or compressed more than {}:1",
                            options_.max_body_bytes, options_.max_ratio));
  else if (error != TransportError::none)
    fail(error, "the body is not what its headers say it is coded in");
}

/// After DNS and before connect(2), for each address that is tried: the one place to decide (S1).
curl_socket_t CurlTransfer::open_socket(const curl_sockaddr& address) {
  // With a proxy it is the proxy's address that would be judged (S4).
  if (options_.proxy.empty()) {
    const std::optional<IpAddress> ip = IpAddress::from(address.addr);
    const auto refusal = ip ? guard_.refusal(*ip, allow_) : "not an IP address";
    if (refusal) {
      blocked_ = fmt::format("{} ({})", ip ? ip->text() : "", *refusal);
      return CURL_SOCKET_BAD;
    }
  }
  ++sockets_opened_;
  return ::socket(address.family, address.socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  address.protocol);
}

}  // namespace feedwire::daemon
