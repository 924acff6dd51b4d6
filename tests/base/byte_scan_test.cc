#include "base/byte_scan.h"

#include <catch2/catch.hpp>
#include <string>

namespace feedwire {
namespace {

constexpr auto is_mark = [](auto c) {
  constexpr std::uint8_t kMark = '#', kHigh = 0xf0;
  return (c == kMark) | (c >= kHigh);
};

}  // namespace

TEST_CASE("a byte is found wherever it stands in a block or behind the last one", "[byte_scan]") {
  for (std::size_t size = 1; size < 70; ++size)
    for (std::size_t place = 0; place < size; ++place)
      for (const char mark : {'#', '\xf0', '\xff'}) {
        std::string text(size, 'a');
        text[place] = mark;
        for (std::size_t from = 0; from <= place; ++from)
          if (find_byte(text, from, is_mark) != place) FAIL(size << ' ' << place << ' ' << from);
        CHECK(find_byte(text, place + 1, is_mark) == size);
      }
}

TEST_CASE("the first of several bytes is found", "[byte_scan]") {
  CHECK(find_byte("0123456789abcd#ef#", 0, is_mark) == 14);
  CHECK(find_byte("0123456#89abcd#ef#", 0, is_mark) == 7);
  CHECK(find_byte("", 0, is_mark) == 0);
}

}  // namespace feedwire
