// Finds bytes of a kind sixteen at a time: what keeps escaping, sanitising and validating near the
// speed of memory.

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace feedwire {

/// Bytes that are compared together. A comparison gives 0xff for each byte that passes, else 0.
using ByteBlock [[gnu::vector_size(16)]] = std::uint8_t;

/// The first byte of a comparison's result that passed, 16 if none did.
template <typename Mask>
std::size_t first_passed(Mask mask) {
#ifdef __SSE2__
  const int passed = _mm_movemask_epi8(std::bit_cast<__m128i>(mask));
  return static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(passed) | 1u << 16));
#else
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2> >(mask);
  const std::size_t skipped = halves[0] != 0 ? 0 : 8;
  const std::uint64_t half = halves[skipped / 8];
  if (half == 0) return sizeof(ByteBlock);
  const int bits =
      std::endian::native == std::endian::little ? std::countr_zero(half) : std::countl_zero(half);
  return skipped + static_cast<std::size_t>(bits) / 8;
#endif
}

/// The block at `bytes`, of which sixteen must be readable.
inline ByteBlock load_block(const char* bytes) {
  ByteBlock block;
  std::memcpy(&block, bytes, sizeof block);
  return block;
}

/// The last bytes of a text, fewer than sixteen, and zeros.
inline ByteBlock load_rest(const char* bytes, std::size_t size) {
  ByteBlock block{};
  std::memcpy(&block, bytes, size);
  return block;
}

/// The first byte at or after `at` that `stops`, text.size() if none does. `stops` joins
/// comparisons of a block with std::uint8_t constants by "|":
///
///   find_byte(text, at, [](auto c) { return (c == kQuote) | (c < kSpace); })
template <typename Stops>
std::size_t find_byte(std::string_view text, std::size_t at, Stops stops) {
  for (; at + sizeof(ByteBlock) <= text.size(); at += sizeof(ByteBlock)) {
    const std::size_t found = first_passed(stops(load_block(text.data() + at)));
    if (found < sizeof(ByteBlock)) return at + found;
  }
  const std::size_t rest = text.size() - at;
  if (rest == 0) return at;
  return at + std::min(rest, first_passed(stops(load_rest(text.data() + at, rest))));
}

}  // namespace feedwire
