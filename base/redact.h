// Credentials in URLs (OP-13): what leaves the daemon as text goes through here, what is asked,
// stored and hashed does not.

#pragma once

#include <string>
#include <string_view>

namespace feedwire {

/// What stands in place of a credential.
inline constexpr std::string_view kRedacted = "[redacted]";

/// `text`, which may hold any number of URLs, without their userinfo and with the value of each
/// query field that by its name is a credential (token, key, secret, password, …) replaced. The
/// same text gives the same result, which is left as it is if it comes here again.
std::string redact_urls(std::string_view text);

}  // namespace feedwire
