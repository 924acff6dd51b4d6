// What a request needs to know of its URL.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace feedwire::daemon {

struct HttpTarget {
  /// The URL as requested, recorded and compared: without userinfo and fragment; path and query
  /// byte for byte, but for what no request line may hold (white space, controls, bytes beyond
  /// ASCII), which is percent-encoded; an international host in its ASCII form.
  std::string url;
  /// Scheme, host and port in lower case, "https://example.org:443" (RFC 6454): whom credentials
  /// are meant for.
  std::string origin;
  bool https = false;
  /// The userinfo, percent-decoded, for Basic authentication (RFC 7617). Never to be shown.
  std::string user, password;
};

/// Takes an absolute http(s) URL apart. Errors: invalid_argument; the message does not repeat the
/// URL, which may hold a password.
Result<HttpTarget> parse_target(std::string_view url);

}  // namespace feedwire::daemon
