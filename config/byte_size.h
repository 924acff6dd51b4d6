#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace feedwire::config {

/// Reads a whole number of bytes with a binary unit: "512B", "64KiB", "16MiB", "1GiB", "2TiB".
/// Errors: invalid_argument (no unit, a decimal unit, a sign, a fraction, 2^63 bytes or more).
Result<std::uint64_t> parse_byte_size(std::string_view text);

/// The shortest text that parse_byte_size() reads back: "1536KiB", "1GiB".
std::string format_byte_size(std::uint64_t bytes);

}  // namespace feedwire::config
