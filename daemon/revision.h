#pragma once

#include <string_view>

namespace feedwire::daemon {

/// The commit that this was built from, abbreviated; "unknown" where no git was there to ask.
std::string_view revision();

}  // namespace feedwire::daemon
