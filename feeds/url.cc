#include "feeds/url.h"

#include <idn2.h>
#include <libpsl.h>

#include <algorithm>
#include <cstdint>

#include "base/byte_scan.h"
#include "base/utf8.h"
#include "feeds/ascii.h"

namespace feedwire::feeds {
namespace {

bool is_scheme(std::string_view text) {
  return !text.empty() && is_ascii_alpha(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_ascii_alnum(c) || c == '+' || c == '-' || c == '.'; });
}

bool is_http(std::string_view scheme) {
  return iequals_ascii(scheme, "http") || iequals_ascii(scheme, "https");
}

/// What browsers forgive: white space around, tabs and line breaks and other controls within.
std::string without_controls(std::string_view text) {
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  std::string out;
  out.reserve(text.size());
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
  return out;
}

/// In the scheme-to-path part of an http(s) URL "\" counts as "/", or else another parser would
/// see another host in "http://a\@b/".
void straighten_slashes(std::string& url) {
  const std::size_t end = std::min(url.find_first_of("?#"), url.size());
  std::replace(url.begin(), url.begin() + static_cast<std::ptrdiff_t>(end), '\\', '/');
}

/// "http:host", "http:/host" and "http:///host" as "http://host".
void repair_authority(std::string& url) {
  const std::size_t colon = url.find(':');
  std::size_t host = colon + 1;
  while (host < url.size() && url[host] == '/') ++host;
  url.replace(colon + 1, host - colon - 1, "//");
}

std::string remove_dot_segments(std::string_view path) {  // RFC 3986 5.2.4
  std::string out;
  out.reserve(path.size());
  const auto is_dot = [](std::string_view segment) {
    return segment == "." || iequals_ascii(segment, "%2e");
  };
  const auto is_dot_dot = [](std::string_view segment) {
    return segment == ".." || iequals_ascii(segment, ".%2e") || iequals_ascii(segment, "%2e.") ||
           iequals_ascii(segment, "%2e%2e");
  };
  while (!path.empty()) {
    const std::size_t start = path[0] == '/' ? 1 : 0;
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view segment = path.substr(start, end - start);
    const bool last = end == path.size();
    if (is_dot(segment)) {
      if (last) out += '/';
    } else if (is_dot_dot(segment)) {
      const std::size_t slash = out.rfind('/');
      out.erase(slash == out.npos ? 0 : slash);
      if (last) out += '/';
    } else {
      out += path.substr(0, end);
    }
    path.remove_prefix(end);
  }
  return out;
}

std::string merge_paths(const UrlParts& base, std::string_view path) {  // RFC 3986 5.2.3
  if (base.has_authority && base.path.empty()) return std::string(1, '/').append(path);
  const std::size_t slash = base.path.rfind('/');
  if (slash == base.path.npos) return std::string(path);
  return std::string(base.path.substr(0, slash + 1)).append(path);
}

std::string compose(const UrlParts& parts) {  // RFC 3986 5.3
  std::string url;
  if (!parts.scheme.empty()) url.append(parts.scheme) += ':';
  if (parts.has_authority) url.append("//").append(parts.authority);
  url += parts.path;
  if (parts.has_query) (url += '?') += parts.query;
  if (parts.has_fragment) (url += '#') += parts.fragment;
  return url;
}

std::string resolve_generic(std::string_view base_url,
                            std::string_view reference) {  // RFC 3986 5.2.2
  std::string straightened(base_url);                      // publishers write it, too
  straighten_slashes(straightened);
  const UrlParts base = split_url(straightened);
  UrlParts target = split_url(reference);
  std::string path;
  if (!target.scheme.empty() || target.has_authority) {
    path = remove_dot_segments(target.path);
  } else if (target.path.empty()) {
    path = remove_dot_segments(base.path);  // a base need not be in its normal form
    if (!target.has_query) {
      target.has_query = base.has_query;
      target.query = base.query;
    }
  } else {
    path = remove_dot_segments(target.path[0] == '/' ? std::string(target.path)
                                                     : merge_paths(base, target.path));
  }
  if (target.scheme.empty()) {
    target.scheme = base.scheme;
    if (!target.has_authority) {
      target.has_authority = base.has_authority;
      target.authority = base.authority;
    }
  }
  target.path = path;
  return compose(target);
}

bool is_unsafe_url_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte >= 0x7f || c == '"' || c == '<' || c == '>' || c == '`';
}

/// Percent-encodes what may not stand in a URI but does in feeds; "%" itself stays as it is.
void append_encoded(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (!is_unsafe_url_byte(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    ((out += '%') += kHex[byte >> 4]) += kHex[byte & 15];
  }
}

/// With its "@". One within it is encoded: a parser that took the first "@" would see another host.
void append_userinfo(std::string& out, std::string_view userinfo) {
  while (!userinfo.empty()) {
    const std::string_view piece = userinfo.substr(0, userinfo.find('@'));
    append_encoded(out, piece);
    userinfo.remove_prefix(piece.size());
    if (userinfo.empty()) break;
    out += "%40";
    userinfo.remove_prefix(1);
  }
  out += '@';
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string to_a_label(const std::string& host) {
  char* ascii = nullptr;
  int status = idn2_to_ascii_8z(host.c_str(), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (status != IDN2_OK)  // IDNA 2003 still allows emoji and other symbols that are registered
    status = idn2_to_ascii_8z(host.c_str(), &ascii, IDN2_NFC_INPUT | IDN2_TRANSITIONAL);
  if (status != IDN2_OK) return {};
  std::string out(ascii);
  idn2_free(ascii);
  return out;
}

/// The host of an authority in lower case and A-labels; empty where it cannot be one.
std::string normal_host(std::string_view host) {
  if (!host.empty() && host[0] == '[') {
    const bool literal = host.size() > 3 && host.back() == ']' &&
                         host.find_first_not_of("0123456789abcdefABCDEF:.", 1) == host.size() - 1;
    return literal ? to_lower_ascii(host) : std::string();
  }
  std::string name = host.find('%') == host.npos ? std::string(host) : percent_decode(host);
  if (std::any_of(name.begin(), name.end(), [](char c) { return (c & 0x80) != 0; }))
    name = is_valid_utf8(name) ? to_a_label(name) : std::string();
  for (const char c : name)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f ||
        std::string_view("#%/:<>?@[\\]^|\"`{}").find(c) != std::string_view::npos)
      return {};
  if (name.find_first_not_of('.') == name.npos) return {};
  return to_lower_ascii(name);
}

struct Authority {
  std::string_view userinfo, host, port;
  bool valid = true;
};

Authority split_authority(std::string_view authority) {
  Authority parts;
  if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
    parts.userinfo = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  if (colon != authority.npos && (bracket == authority.npos || colon > bracket)) {
    parts.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  parts.host = authority;
  parts.valid = parts.port.size() <= 5 &&
                parts.port.find_first_not_of("0123456789") == parts.port.npos &&
                (parts.port.size() < 5 || parts.port <= "65535");
  return parts;
}

/// An absolute URL with scheme and host in lower case and nothing in it that a URI may not hold;
/// empty unless it is http(s) with a host.
std::string finish_http(std::string_view url) {
  const UrlParts parts = split_url(url);
  if (!is_http(parts.scheme) || !parts.has_authority) return {};
  const Authority authority = split_authority(parts.authority);
  const std::string host = normal_host(authority.host);
  if (!authority.valid || host.empty()) return {};

  std::string out;
  out.reserve(url.size() + 8);
  out.append(to_lower_ascii(parts.scheme)).append("://");
  if (!authority.userinfo.empty()) append_userinfo(out, authority.userinfo);
  out += host;
  if (!authority.port.empty()) (out += ':') += authority.port;
  append_encoded(out, parts.path);
  if (parts.has_query) append_encoded(out += '?', parts.query);
  if (parts.has_fragment) append_encoded(out += '#', parts.fragment);
  return out;
}

bool is_plain_host_char(char c) {
  return (c >= 'a' && c <= 'z') || is_ascii_digit(c) || c == '-' || c == '.';
}

/// Whether a path with query and fragment holds neither what is encoded or straightened nor dot
/// segments.
bool is_plain_path(std::string_view path) {
  const auto stops = [](auto c) {
    constexpr std::uint8_t kSpace = ' ', kDel = 0x7f, kQuote = '"', kOpen = '<', kClose = '>',
                           kGrave = '`', kBackslash = '\\', kSlash = '/', kQuery = '?',
                           kFragment = '#';
    return (c <= kSpace) | (c >= kDel) | (c == kQuote) | (c == kOpen) | (c == kClose) |
           (c == kGrave) | (c == kBackslash) | (c == kSlash) | (c == kQuery) | (c == kFragment);
  };
  bool in_path = true;
  for (std::size_t at = 0; (at = find_byte(path, at, stops)) < path.size(); ++at) {
    const char c = path[at];
    if (c == '?' || c == '#') {
      in_path = false;
    } else if (c != '/') {
      return false;
    } else if (in_path && at + 1 < path.size() && (path[at + 1] == '.' || path[at + 1] == '%')) {
      return false;  // a dot segment, maybe percent-encoded
    }
  }
  return true;
}

/// Whether the part of an http(s) URL behind its scheme, "//host/path?query", is as resolve_url()
/// would write it; may say no where it is. Most are, and the long way costs ten times as much.
bool is_plain_after_scheme(std::string_view rest) {
  if (!rest.starts_with("//") || rest.size() == 2 || rest[2] == '.') return false;
  std::size_t at = 2;
  while (at < rest.size() && is_plain_host_char(rest[at])) ++at;
  rest.remove_prefix(at);
  if (at == 2 || (!rest.empty() && rest[0] != '/' && rest[0] != '?' && rest[0] != '#'))
    return false;
  return is_plain_path(rest);
}

/// "http:" or "https:" if `url` begins so.
std::string_view http_scheme(std::string_view url) {
  for (const std::string_view scheme : {"http:", "https:"})
    if (url.starts_with(scheme)) return scheme;
  return {};
}

/// What resolve_url() gives for the common forms: "https://host/path", "//host/path" and "/path".
/// Empty for the others.
std::string resolve_plain(std::string_view base, std::string_view reference) {
  if (const std::string_view scheme = http_scheme(reference); !scheme.empty())
    return is_plain_after_scheme(reference.substr(scheme.size())) ? std::string(reference)
                                                                  : std::string();
  if (base.empty() && is_plain_after_scheme(reference))
    return std::string("https:").append(reference);  // P-4
  const std::string_view scheme = http_scheme(base);
  if (scheme.empty() || !reference.starts_with('/')) return {};
  if (is_plain_after_scheme(reference)) return std::string(scheme).append(reference);
  if (reference.starts_with("//") || !is_plain_path(reference)) return {};
  if (!is_plain_after_scheme(base.substr(scheme.size()))) return {};
  const std::size_t host_end = base.find_first_of("/?#", scheme.size() + 2);
  return std::string(base.substr(0, host_end)).append(reference);
}

}  // namespace

UrlParts split_url(std::string_view url) {  // RFC 3986 appendix B
  UrlParts parts;
  if (const std::size_t hash = url.find('#'); hash != url.npos) {
    parts.has_fragment = true;
    parts.fragment = url.substr(hash + 1);
    url = url.substr(0, hash);
  }
  if (const std::size_t mark = url.find('?'); mark != url.npos) {
    parts.has_query = true;
    parts.query = url.substr(mark + 1);
    url = url.substr(0, mark);
  }
  const std::size_t colon = url.find(':');
  if (colon != url.npos && is_scheme(url.substr(0, colon))) {
    parts.scheme = url.substr(0, colon);
    url.remove_prefix(colon + 1);
  }
  if (url.substr(0, 2) == "//") {
    parts.has_authority = true;
    url.remove_prefix(2);
    const std::size_t end = std::min(url.find('/'), url.size());
    parts.authority = url.substr(0, end);
    url.remove_prefix(end);
  }
  parts.path = url;
  return parts;
}

std::string resolve_url(std::string_view base, std::string_view reference) {
  if (std::string plain = resolve_plain(base, reference); !plain.empty()) return plain;
  std::string target = without_controls(reference);
  const std::string_view scheme = split_url(target).scheme;
  const std::string_view base_scheme = split_url(base).scheme;
  if (!scheme.empty() && !is_http(scheme)) return {};
  straighten_slashes(target);
  if (!scheme.empty()) {
    const UrlParts parts = split_url(target);
    // RFC 3986 5.2.2, backwards compatibility: "http:path" is relative where the base has http too.
    if (!parts.has_authority && iequals_ascii(scheme, base_scheme))
      target.erase(0, scheme.size() + 1);
    else if (!parts.has_authority || parts.authority.empty())
      repair_authority(target);
  } else if (target.compare(0, 2, "//") == 0 && base_scheme.empty()) {
    target.insert(0, "https:");
  }
  return finish_http(resolve_generic(base, target));
}

std::string join_url(std::string_view base, std::string_view reference) {
  std::string absolute = resolve_url(base, reference);
  if (!absolute.empty()) return absolute;
  const std::string target = without_controls(reference);
  if (!split_url(target).scheme.empty()) return std::string(base);
  return resolve_generic(base, target);
}

std::string join_base(std::string_view base, std::string_view reference) {
  std::string joined = join_url(base, reference);
  return joined.size() <= kMaxBaseBytes ? joined : std::string(base);
}

std::string url_host(std::string_view url) {
  const UrlParts parts = split_url(url);
  if (!parts.has_authority) return {};
  std::string host = normal_host(split_authority(parts.authority).host);
  while (!host.empty() && host.back() == '.') host.pop_back();
  return host;
}

bool is_host_below(std::string_view host, std::string_view domain) {
  if (!host.ends_with(domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

std::string registrable_domain(std::string_view host) {
  const std::string name(host);
  // Without this the public suffix list would make "0.1" of 127.0.0.1.
  if (name.empty() || name[0] == '[' || name.find_first_not_of("0123456789.") == name.npos)
    return name;
  const char* domain = psl_registrable_domain(psl_builtin(), name.c_str());
  return domain == nullptr ? name : std::string(domain);
}

}  // namespace feedwire::feeds
