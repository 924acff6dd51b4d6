#include "base/utf8.h"

#include <cstdint>

#include "base/byte_scan.h"

namespace feedwire {
namespace {

unsigned char byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

bool is_continuation(unsigned char byte) { return (byte & 0xc0) == 0x80; }

constexpr std::uint8_t kFirstLead = 0x80;  // or a stray continuation byte

// A well-formed sequence of three bytes (RFC 3629 section 4): all of Chinese, Japanese and Korean.
bool is_three_bytes(std::string_view text, std::size_t at) {
  if (text.size() - at < 3) return false;
  const auto lead = static_cast<unsigned char>(text[at]);
  const auto second = static_cast<unsigned char>(text[at + 1]);
  if ((lead & 0xf0) != 0xe0 || !is_continuation(second) || !is_continuation(byte_at(text, at + 2)))
    return false;
  if (lead == 0xe0) return second >= 0xa0;  // shorter forms exist
  return lead != 0xed || second < 0xa0;     // surrogates
}

// Whether a sequence of three bytes may be ill-formed by its second byte: E0 and ED forbid some.
constexpr auto has_restricted_lead = [](ByteBlock c, ByteBlock) {
  constexpr std::uint8_t kLow = 0xe0, kHigh = 0xed;
  return (c == kLow) | (c == kHigh);
};

// Or may be an unsafe character: E2 80, E2 81, EF B7, EF BB and EF BF begin those (EF B3 none).
constexpr auto has_doubtful_start = [](ByteBlock c, ByteBlock next) {
  constexpr std::uint8_t kSeparators = 0xe2, kMarks = 0xef, kEven = 0xfe, kPlanes = 0xf3,
                         kGeneral = 0x80, kSpecials = 0xb3;
  return has_restricted_lead(c, next) | ((c == kSeparators) & ((next & kEven) == kGeneral)) |
         ((c == kMarks) & ((next & kPlanes) == kSpecials));
};

// Behind the well-formed three-byte sequences at `at`, five at a time, up to one that `doubts`
// marks or the rest of the text; those are to be looked at one by one.
template <typename Doubts>
std::size_t skip_threes(std::string_view text, std::size_t at, Doubts doubts) {
  constexpr ByteBlock kMask = {0xf0, 0xc0, 0xc0, 0xf0, 0xc0, 0xc0, 0xf0, 0xc0,
                               0xc0, 0xf0, 0xc0, 0xc0, 0xf0, 0xc0, 0xc0, 0};
  constexpr ByteBlock kShape = {0xe0, 0x80, 0x80, 0xe0, 0x80, 0x80, 0xe0, 0x80,
                                0x80, 0xe0, 0x80, 0x80, 0xe0, 0x80, 0x80, 0};
  constexpr std::size_t kFive = 15;
  while (text.size() - at > sizeof(ByteBlock)) {
    const ByteBlock block = load_block(text.data() + at);
    const ByteBlock next = load_block(text.data() + at + 1);
    const std::size_t good = first_passed(((block & kMask) != kShape) | doubts(block, next));
    if (good < kFive) return at + good / 3 * 3;
    at += kFive;  // a constant: the next block need not wait for this one's result
  }
  return at;
}

// Bytes that begin a character.
std::size_t chars_in(ByteBlock block) {
  constexpr std::uint8_t kMask = 0xc0, kContinuation = 0x80;
  const auto starts = (block & kMask) != kContinuation;
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(starts);
  // Each byte of the sum counts at most two; the product adds all eight up in the highest. Plain
  // x86-64 has no instruction for std::popcount().
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  return static_cast<std::size_t>(((halves[0] & kOnes) + (halves[1] & kOnes)) * kOnes >> 56);
}

}  // namespace

char32_t decode_utf8(std::string_view text, std::size_t& at) {
  const unsigned char lead = byte_at(text, at);
  ++at;
  if (lead < 0x80) return lead;
  if (is_three_bytes(text, at - 1)) {
    at += 2;
    return (lead & 0x0fu) << 12 | (byte_at(text, at - 2) & 0x3fu) << 6 |
           (byte_at(text, at - 1) & 0x3fu);
  }
  if (lead < 0xc2 || lead > 0xf4) return kInvalid;
  const unsigned size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t c = lead & (0x7fu >> size);
  for (unsigned i = 1; i < size; ++i) {
    const unsigned char next = byte_at(text, at + i - 1);
    if (!is_continuation(next)) return kInvalid;
    c = c << 6 | (next & 0x3f);
  }
  static constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (c < kSmallest[size] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return kInvalid;
  at += size - 1;
  return c;
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t bits) { out += static_cast<char>(bits); };
  if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) c = kReplacement;
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | ((c >> 12) & 0x3f));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

bool is_valid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (true) {
    at = find_byte(text, at, [](auto c) { return c >= kFirstLead; });
    if (at == text.size()) return true;
    at = skip_threes(text, at, has_restricted_lead);
    if (at == text.size()) return true;
    if (decode_utf8(text, at) == kInvalid) return false;
  }
}

std::size_t skip_safe_wide(std::string_view text, std::size_t at) {
  while (true) {
    at = skip_threes(text, at, has_doubtful_start);
    if (at == text.size() || byte_at(text, at) < kFirstLead) return at;
    std::size_t after = at;
    const char32_t c = decode_utf8(text, after);
    if (c == kInvalid || is_unsafe_char(c)) return at;
    at = after;
  }
}

std::size_t count_chars(std::string_view text) {
  std::size_t count = 0, at = 0;
  for (; at + sizeof(ByteBlock) <= text.size(); at += sizeof(ByteBlock))
    count += chars_in(load_block(text.data() + at));
  for (; at < text.size(); ++at) count += is_continuation(byte_at(text, at)) ? 0 : 1;
  return count;
}

std::size_t size_of_chars(std::string_view text, std::size_t chars) {
  std::size_t at = 0;
  for (; chars > sizeof(ByteBlock) && at + sizeof(ByteBlock) <= text.size();
       at += sizeof(ByteBlock))
    chars -= chars_in(load_block(text.data() + at));
  for (; at < text.size(); ++at)
    if (!is_continuation(byte_at(text, at)) && chars-- == 0) break;
  return at;
}

std::string_view first_utf8_bytes(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && is_continuation(byte_at(text, size))) --size;
  return text.substr(0, size);
}

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t start = at;
    const char32_t c = decode_utf8(text, at);
    if (c == kInvalid) {
      append_utf8(out, kReplacement);
    } else if (c != 0 && (c & 0xfffe) != 0xfffe && !(c >= 0xfdd0 && c <= 0xfdef)) {
      out.append(text.data() + start, at - start);
    }
  }
  return out;
}

bool is_unsafe_char(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || (c >= 0xfdd0 && c <= 0xfdef) ||
         (c & 0xfffe) == 0xfffe;
}

bool starts_unsafe_char(std::string_view text, std::size_t at) {
  const unsigned char lead = byte_at(text, at), second = byte_at(text, at + 1);
  switch (lead) {
    case 0xc2:
      return second < 0xa0;  // C1
    case 0xe2:
      return (second == 0x80 || second == 0x81) && is_unsafe_char(decode_utf8(text, at));
    case 0xef:
      return (second == 0xb7 || second == 0xbb || second == 0xbf) &&
             is_unsafe_char(decode_utf8(text, at));
    default:
      if (lead < 0xf0) return lead < 0x20 || lead == 0x7f;
      return (second & 0x0f) == 0x0f && byte_at(text, at + 2) == 0xbf &&
             byte_at(text, at + 3) >= 0xbe;  // the noncharacters that end a plane
  }
}

bool is_safe_text(std::string_view text) {
  const auto confirm = [text](std::size_t at) { return starts_unsafe_char(text, at); };
  return find_byte(text, 0, may_start_unsafe_char, confirm) == text.size();
}

bool is_safe_utf8(std::string_view text) {
  const auto stops = [](ByteBlock c) {
    constexpr std::uint8_t kDel = 0x7f;
    return is_low_or_wide(c) | (c == kDel);
  };
  std::size_t at = 0;
  while ((at = find_byte(text, at, stops)) < text.size()) {
    const std::size_t wide = at;
    at = skip_safe_wide(text, at);
    if (at == wide) return false;  // a control, another unsafe character, or no UTF-8
  }
  return true;
}

}  // namespace feedwire
