#include "storage/feed_problems.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace feedwire::storage {

using namespace std::chrono_literals;

namespace {

std::vector<std::string> codes_of(const PollRow& row) {
  std::vector<std::string> codes;
  for (const FeedProblem& problem : feed_problems(row)) codes.emplace_back(problem.code);
  return codes;
}

std::string told_of_skips(std::uint32_t hours, std::uint32_t days) {
  PollRow row;
  row.hints.skip_hours = hours;
  row.hints.skip_days = days;
  const std::vector<FeedProblem> problems = feed_problems(row);
  return problems.empty() ? "" : problems.at(0).message;
}

constexpr std::uint32_t kAllHours = 0xff'ffff, kAllDays = 0x7f;
constexpr std::uint32_t kSaturday = 1u << 6, kSunday = 1, kWednesday = 1u << 3;

}  // namespace

TEST_CASE("a feed without a flaw has no problems", "[problems]") {
  PollRow row;
  row.polls = 5;
  row.server = ServerNotes{};
  row.server->host_gap = 4s;
  CHECK(codes_of(row).empty());
}

TEST_CASE("H-38 problems say that skipHours or skipDays are ignored", "[problems]") {
  const std::string all = "skipHours and skipDays leave no time: they are ignored";
  CHECK(told_of_skips(kAllHours, 0) == all);
  CHECK(told_of_skips(0, kAllDays) == all);
  CHECK(told_of_skips(kAllHours & ~1u, 0).empty());
  CHECK(told_of_skips(0, kWednesday).empty());
  // Over the end of the week, and of the days.
  CHECK(told_of_skips(0, kSaturday | kSunday).find(" 48 hours at a stretch") != std::string::npos);
  CHECK(told_of_skips(1, kWednesday).find(" 25 hours at a stretch") != std::string::npos);
  CHECK(told_of_skips(0, kSaturday | kWednesday).empty());
}

TEST_CASE("H-20 H-21 H-09 problems say what is odd about the server", "[problems]") {
  PollRow row;
  row.polls = 1;
  row.repeats = 4;
  CHECK(codes_of(row).empty());
  row.repeats = 5;
  CHECK(codes_of(row) == std::vector<std::string>{"no-conditional"});
  row.server = ServerNotes{};
  row.server->doubt = ServerNotes::Doubt::same_etag;
  row.server->http1_since = WallTime{1s};
  CHECK(codes_of(row) == std::vector<std::string>{"validator-suspect", "no-conditional", "http2"});
}

}  // namespace feedwire::storage
