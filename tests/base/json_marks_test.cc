#include "base/json_marks.h"

#include <catch2/catch.hpp>
#include <vector>

#include "base/rng.h"
#include "base/utf8.h"

namespace feedwire {
namespace {

using Places = std::vector<std::size_t>;

Places marks_in(std::string_view text, const BlockScan& scan) {
  Places places;
  JsonMarks marks(text, scan);
  for (std::size_t at = 0; (at = marks.next(at)) < text.size(); ++at) places.push_back(at);
  return places;
}

Places marks_byte_by_byte(std::string_view text) {
  Places places;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] == '"' || text[at] == '\\') places.push_back(at);
  return places;
}

/// Whether every scan gives the marks of `text`, and the one behind it if the text is safe alone.
bool is_told_right(std::string text) {
  const bool is_safe = is_valid_utf8(text) && is_safe_text(text);
  text += '"';
  const Places all = marks_byte_by_byte(text);
  for (const BlockScan& scan : block_scans()) {
    const Places found = marks_in(text, scan);
    if (is_safe ? found != all : found.size() >= all.size()) return false;
    if (!std::equal(found.begin(), found.end(), all.begin())) return false;
  }
  return is_safe_utf8(std::string_view(text).substr(0, text.size() - 1)) == is_safe;
}

// Mostly of one script: ASCII, two bytes, three of several kinds, four.
std::string random_text(SeededRng& rng) {
  struct Range {
    std::uint64_t first, size;
  };
  static constexpr Range kRanges[] = {{0x20, 0x5f},    {0xa0, 0x700},   {0x800, 0x900},
                                      {0x2000, 0x80},  {0x4e00, 20000}, {0xac00, 0x2c00},
                                      {0xff00, 0x100}, {0x1f300, 0x60}, {0x00, 0x100}};
  std::string text;
  const Range& usual = kRanges[rng.next() % std::size(kRanges)];
  const std::uint64_t chars = rng.next() % 20 == 0 ? 1500 : 100;
  for (std::uint64_t left = rng.next() % chars; left > 0; --left) {
    const Range& range = rng.next() % 4 > 0 ? usual : kRanges[rng.next() % std::size(kRanges)];
    const auto c = static_cast<char32_t>(range.first + rng.next() % range.size);
    if (!is_unsafe_char(c) || rng.next() % 64 == 0) append_utf8(text, c);
    if (rng.next() % 16 == 0) text += rng.next() % 2 == 0 ? '"' : '\\';
  }
  return text;
}

}  // namespace

TEST_CASE("the marks of a text are found at every place", "[json_marks]") {
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string text(size, 'x');
    INFO(size);
    CHECK(is_told_right(text + '"' + text + '\\' + text));
    CHECK(is_told_right(text + "é\"" + text + "雷峰网\\"));
  }
  CHECK(is_told_right(std::string(5000, '"')));
  CHECK(is_told_right(std::string(5000, 'x')));
}

TEST_CASE("marks are found behind many bytes that nobody asked about", "[json_marks]") {
  const std::string text = '"' + std::string(5000, '0') + "\"\"";
  for (const BlockScan& scan : block_scans()) {
    JsonMarks marks(text, scan);
    CHECK(marks.next(0) == 0);
    CHECK(marks.next(4900) == 5001);
    CHECK(marks.next(5002) == 5002);
    CHECK(marks.next(5003) == text.size());
  }
}

TEST_CASE("no mark is told behind what is unsafe, however often it is asked", "[json_marks]") {
  for (const std::string unsafe : {"\n", "\x1b", "\x7f", "\xc2\x85", "\xff", "\u2028", "\ufeff"}) {
    const std::string text = std::string(1500, 'x') + unsafe + std::string(1500, '"');
    for (const BlockScan& scan : block_scans()) {
      INFO(scan.name);
      JsonMarks marks(text, scan);
      CHECK(marks.next(0) == text.size());
      CHECK(marks.next(0) == text.size());
      CHECK(marks.next(2000) == text.size());
    }
  }
}

TEST_CASE("S12 safe text is told in one pass as in two, whatever is changed in it",
          "[json_marks]") {
  SeededRng rng(20261122);
  std::size_t good = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string text = random_text(rng);
    if (!text.empty() && round % 2 == 0)
      text[rng.next() % text.size()] = static_cast<char>(rng.next());
    if (round % 5 == 0) text.resize(text.size() - text.size() / 7);
    good += is_valid_utf8(text) && is_safe_text(text) ? 1 : 0;
    if (!is_told_right(text)) FAIL("round " << round);
  }
  CHECK((good > 30'000 && good < 70'000));  // neither is rare
}

TEST_CASE("every pair of bytes is judged alike alone and within a long text", "[json_marks]") {
  const std::string before = "é and many characters of ASCII before", behind = "\x80 and behind";
  for (unsigned pair = 0; pair <= 0xffff; ++pair) {
    const std::string bytes = {static_cast<char>(pair >> 8), static_cast<char>(pair)};
    for (const std::size_t cut : {0u, 1u})  // with a continuation behind it, or none
      if (!is_told_right(before + bytes + behind.substr(cut)))
        FAIL(std::hex << pair << (cut == 0 ? " and 80" : ""));
  }
}

TEST_CASE("a character is whole across the end of a block and of a chunk", "[json_marks]") {
  for (const std::size_t end : {64u, 128u, 1024u, 1088u, 2112u})
    for (const std::string_view c :
         {"é", "雷", "😀", "\u2029", "\xe9\x9b", "\xf0\x9f\x98", "\xf0\x9f\xbf\xbf", "\x80"})
      for (std::size_t before = 0; before <= 4; ++before) {
        INFO(end << ' ' << c << ' ' << before);
        CHECK(is_told_right(std::string(end - before, 'x') + std::string(c)));
        CHECK(is_told_right(std::string(end - before, 'x') + std::string(c) + "xyz"));
      }
}

}  // namespace feedwire
