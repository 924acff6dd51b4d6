// Finds bytes of a kind sixteen at a time: what keeps escaping, sanitising and validating near the
// speed of memory.

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace feedwire {

/// Bytes that are compared together. A comparison gives 0xff for each byte that passes, else 0.
using ByteBlock [[gnu::vector_size(16)]] = std::uint8_t;

/// The first byte of a comparison's result that passed, 16 if none did.
template <typename Mask>
std::size_t first_passed(Mask mask) {
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(mask);
  const std::size_t skipped = halves[0] != 0 ? 0 : 8;
  const std::uint64_t half = halves[skipped / 8];
  if (half == 0) return sizeof(ByteBlock);
  const int bits =
      std::endian::native == std::endian::little ? std::countr_zero(half) : std::countl_zero(half);
  return skipped + static_cast<std::size_t>(bits) / 8;
}

/// The block at `bytes`, of which sixteen must be readable.
inline ByteBlock load_block(const char* bytes) {
  ByteBlock block;
  std::memcpy(&block, bytes, sizeof block);
  return block;
}

/// The first byte at or after `at` that `stops`, text.size() if none does. `stops` joins
/// comparisons with std::uint8_t constants by "|", so that it takes one byte as well as a block:
///
///   find_byte(text, at, [](auto c) { return (c == kQuote) | (c < kSpace); })
template <typename Stops>
std::size_t find_byte(std::string_view text, std::size_t at, Stops stops) {
  for (; at + sizeof(ByteBlock) <= text.size(); at += sizeof(ByteBlock)) {
    const std::size_t found = first_passed(stops(load_block(text.data() + at)));
    if (found < sizeof(ByteBlock)) return at + found;
  }
  while (at < text.size() && !stops(static_cast<std::uint8_t>(text[at]))) ++at;
  return at;
}

}  // namespace feedwire
