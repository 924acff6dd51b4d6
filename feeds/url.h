// URLs (RFC 3986): resolving what feeds write, and the canonical form that identity is made of
// (identity rules 4.4, I-20 to I-22).

#pragma once

#include <optional>
#include <string>
#include <string_view>

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

/// Like resolve_url(), for an xml:base that may itself be relative and have no absolute parent.
std::string join_base(std::string_view base, std::string_view reference);

/// Steps 1 to 8 of the canonical URL of an absolute http(s) URL: "https://host/path?query", always
/// https and without "www." (step 3), so that it is a name for the entry and not to be fetched.
/// Empty for anything else. Idempotent. `keep_detail` leaves out steps 6 to 8 (I-20).
std::string canonical_url(std::string_view url, bool keep_detail = false);

/// L without trailing "/", "index.*", ".html", "m."/"amp" parts: what two spellings share.
std::string loose_url(std::string_view canonical);

/// Whether the path is "/" or an index page and there is no query: a home page names no article.
bool is_home_page(std::string_view canonical);

/// The lower-case A-label host without port, "" if there is none. "[::1]" keeps its brackets.
std::string url_host(std::string_view url);

/// The registrable domain of a host (Public Suffix List); an IP address is its own domain.
std::string registrable_domain(std::string_view host);

}  // namespace feedwire::feeds
