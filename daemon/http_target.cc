#include "daemon/http_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "feeds/ascii.h"
#include "feeds/url.h"

namespace feedwire::daemon {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string encode_for_request_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c > ' ' && c < '\x7f')
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() &&
                        feeds::hex_digit(text[i + 1]) >= 0 && feeds::hex_digit(text[i + 2]) >= 0;
    out +=
        escape
            ? static_cast<char>(feeds::hex_digit(text[i + 1]) * 16 + feeds::hex_digit(text[i + 2]))
            : text[i];
    if (escape) i += 2;
  }
  return out;
}

}  // namespace

Result<HttpTarget> parse_target(std::string_view url) {
  const feeds::UrlParts parts = feeds::split_url(feeds::trim(url));
  const std::string scheme = feeds::to_lower_ascii(parts.scheme);
  if (scheme != "http" && scheme != "https")
    return Error{ErrorCode::invalid_argument, "not an http or https URL"};

  HttpTarget target;
  target.https = scheme == "https";
  std::string_view host_port = parts.authority;
  if (const std::size_t at = host_port.rfind('@'); at != host_port.npos) {
    const std::string_view userinfo = host_port.substr(0, at);
    const std::size_t colon = std::min(userinfo.find(':'), userinfo.size());
    target.user = percent_decode(userinfo.substr(0, colon));
    target.password = percent_decode(userinfo.substr(std::min(colon + 1, userinfo.size())));
    host_port.remove_prefix(at + 1);
  }
  const std::size_t bracket = host_port.rfind(']');  // a colon before it is part of an IPv6 address
  const std::size_t colon = host_port.find(':', bracket == host_port.npos ? 0 : bracket);
  std::string host(host_port.substr(0, colon));
  const std::string_view port =
      colon == host_port.npos ? std::string_view() : host_port.substr(colon + 1);
  if (!is_ascii(host)) host = feeds::url_host(fmt::format("http://{}/", host));
  if (host.empty()) return Error{ErrorCode::invalid_argument, "the URL has no host"};

  target.origin = fmt::format("{}://{}:{}", scheme, feeds::to_lower_ascii(host),
                              !port.empty()  ? port
                              : target.https ? "443"
                                             : "80");
  target.url = fmt::format("{}://{}{}{}{}{}{}", scheme, host, port.empty() ? "" : ":", port,
                           encode_for_request_line(parts.path), parts.has_query ? "?" : "",
                           encode_for_request_line(parts.query));
  return target;
}

}  // namespace feedwire::daemon
