#pragma once

#include <string_view>

namespace feedwire {

inline constexpr std::string_view kVersion = FEEDWIRE_VERSION;  // of the CMake project: "0.1.0"

}  // namespace feedwire
