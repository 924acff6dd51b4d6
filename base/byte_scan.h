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

/// Bytes below 0x20 and from 0x80 on, in one comparison: controls and parts of wide characters.
inline auto is_low_or_wide(ByteBlock c) {
  using SignedBlock [[gnu::vector_size(16)]] = std::int8_t;
  constexpr std::int8_t kSpace = 0x20;
  return std::bit_cast<SignedBlock>(c) < kSpace;
}

/// The bytes of a comparison's result that passed, one bit each, the first byte lowest.
template <typename Mask>
std::uint32_t passed_bits(Mask mask) {
#ifdef __SSE2__
  return static_cast<std::uint32_t>(_mm_movemask_epi8(std::bit_cast<__m128i>(mask)));
#else
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < sizeof(ByteBlock); ++i) bits |= (mask[i] != 0 ? 1u : 0u) << i;
  return bits;
#endif
}

/// The first byte of a comparison's result that passed, 16 if none did.
template <typename Mask>
std::size_t first_passed(Mask mask) {
  return static_cast<std::size_t>(std::countr_zero(passed_bits(mask) | 1u << sizeof(ByteBlock)));
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

/// For find_byte() where every byte that may stop it does.
struct AlwaysStop {
  bool operator()(std::size_t) const { return true; }
};

/// The lowest of `bits`, which mark bytes of the block at `at`, that `confirm`, asked with the
/// place of its byte, agrees to; 16 if there is none.
template <typename Confirm>
std::size_t first_confirmed(std::uint32_t bits, std::size_t at, Confirm confirm) {
  for (; bits != 0; bits &= bits - 1) {
    const auto found = static_cast<std::size_t>(std::countr_zero(bits));
    if (confirm(at + found)) return found;
  }
  return sizeof(ByteBlock);
}

/// The bits of the first `size` bytes of a block.
constexpr std::uint32_t bits_of_first(std::size_t size) { return (1u << size) - 1; }

/// The first byte at or after `at` that `stops`, text.size() if none does. `stops` joins
/// comparisons of a block with std::uint8_t constants by "|":
///
///   find_byte(text, at, [](auto c) { return (c == kQuote) | (c < kSpace); })
///
/// Where such a comparison marks too many, `confirm` has a closer look at each place it marks.
template <typename Stops, typename Confirm = AlwaysStop>
std::size_t find_byte(std::string_view text, std::size_t at, Stops stops, Confirm confirm = {}) {
  for (; at + sizeof(ByteBlock) <= text.size(); at += sizeof(ByteBlock)) {
    const std::uint32_t bits = passed_bits(stops(load_block(text.data() + at)));
    if (bits == 0) continue;
    const std::size_t found = first_confirmed(bits, at, confirm);
    if (found < sizeof(ByteBlock)) return at + found;
  }
  const std::size_t rest = text.size() - at;
  if (rest == 0) return at;
  // The text's last block again, where there is one, without the bytes that were looked at.
  const std::uint32_t bits =
      text.size() >= sizeof(ByteBlock)
          ? passed_bits(stops(load_block(text.data() + text.size() - sizeof(ByteBlock)))) >>
                (sizeof(ByteBlock) - rest)
          : passed_bits(stops(load_rest(text.data() + at, rest))) & bits_of_first(rest);
  return at + std::min(rest, first_confirmed(bits, at, confirm));
}

}  // namespace feedwire
