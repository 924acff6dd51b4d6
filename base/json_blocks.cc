#include "base/json_blocks.h"

#include <algorithm>
#include <array>

#include "base/byte_scan.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace feedwire {
namespace {

constexpr std::uint8_t kQuote = '"', kBackslash = '\\', kDel = 0x7f;

// Only ASCII is harmless to this one.
bool scan_portably(const char* bytes, std::size_t count, std::uint64_t* marks) {
  std::uint32_t doubts = 0;
  for (std::size_t block = 0; block < count; ++block) {
    marks[block] = 0;
    for (std::size_t i = 0; i < BlockScan::kBytes;
         i += sizeof(ByteBlock), bytes += sizeof(ByteBlock)) {
      const ByteBlock c = load_block(bytes);
      doubts |= passed_bits(is_low_or_wide(c) | (c == kDel));
      marks[block] |= std::uint64_t{passed_bits((c == kQuote) | (c == kBackslash))} << i;
    }
  }
  return doubts == 0;
}

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

constexpr std::uint8_t kThreeBytes = 0xe0;  // the first lead of so many

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

// --- AVX2: 32 bytes at once ---

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
  const __m256i deletes = _mm256_cmpeq_epi8(c, all(kDel));
  return _mm256_or_si256(deletes, _mm256_or_si256(marks, separators));
}

[[gnu::target("avx2")]] inline __m256i doubts_of(const char* bytes, __m256i c, __m256i lead_high,
                                                 __m256i lead_low, __m256i high) {
  const __m256i second = load(bytes - 1), first = load(bytes - 2);
  const __m256i pairs = _mm256_and_si256(
      look_up_high(high, c),
      _mm256_and_si256(look_up_high(lead_high, second), look_up_low(lead_low, second)));
  const __m256i is_third = _mm256_cmpeq_epi8(_mm256_max_epu8(first, all(kThreeBytes)), first);
  const __m256i ill_formed = _mm256_xor_si256(pairs, _mm256_and_si256(is_third, all(kThird)));
  return _mm256_or_si256(ill_formed, unsafe_ends(first, second, c));
}

[[gnu::target("avx2")]] inline std::uint32_t marks_of(__m256i c) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(
      _mm256_or_si256(_mm256_cmpeq_epi8(c, all(kQuote)), _mm256_cmpeq_epi8(c, all(kBackslash)))));
}

[[gnu::target("avx2")]] bool scan_avx2(const char* bytes, std::size_t count, std::uint64_t* marks) {
  const __m256i lead_high = twice(kByLeadHigh), lead_low = twice(kByLeadLow), high = twice(kByHigh);
  __m256i doubts = _mm256_setzero_si256();
  for (std::size_t block = 0; block < count; ++block) {
    marks[block] = 0;
    for (std::size_t i = 0; i < BlockScan::kBytes; i += sizeof(__m256i), bytes += sizeof(__m256i)) {
      const __m256i c = load(bytes);
      doubts = _mm256_or_si256(doubts, doubts_of(bytes, c, lead_high, lead_low, high));
      marks[block] |= std::uint64_t{marks_of(c)} << i;
    }
  }
  return _mm256_testz_si256(doubts, doubts) != 0;
}

// --- AVX-512: a block at once, the same questions ---

#define FEEDWIRE_AVX512 [[gnu::target("avx512bw")]]

FEEDWIRE_AVX512 inline __m512i all_64(std::uint8_t byte) {
  return _mm512_set1_epi8(static_cast<char>(byte));
}

FEEDWIRE_AVX512 inline __m512i four_times(const Table& table) {
  return _mm512_maskz_broadcast_i32x4(
      0xffff, _mm_loadu_si128(reinterpret_cast<const __m128i*>(table.data())));
}

FEEDWIRE_AVX512 inline __m512i look_up_low(__m512i table, __m512i bytes) {
  return _mm512_shuffle_epi8(table, _mm512_and_si512(bytes, all_64(0x0f)));
}

FEEDWIRE_AVX512 inline __m512i look_up_high(__m512i table, __m512i bytes) {
  return look_up_low(table, _mm512_srli_epi16(bytes, 4));
}

FEEDWIRE_AVX512 inline __mmask64 unsafe_ends(__m512i first, __m512i second, __m512i c) {
  const __mmask64 marks =
      _mm512_mask_cmpeq_epi8_mask(_mm512_cmpeq_epi8_mask(second, all_64(0xef)),
                                  _mm512_and_si512(c, all_64(0xf3)), all_64(0xb3));
  const __mmask64 behind_e2 = _mm512_cmpeq_epi8_mask(first, all_64(0xe2));
  const __mmask64 separators =
      _mm512_mask_cmple_epu8_mask(_mm512_mask_cmpeq_epi8_mask(behind_e2, second, all_64(0x80)),
                                  _mm512_sub_epi8(c, all_64(0xa8)), all_64(0xae - 0xa8));
  const __mmask64 isolates = _mm512_mask_cmpeq_epi8_mask(behind_e2, second, all_64(0x81));
  return marks | separators | isolates | _mm512_cmpeq_epi8_mask(c, all_64(kDel));
}

FEEDWIRE_AVX512 bool scan_avx512(const char* bytes, std::size_t count, std::uint64_t* marks) {
  const __m512i lead_high = four_times(kByLeadHigh), lead_low = four_times(kByLeadLow),
                high = four_times(kByHigh);
  __m512i ill_formed = _mm512_setzero_si512();
  __mmask64 unsafe = 0;
  for (std::size_t block = 0; block < count; ++block, bytes += BlockScan::kBytes) {
    const __m512i c = _mm512_loadu_si512(bytes), second = _mm512_loadu_si512(bytes - 1),
                  first = _mm512_loadu_si512(bytes - 2);
    const __m512i pairs = _mm512_and_si512(
        look_up_high(high, c),
        _mm512_and_si512(look_up_high(lead_high, second), look_up_low(lead_low, second)));
    const __mmask64 is_third = _mm512_cmpge_epu8_mask(first, all_64(kThreeBytes));
    ill_formed = _mm512_or_si512(
        ill_formed, _mm512_xor_si512(pairs, _mm512_maskz_mov_epi8(is_third, all_64(kThird))));
    unsafe |= unsafe_ends(first, second, c);
    marks[block] =
        _mm512_cmpeq_epi8_mask(c, all_64(kQuote)) | _mm512_cmpeq_epi8_mask(c, all_64(kBackslash));
  }
  return unsafe == 0 && _mm512_test_epi8_mask(ill_formed, ill_formed) == 0;
}

#undef FEEDWIRE_AVX512

#endif

constexpr BlockScan kPortable = {"portable", scan_portably};

#ifdef __x86_64__

constexpr std::array<BlockScan, 3> kScans = {BlockScan{"AVX-512", scan_avx512},
                                             BlockScan{"AVX2", scan_avx2}, kPortable};

// How many of the first of kScans the processor lacks.
std::size_t count_lacking() {
  // Where VBMI2 is, wide registers do not slow the clock.
  if (__builtin_cpu_supports("avx512vbmi2") != 0 && __builtin_cpu_supports("avx512bw") != 0)
    return 0;
  return __builtin_cpu_supports("avx2") != 0 ? 1 : 2;
}

#else

constexpr std::array<BlockScan, 1> kScans = {kPortable};

std::size_t count_lacking() { return 0; }

#endif

}  // namespace

std::span<const BlockScan> block_scans() {
  static const std::size_t lacking = count_lacking();
  return std::span(kScans).subspan(lacking);
}

}  // namespace feedwire
