#include "base/utf8.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace feedwire {
namespace {

unsigned char byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

bool is_continuation(unsigned char byte) { return (byte & 0xc0) == 0x80; }

// Eight bytes of ASCII at once: most of a document's markup.
bool starts_with_ascii_word(std::string_view text, std::size_t at) {
  std::uint64_t word = 0;
  if (text.size() - at < sizeof word) return false;
  std::memcpy(&word, text.data() + at, sizeof word);
  return (word & 0x8080808080808080) == 0;
}

// A well-formed sequence of three bytes whose lead allows every continuation (E1 to EC, EE, EF):
// all of Chinese, Japanese and Korean.
bool is_plain_three(std::string_view text, std::size_t at) {
  if (text.size() - at < 3) return false;
  const auto lead = static_cast<unsigned char>(text[at]);
  return lead > 0xe0 && lead < 0xf0 && lead != 0xed && is_continuation(byte_at(text, at + 1)) &&
         is_continuation(byte_at(text, at + 2));
}

// The bytes that can begin an unsafe character.
constexpr std::array<bool, 256> make_suspects() {
  std::array<bool, 256> suspects{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) suspects[byte] = true;
  suspects[0x7f] = suspects[0xc2] = suspects[0xe2] = suspects[0xef] = true;
  for (std::size_t byte = 0xf0; byte <= 0xf4; ++byte) suspects[byte] = true;
  return suspects;
}
constexpr std::array<bool, 256> kSuspects = make_suspects();

}  // namespace

char32_t decode_utf8(std::string_view text, std::size_t& at) {
  const unsigned char lead = byte_at(text, at);
  ++at;
  if (lead < 0x80) return lead;
  if (is_plain_three(text, at - 1)) {
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
  while (at < text.size()) {
    if (starts_with_ascii_word(text, at)) {
      at += sizeof(std::uint64_t);
    } else if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
    } else if (is_plain_three(text, at)) {
      at += 3;
    } else if (decode_utf8(text, at) == kInvalid) {
      return false;
    }
  }
  return true;
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

bool is_safe_text(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (!kSuspects[static_cast<unsigned char>(text[at])]) {
      ++at;
    } else if (is_unsafe_char(decode_utf8(text, at))) {
      return false;
    }
  }
  return true;
}

}  // namespace feedwire
