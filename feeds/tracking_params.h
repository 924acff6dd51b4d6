// Query parameters that say where a reader came from, not what is read (identity rules I-21, I-22).

#pragma once

#include <string_view>

namespace feedwire::feeds {

/// Version of the lists. Keys made with another version are matched for a while, so that a new
/// parameter here announces nothing; raise it with every change.
inline constexpr unsigned kTrackingListVersion = 1;

/// Whether the parameter `name` (as written, undecoded) of a URL on `host` (lower case, without
/// "www.") may be dropped.
bool is_tracking_param(std::string_view host, std::string_view name);

/// Whether `name` is `pattern`, whatever the case; "x_*" is for all that start with "x_".
bool matches_param(std::string_view pattern, std::string_view name);

}  // namespace feedwire::feeds
