// UTF-8 (RFC 3629): strict decoding, repair, and what may not stand raw in a log line.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace feedwire {

inline constexpr char32_t kReplacement = 0xfffd;

/// Decodes the character at `at` and moves `at` behind it. An ill-formed sequence (overlong,
/// surrogate, cut off, above U+10FFFF) gives kInvalid and moves one byte on. `at` < text.size().
inline constexpr char32_t kInvalid = 0xffffffff;
char32_t decode_utf8(std::string_view text, std::size_t& at);

void append_utf8(std::string& out, char32_t c);

bool is_valid_utf8(std::string_view text);

/// How many characters valid `text` has.
std::size_t count_chars(std::string_view text);

/// The bytes of the first `chars` characters of valid `text`, or of all if it has no more.
std::size_t size_of_chars(std::string_view text, std::size_t chars);

/// At most `size` bytes from the start of valid `text`, whole characters.
std::string_view first_utf8_bytes(std::string_view text, std::size_t size);

/// `text` with each ill-formed byte replaced by U+FFFD and without NUL and noncharacters.
std::string repair_utf8(std::string_view text);

/// C0, DEL, C1, line separators, bidi controls, U+FEFF, noncharacters: what JSON strings of the
/// event log escape.
bool is_unsafe_char(char32_t c);

/// Whether an is_unsafe_char() may start with this byte, for find_byte(): false for most bytes.
inline constexpr auto may_start_unsafe_char = [](auto c) {
  constexpr std::uint8_t kSpace = 0x20, kDel = 0x7f, kC1 = 0xc2, kSeparators = 0xe2, kMarks = 0xef;
  return (c < kSpace) | (c == kDel) | (c == kC1) | (c == kSeparators) | (c >= kMarks);
};

/// Whether the character at `at` of valid UTF-8 is unsafe, where may_start_unsafe_char() holds for
/// its first byte.
bool starts_unsafe_char(std::string_view text, std::size_t at);

/// Behind the characters from U+0080 on that stand at `at`; stops at ASCII, at an unsafe character
/// and at a byte that is no UTF-8. at <= text.size().
std::size_t skip_safe_wide(std::string_view text, std::size_t at);

/// Whether no is_unsafe_char() stands in `text`, which is valid UTF-8. One pass, quick for text
/// without such characters.
bool is_safe_text(std::string_view text);

/// Whether `text` is valid UTF-8 and is_safe_text(). Quick for text of any script.
bool is_safe_utf8(std::string_view text);

}  // namespace feedwire
