#include "base/utf8.h"

#include <catch2/catch.hpp>

namespace feedwire {

TEST_CASE("S25 text is repaired byte by byte and loses NUL and noncharacters", "[utf8]") {
  CHECK(repair_utf8("雷\xff峰") == "雷\ufffd峰");
  CHECK(repair_utf8("\xc0\xaf") == "\ufffd\ufffd");                      // overlong
  CHECK(repair_utf8("\xed\xa0\x80") == "\ufffd\ufffd\ufffd");            // a surrogate half
  CHECK(repair_utf8("a\xe9\x9b") == "a\ufffd\ufffd");                    // cut off
  CHECK(repair_utf8("\xf4\x90\x80\x80") == "\ufffd\ufffd\ufffd\ufffd");  // above U+10FFFF
  CHECK(repair_utf8(std::string_view("a\0b\xef\xbf\xbf"
                                     "c",
                                     7)) == "abc");
}

TEST_CASE("every character comes back from its bytes", "[utf8]") {
  for (char32_t c = 1; c <= 0x10ffff; c += c < 0x3000 ? 1 : 61) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    std::string bytes;
    append_utf8(bytes, c);
    std::size_t at = 0;
    if (decode_utf8(bytes, at) != c || at != bytes.size())
      FAIL("U+" << std::hex << static_cast<unsigned>(c));
  }
}

TEST_CASE("a broken character is found at every place of a long text", "[utf8]") {
  const std::string text = "雷峰网，读懂智能与未来。AI 雷峰网，读懂智能与未来，é、😀、雷峰网。";
  REQUIRE(is_valid_utf8(text));
  for (std::size_t at = 0; at < text.size(); ++at)
    for (const char bad : {'\x80', '\xc0', '\xe0', '\xed', '\xff', 'a'}) {
      std::string broken = text;
      broken[at] = bad;
      bool valid = true;  // as character by character
      for (std::size_t i = 0; i < broken.size();) valid &= decode_utf8(broken, i) != kInvalid;
      if (is_valid_utf8(broken) != valid) FAIL(at << ' ' << static_cast<int>(bad));
    }
}

TEST_CASE("every character is safe in the same way wherever it is asked", "[utf8]") {
  for (char32_t c = 1; c <= 0x10ffff; c += c < 0x3000 ? 1 : 61) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    std::string text = "some text before ";
    append_utf8(text, c);
    if (is_safe_text(text) == is_unsafe_char(c)) FAIL("U+" << std::hex << static_cast<unsigned>(c));
    const std::string long_text = "é" + text + " and as much of it behind, 雷峰网，读懂";
    if (is_safe_utf8(long_text) == is_unsafe_char(c))
      FAIL("U+" << std::hex << static_cast<unsigned>(c) << " in a long text");
  }
}

TEST_CASE("every sequence of three bytes is judged as RFC 3629 does", "[utf8]") {
  for (unsigned lead = 0xe0; lead <= 0xef; ++lead)
    for (unsigned second = 0x70; second <= 0xc8; ++second)
      for (const unsigned third : {0x7fu, 0x80u, 0xbfu, 0xc0u}) {
        const char bytes[] = {static_cast<char>(lead), static_cast<char>(second),
                              static_cast<char>(third)};
        const bool continued = second >= 0x80 && second <= 0xbf && third >= 0x80 && third <= 0xbf;
        const bool good =
            continued && !(lead == 0xe0 && second < 0xa0) && !(lead == 0xed && second > 0x9f);
        if (is_valid_utf8({bytes, 3}) != good) FAIL(lead << ' ' << second << ' ' << third);
      }
}

TEST_CASE("an ill-formed byte is found wherever it stands", "[utf8]") {
  const std::string text = "plain ascii, 雷峰网, é and \U0001F600 and more plain ascii";
  CHECK(is_valid_utf8(text));
  for (std::size_t at = 0; at <= text.size(); ++at)
    CHECK_FALSE(is_valid_utf8(std::string(text).insert(at, 1, '\xff')));
}

TEST_CASE("what cannot be a character is written as the replacement", "[utf8]") {
  std::string bytes;
  append_utf8(bytes, 0xd800);
  append_utf8(bytes, 0x110000);
  CHECK(bytes == "\ufffd\ufffd");
}

TEST_CASE("EV-3 unsafe characters are found among harmless neighbours", "[utf8]") {
  CHECK(is_safe_text("雷峰网 é “x” \u00a0\u2027\u202f"));
  for (const char* bad : {"\n", "\x7f", "\u0085", "\u2028", "\u202e", "\u2066", "\ufeff", "\ufdd0"})
    CHECK_FALSE(is_safe_text(std::string("é“") + bad + "”"));
}

}  // namespace feedwire
