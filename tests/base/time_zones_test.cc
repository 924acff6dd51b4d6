#include "base/time_zones.h"

#include <catch2/catch.hpp>

namespace feedwire {
namespace {

std::optional<int> minutes_of(std::string_view zone, int month) {
  const std::chrono::year_month_day day = std::chrono::year{2026} / month / 15;
  const auto offset = configured_offset(zone, std::chrono::local_days(day));
  return offset ? std::optional(static_cast<int>(offset->count())) : std::nullopt;
}

}  // namespace

TEST_CASE("a configured time zone is an offset or a name", "[time_zones]") {
  CHECK(minutes_of("", 1) == 0);
  CHECK(minutes_of("+08:00", 1) == 480);
  CHECK(minutes_of("-03:30", 1) == -210);
  CHECK(minutes_of("Asia/Shanghai", 1) == 480);
  CHECK(minutes_of("europe/BERLIN", 1) == 60);
  CHECK(minutes_of("Europe/Berlin", 7) == 120);
  CHECK(minutes_of("UTC", 1) == 0);
}

TEST_CASE("what is no time zone is none", "[time_zones]") {
  for (const char* const zone : {"+8", "+0800", "8:00", "+15:00", "+08:60", "+0a:00", "+08:00 ",
                                 "Asia/Shanghay", " ", "+08;00"}) {
    INFO(zone);
    CHECK_FALSE(minutes_of(zone, 1));
  }
}

}  // namespace feedwire
