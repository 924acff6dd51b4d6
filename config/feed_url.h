// URLs as operators write them into the configuration. (What feeds write is feeds/url.h's affair.)

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace feedwire::config {

/// `text` without its fragment if it is an absolute http or https URL with a host that may be
/// fetched as it stands. Userinfo is refused: the URL is printed in every event.
/// Errors: invalid_argument; the message says what was expected.
Result<std::string> check_feed_url(std::string_view text);

/// With "***" in place of a user name and password: what may be shown of a URL that is refused.
std::string without_userinfo(std::string url);

/// What the operator most likely meant by a text that check_feed_url() refuses; empty if there is
/// no good guess. "example.org/feed" -> "https://example.org/feed".
std::string suggest_feed_url(std::string_view text);

/// The same for two spellings of one URL: scheme and host in lower case, no default port, a path.
/// `url` comes from check_feed_url().
std::string url_identity(std::string_view url);

}  // namespace feedwire::config
