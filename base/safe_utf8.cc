// is_safe_utf8(): what the daemon asks of every byte of JSON that a parse worker hands it. Where
// the processor has AVX2 most of a text is passed 32 bytes at a time, whatever its script.

#include <array>
#include <cstdint>

#include "base/byte_scan.h"
#include "base/utf8.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace feedwire {
namespace {

#ifdef __x86_64__

// Reasons to doubt a byte, from its first four bits and the two halves of the byte before it; they
// hold where all three tables agree. One bit each:
enum Doubt : std::uint8_t {
  kNoContinuation = 0x01,  // but the byte before is a lead
  kStray = 0x02,           // a continuation behind ASCII
  kThird = 0x04,      // a continuation behind another; no doubt where a lead stands before them
  kLow2 = 0x08,       // C0 and C1, which begin nothing, or C2 before a C1 control
  kHigh2 = 0x10,      // C0 and C1 once more
  kOverlong3 = 0x20,  // E0 before what needs no three bytes
  kSurrogate = 0x40,  // ED
  kRare = 0x80,       // of itself: a C0 control, or the lead of four bytes
};

using Table = std::array<std::uint8_t, 16>;

// By the first half of the byte before.
constexpr Table kByLeadHigh = [] {
  Table table{};
  for (std::size_t i = 0x0; i < 0x8; ++i) table[i] = kRare | kStray;
  for (std::size_t i = 0x8; i < 0xc; ++i) table[i] = kRare | kThird;
  table[0xc] = kRare | kNoContinuation | kLow2 | kHigh2;
  table[0xd] = kRare | kNoContinuation;
  table[0xe] = kRare | kNoContinuation | kOverlong3 | kSurrogate;
  table[0xf] = kRare;
  return table;
}();

// By its second half.
constexpr Table kByLeadLow = [] {
  Table table{};
  table.fill(kRare | kNoContinuation | kStray | kThird);
  table[0x0] |= kLow2 | kHigh2 | kOverlong3;
  table[0x1] |= kLow2 | kHigh2;
  table[0x2] |= kLow2;
  table[0xd] |= kSurrogate;
  return table;
}();

// By the first half of the byte itself.
constexpr Table kByHigh = [] {
  Table table{};
  table.fill(kNoContinuation);
  for (const std::size_t i : {0x0u, 0x1u, 0xfu}) table[i] |= kRare;
  for (const std::size_t i : {0x8u, 0x9u}) table[i] = kStray | kThird | kLow2 | kOverlong3;
  for (const std::size_t i : {0xau, 0xbu}) table[i] = kStray | kThird | kHigh2 | kSurrogate;
  return table;
}();

[[gnu::target("avx2")]] inline __m256i twice(const Table& table) {
  return _mm256_broadcastsi128_si256(
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(table.data())));
}

[[gnu::target("avx2")]] inline __m256i load(const char* bytes) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
}

[[gnu::target("avx2")]] inline __m256i all(std::uint8_t byte) {
  return _mm256_set1_epi8(static_cast<char>(byte));
}

// By the first half of each byte.
[[gnu::target("avx2")]] inline __m256i look_up_high(__m256i table, __m256i bytes) {
  return _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), all(0x0f)));
}

[[gnu::target("avx2")]] inline __m256i look_up_low(__m256i table, __m256i bytes) {
  return _mm256_shuffle_epi8(table, _mm256_and_si256(bytes, all(0x0f)));
}

// Where DEL and characters of three bytes that are unsafe end, by the last byte of each and the two
// before it.
[[gnu::target("avx2")]] inline __m256i unsafe_ends(__m256i first, __m256i second, __m256i c) {
  // Already at the second byte: EF B7, EF BB and EF BF (EF B3 begins none).
  const __m256i marks =
      _mm256_and_si256(_mm256_cmpeq_epi8(second, all(0xef)),
                       _mm256_cmpeq_epi8(_mm256_and_si256(c, all(0xf3)), all(0xb3)));
  // E2 80 with A8 to AE, and all of E2 81.
  const __m256i from_a8 = _mm256_sub_epi8(c, all(0xa8));
  const __m256i is_separator =
      _mm256_and_si256(_mm256_cmpeq_epi8(second, all(0x80)),
                       _mm256_cmpeq_epi8(_mm256_min_epu8(from_a8, all(0xae - 0xa8)), from_a8));
  const __m256i separators =
      _mm256_and_si256(_mm256_cmpeq_epi8(first, all(0xe2)),
                       _mm256_or_si256(is_separator, _mm256_cmpeq_epi8(second, all(0x81))));
  const __m256i deletes = _mm256_cmpeq_epi8(c, all(0x7f));
  return _mm256_or_si256(deletes, _mm256_or_si256(marks, separators));
}

// Behind the blocks at `at`, the start of a character and at least 2, up to one that holds a byte
// in doubt: an ill-formed or unsafe character, or a harmless one that is rare. Returns the start of
// a character.
[[gnu::target("avx2")]] std::size_t skip_blocks(std::string_view text, std::size_t at) {
  const __m256i lead_high = twice(kByLeadHigh), lead_low = twice(kByLeadLow), high = twice(kByHigh);
  const std::size_t start = at;
  for (; text.size() - at >= sizeof(__m256i); at += sizeof(__m256i)) {
    const __m256i c = load(text.data() + at);
    const __m256i second = load(text.data() + at - 1), first = load(text.data() + at - 2);
    const __m256i pairs = _mm256_and_si256(
        look_up_high(high, c),
        _mm256_and_si256(look_up_high(lead_high, second), look_up_low(lead_low, second)));
    const __m256i is_third = _mm256_cmpeq_epi8(_mm256_max_epu8(first, all(0xe0)), first);
    const __m256i ill_formed = _mm256_xor_si256(pairs, _mm256_and_si256(is_third, all(kThird)));
    const __m256i doubts = _mm256_or_si256(ill_formed, unsafe_ends(first, second, c));
    if (_mm256_testz_si256(doubts, doubts) == 0) break;
  }
  if (at == start) return at;
  // The last character may reach beyond the last block.
  do --at;
  while ((text[at] & '\xc0') == '\x80');
  return at;
}

bool has_skip_blocks() { return __builtin_cpu_supports("avx2") != 0; }

#else

std::size_t skip_blocks(std::string_view, std::size_t at) { return at; }
bool has_skip_blocks() { return false; }

#endif

}  // namespace

bool is_safe_utf8(std::string_view text) {
  const bool has_blocks = has_skip_blocks();
  const auto stops = [](ByteBlock c) {
    constexpr std::uint8_t kDel = 0x7f;
    return is_low_or_wide(c) | (c == kDel);
  };
  std::size_t at = 0;
  while ((at = find_byte(text, at, stops)) < text.size()) {
    const std::size_t wide = at;
    at = skip_safe_wide(text, at);
    if (at == wide) return false;  // a control, another unsafe character, or no UTF-8
    if (has_blocks) at = skip_blocks(text, at);
  }
  return true;
}

}  // namespace feedwire
