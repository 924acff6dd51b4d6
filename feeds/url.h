// URLs (RFC 3986): resolving what feeds write, and the canonical form that identity is made of
// (identity rules 4.4, I-20 to I-22).

#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feedwire::feeds {

/// The parts of an absolute or relative reference; views into what was split. `authority` includes
/// userinfo and port. has_* tell "?" from nothing.
struct UrlParts {
  std::string_view scheme, authority, path, query, fragment;
  bool has_authority = false, has_query = false, has_fragment = false;
};
UrlParts split_url(std::string_view url);

/// `reference` made absolute against `base` (RFC 3986 5.2, and what browsers forgive: surrounding
/// white space, control characters, spaces, backslashes in the authority). "//host/p" takes the
/// scheme of `base`, https without one (P-4). Empty where the result is not an absolute http(s) URL
/// with a host; a mailto:, data: or javascript: reference is never touched by `base`.
std::string resolve_url(std::string_view base, std::string_view reference);

/// Like resolve_url(), but relative where `base` is.
std::string join_url(std::string_view base, std::string_view reference);

/// The same for an xml:base. One that would be longer than kMaxBaseBytes counts for nothing.
inline constexpr std::size_t kMaxBaseBytes = 2048;
std::string join_base(std::string_view base, std::string_view reference);

/// How large what is written may be for relative URLs in it to be resolved still, where `before`
/// bytes were there and `input` bytes are its source: a long base would make gigabytes of many
/// short links.
constexpr std::size_t max_resolved_size(std::size_t before, std::size_t input) {
  return before + 16 * 1024 + 8 * input;
}

/// What an operator knows of the links of a feed, beside the built-in lists.
struct UrlRules {
  std::vector<std::string> strip_params;  // identify nothing; "x_*" = all that start so
  // Lower-case hosts whose pages are those of another: { "m.example.org", "www.example.org" }.
  std::map<std::string, std::string, std::less<>> host_aliases;
};

/// Steps 1 to 8 of the canonical URL of an absolute http(s) URL: "https://host/path?query", always
/// https and without "www." (step 3), so that it is a name for the entry and not to be fetched.
/// Empty for anything else. Idempotent. `keep_detail` leaves out steps 6 to 8 (I-20).
std::string canonical_url(std::string_view url, bool keep_detail = false,
                          const UrlRules& rules = {});

/// L without trailing "/", "index.*", ".html", "m."/"amp" parts: what two spellings share.
std::string loose_url(std::string_view canonical);

/// Whether the path is "/" or an index page and there is no query: a home page names no article.
bool is_home_page(std::string_view canonical);

/// The lower-case A-label host without port, "" if there is none. "[::1]" keeps its brackets.
std::string url_host(std::string_view url);

/// Whether `host` is `domain` or one of its subdomains; both as url_host() gives them.
bool is_host_below(std::string_view host, std::string_view domain);

/// The registrable domain of a host (Public Suffix List); an IP address is its own domain.
std::string registrable_domain(std::string_view host);

}  // namespace feedwire::feeds
