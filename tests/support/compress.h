// Content codings as a server applies them.

#pragma once

#include <string>
#include <string_view>

namespace feedwire::tests {

enum class Deflate { gzip, zlib, raw };
std::string deflated(std::string_view text, Deflate format);
std::string brotli(std::string_view text);
std::string zstd(std::string_view text);

}  // namespace feedwire::tests
