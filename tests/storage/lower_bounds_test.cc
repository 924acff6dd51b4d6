#include "storage/lower_bounds.h"

#include <catch2/catch.hpp>

namespace feedwire::storage {

using namespace std::chrono_literals;
using Bounds = std::vector<PollBound>;

TEST_CASE("H-39 S-10 every lower bound is named, and the longest decides", "[bounds]") {
  PollRow row;
  CHECK(lower_bounds(row).empty());

  row.polls = 1;
  row.floor = 1h;
  CHECK(lower_bounds(row) == Bounds{{1h, PollRule::floor}});
  row.own_interval = true;
  row.hints.ttl_minutes = 90;
  row.hints.update_minutes = 30;
  row.strain = 2h;
  row.fresh_for = 90min;
  row.retry_after = 5min;
  CHECK(lower_bounds(row) == Bounds{{1h, PollRule::interval},
                                    {2h, PollRule::strain},
                                    {90min, PollRule::ttl},
                                    {30min, PollRule::update_period},
                                    {90min, PollRule::freshness},
                                    {5min, PollRule::retry_after}});
  CHECK(longest(lower_bounds(row)).rule == PollRule::strain);
  row.strain = 0s;
  CHECK(longest(lower_bounds(row)).rule == PollRule::ttl);  // the first of two alike
}

TEST_CASE("H-21 a server that ignores validators has a bound, unless it names a time", "[bounds]") {
  PollRow row;
  row.polls = 9;
  row.floor = 15min;
  row.repeats = 5;
  CHECK(lower_bounds(row).back() == PollBound{1h, PollRule::no_conditional});
  row.repeated_bytes = (256 << 10) + 1;
  CHECK(lower_bounds(row).back() == PollBound{4h, PollRule::no_conditional});
  row.fresh_for = 0s;
  CHECK(longest(lower_bounds(row)) == PollBound{15min, PollRule::floor});
}

TEST_CASE("H-60 the back-off of a feed that fails is one of its bounds", "[bounds]") {
  PollRow row;
  row.polls = row.failures = 1;
  row.floor = 1h;
  row.last_poll = WallTime{1000s};
  row.next_poll = row.last_poll + 2h;
  row.rule = PollRule::failure;
  CHECK(lower_bounds(row) == Bounds{{1h, PollRule::floor}, {2h, PollRule::failure}});
}

}  // namespace feedwire::storage
