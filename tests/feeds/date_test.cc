#include "feeds/date.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <string>

#include "base/clock.h"
#include "feeds/date_common.h"
#include "feeds/date_recognizer.h"

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
  REQUIRE(rows.size() > 1'000);
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

TEST_CASE("P-5 the quick way to a date gives what the long one does", "[date]") {
  std::vector<std::string> texts;
  for (const Row& row : read_rows()) texts.push_back(row.text);
  for (const char* const zone :
       {"GMT", "+0000", "-0000", "+0800", "-0330", "+1400", "+1500", "+0860", "UT"})
    for (const char* const date : {"Mon, 03 Feb 2025 ", "Sat, 29 Feb 2025 ", "Thu, 29 Feb 2024 ",
                                   "Mon, 00 Jan 2001 ", "Xxx, 03 Feb 2025 ", "Mon, 03 onF 2025 "})
      for (const char* const clock :
           {"00:00:00 ", "23:59:59 ", "24:00:00 ", "12:60:00 ", "12:00:60 "})
        texts.push_back(std::string(date) + clock + zone);
  for (const char* const zone : {"Z", "+00:00", "-00:00", "+08:00", "-03:30", "+15:00"})
    for (const char* const date : {"2025-02-03T", "2025-02-29T", "1969-12-31T", "2201-01-01T"})
      texts.push_back(std::string(date) + "22:05:00" + zone);

  int common = 0;
  for (const std::string& text : texts) {
    const std::optional<ParsedDate> quick = parse_common_date(text);
    if (!quick) continue;
    ++common;
    INFO("text: " << text);
    const std::optional<ParsedDate> careful = DateRecognizer(*lex_date(text)).run();
    REQUIRE(careful);
    CHECK(quick->time == careful->time);
    CHECK(quick->zone_given == careful->zone_given);
  }
  CHECK(common > 30);
}

}  // namespace feedwire::feeds
