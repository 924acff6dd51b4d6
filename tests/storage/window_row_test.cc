// Rows of windows, of this format and of those before it.

#include <array>
#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "storage/schema.h"
#include "tests/storage/row_round_trip.h"
#include "tests/storage/store_fixture.h"

namespace feedwire::storage {
namespace {

// A window row as it was written up to format 3, with one item that has all and one that has none.
std::string roomy_window(std::uint8_t format, const std::array<WindowItem, 2>& items) {
  std::string row(1, static_cast<char>(format));
  put_u64(row, 77);             // refreshed
  if (format > 2) row += '\1';  // prints of guids follow
  row += '\2';                  // items
  for (const WindowItem& item : items) {
    row += item.entry.view();
    put_u64(row, item.raw_hash);
    row += static_cast<char>(item.age | (item.in_part ? 0x80 : 0));
    put_u64(row, static_cast<std::uint64_t>(item.published));
    put_u64(row, static_cast<std::uint64_t>(item.missing_since.time_since_epoch().count()));
    for (std::size_t kind = 0; kind < (format > 2 ? 8u : 7u); ++kind)
      put_u64(row, item.prints[kind]);
  }
  row.append(2, '\0');                                   // no documents' quality, nothing held
  if (format > 1) row.append(12, '\2').append(1, '\1');  // the zone clue
  return row;
}

}  // namespace

TEST_CASE("a window comes back as it was written", "[schema]") {
  WindowRow window;
  window.items.resize(2);
  window.items[1] = {hash_of("x"), 5, 2, true, -7, test_start().wall, {1, 2, 3, 4, 5, 6, 7, 8}};
  window.quality.resize(2);
  window.quality[1].entries = 300;
  window.quality[1].kinds[4] = {1, 2, 3, 4};
  window.held = {
      {hash_of("a"), hash_of("b"), hash_of("c"), test_start().wall, 1, 2, "http://x/", "{}"}};
  window.zone = {3, -7200, 28'800, true};
  CHECK(round_trip(window).zone == window.zone);
  CHECK(round_trip(window).items == window.items);
  CHECK(round_trip(window).quality == window.quality);
  CHECK(round_trip(window).held == window.held);
}

TEST_CASE("a count of more than can follow is refused, also one that wraps around", "[schema]") {
  std::string window = encode(WindowRow());
  window.resize(window.size() - 1 - 13);  // the held updates and the clue
  put_varint(window, std::uint64_t{1} << 63);
  WindowRow back;
  CHECK_FALSE(decode(window, back));
  window.append(1000, '\0');
  CHECK_FALSE(decode(window, back));
}

TEST_CASE("a window of an older format can be read", "[schema]") {
  std::array<WindowItem, 2> items;
  items[1] = {hash_of("x"), 5, 2, true, -7, test_start().wall, {1, 2, 3, 4, 5, 6, 7, 8}};
  for (const std::uint8_t format : std::initializer_list<std::uint8_t>{3, 2, 1}) {
    CAPTURE(format);
    if (format == 2) items[1].prints[kGuidPrint] = 0;
    WindowRow back;
    REQUIRE(decode(roomy_window(format, items), back));
    CHECK(back.refreshed.time_since_epoch().count() == 77);
    CHECK(back.items == std::vector(items.begin(), items.end()));
    CHECK(back.zone.entries == (format > 1 ? 0x02020202u : 0u));
    CHECK(back.zone.told == (format > 1));
    CHECK(round_trip(back).items == back.items);
  }
}

TEST_CASE("what an item of a window does not have takes no room", "[schema]") {
  WindowRow window;
  window.items.resize(100);
  const std::size_t without = encode(window).size();
  CHECK(without < 100 * (16 + 8 + 2) + 64);
  const auto costs = [&](std::size_t bytes) {
    CHECK(encode(window).size() == without + bytes);
    CHECK(round_trip(window).items == window.items);
  };
  window.items[99].prints[kGuidPrint] = 1;
  costs(8);
  window.items[98].published = 1;
  costs(16);
  window.items[97].missing_since = test_start().wall;
  costs(24);
  window.items[96].age = 3;
  window.items[96].in_part = true;
  costs(24);
}

}  // namespace feedwire::storage
