#include "config/feed_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "base/ip_network.h"
#include "base/utf8.h"

namespace feedwire::config {
namespace {

constexpr std::size_t kMaxUrlBytes = 8192;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

struct Parts {
  std::string scheme;          // lower case
  std::string_view authority;  // host and port
  std::string_view rest;       // path and query
};

std::optional<Parts> split(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == url.npos) return std::nullopt;
  const std::string_view behind = url.substr(colon + 3);
  const std::size_t end = std::min(behind.find_first_of("/?"), behind.size());
  return Parts{lower(url.substr(0, colon)), behind.substr(0, end), behind.substr(end)};
}

// Where the port begins, its ':' included; the size if there is none.
std::size_t port_offset(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  const std::size_t bracket = authority.rfind(']');
  if (colon == authority.npos || (bracket != authority.npos && colon < bracket))
    return authority.size();
  return colon;
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    return host.ends_with(']') && host.find(':') != host.npos &&
           IpAddress::parse(host.substr(1, host.size() - 2));
  }
  // Beside letters, digits and "-._" only what IDNA may map; libidn2 judges that when it is
  // fetched.
  return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  });
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  return problem == std::errc{} && end == text.data() + text.size() && port != 0;
}

Error refuse(std::string message) { return Error{ErrorCode::invalid_argument, std::move(message)}; }

}  // namespace

Result<std::string> check_feed_url(std::string_view text) {
  text = text.substr(0, text.find('#'));
  if (text.size() > kMaxUrlBytes) return refuse(fmt::format("longer than {} bytes", kMaxUrlBytes));
  if (!is_valid_utf8(text) || !is_safe_text(text) || text.find_first_of(" \"<>\\") != text.npos)
    return refuse("holds white space, a control character or one of \" < > \\");

  const std::optional<Parts> parts = split(text);
  if (!parts || (parts->scheme != "http" && parts->scheme != "https"))
    return refuse(R"(expected a URL such as "https://example.org/feed")");
  if (parts->authority.find('@') != parts->authority.npos)
    return refuse(
        "a user name or password here would be printed in every event; use headers = "
        "{ Authorization = \"…\" }");
  const std::size_t port = port_offset(parts->authority);
  if (!is_host(parts->authority.substr(0, port))) return refuse("has no valid host");
  if (port != parts->authority.size() && !is_port(parts->authority.substr(port + 1)))
    return refuse("the port must be 1 to 65535");
  return std::string(text);
}

std::string without_userinfo(std::string url) {
  const std::size_t scheme_end = url.find("://");
  const std::size_t at = url.find('@');
  if (scheme_end != url.npos && at != url.npos && at > scheme_end)
    url.replace(scheme_end + 3, at - scheme_end - 3, "***");
  return url;
}

std::string suggest_feed_url(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  text = text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
  std::string guess(text);
  // "feed:" is what some sites write in front of, or instead of, the scheme.
  if (const std::string start = lower(text.substr(0, 7)); start == "feed://") {
    guess = "https://" + guess.substr(7);
  } else if (start.starts_with("feed:")) {
    guess = guess.substr(5);
  } else if (text.starts_with("//")) {
    guess = "https:" + guess;
  } else if (text.find("://") == text.npos && text.find('.') != text.npos) {
    guess = "https://" + guess;
  }
  return check_feed_url(guess) ? guess : std::string();
}

std::string url_identity(std::string_view url) {
  const std::optional<Parts> parts = split(url);
  if (!parts) return std::string(url);
  const std::size_t port = port_offset(parts->authority);
  const std::string_view default_port = parts->scheme == "http" ? ":80" : ":443";
  std::string identity = parts->scheme + "://" + lower(parts->authority.substr(0, port));
  if (parts->authority.substr(port) != default_port) identity += parts->authority.substr(port);
  if (!parts->rest.starts_with('/')) identity += '/';
  return identity.append(parts->rest);
}

}  // namespace feedwire::config
