#include "feeds/date.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <string>

#include "base/clock.h"

namespace feedwire::feeds {
namespace {

struct Row {
  std::string text, expected, zone;
};

std::vector<Row> read_rows() {
  std::ifstream file(FEEDWIRE_TEST_DATA "/dates.tsv");
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t first = line.find('\t'), second = line.find('\t', first + 1);
    Row row{line.substr(0, first), line.substr(first + 1, second - first - 1),
            line.substr(second + 1)};
    if (const std::size_t escape = row.text.find("\\n"); escape != row.text.npos)
      row.text.replace(escape, 2, 1, '\n');  // g++ 12.2 warns of the string form
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

TEST_CASE("P-5 each form of a date is the instant it means, anything else is none", "[date]") {
  const std::vector<Row> rows = read_rows();
  REQUIRE(rows.size() > 250);
  for (const Row& row : rows) {
    INFO("text: " << row.text);
    const std::optional<ParsedDate> date = parse_date(row.text);
    CHECK((date ? format_time(date->time) : "-") == row.expected);
    if (date) CHECK((date->zone_given ? "zone" : "no zone") == row.zone);
  }
}

TEST_CASE("P-5 nothing that a stranger writes as a date does harm", "[date]") {
  CHECK_FALSE(parse_date(""));
  CHECK_FALSE(parse_date(std::string(1'000'000, '1')));
  CHECK_FALSE(parse_date(std::string(1'000'000, '(')));
  CHECK_FALSE(parse_date(std::string_view("\0\0\0", 3)));
  CHECK_FALSE(parse_date("\xff\xfe 2003-12-31"));
  CHECK(parse_date("2003-12-31T10:14:55+"));
  CHECK_FALSE(parse_date("2003-W"));
  CHECK_FALSE(parse_date("+-:/.,"));
  CHECK_FALSE(parse_date("999999999999999999:999999999999999999"));
}

}  // namespace feedwire::feeds
