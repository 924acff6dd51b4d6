#include <catch2/catch.hpp>

#include "bench/trace.h"
#include "storage/poll_ledger.h"
#include "tests/daemon/stage_run.h"

namespace feedwire::daemon {
namespace {

constexpr std::chrono::hours kBetween{7};  // two posts

// A feed with as many posts as were made by `now`, the last ten of them.
std::string posted(WallTime start, WallTime now, bool dated) {
  std::string xml = "<rss version=\"2.0\"><channel><title>T</title>";
  const auto count = (now - start) / kBetween;
  for (auto i = count; i >= std::max<decltype(count)>(0, count - 9); --i) {
    xml += "<item><title>" + std::to_string(i) + "</title><guid>g" + std::to_string(i) + "</guid>";
    if (dated)
      xml +=
          "<pubDate>" + format_time(start + i * std::chrono::microseconds(kBetween)) + "</pubDate>";
    xml += "</item>";
  }
  return xml + "</channel></rss>";
}

}  // namespace

TEST_CASE("M-2 M-3 a trace tells when feeds published and how late that was seen", "[schedule]") {
  const bool dated = GENERATE(true, false);
  StageRun run;
  const WallTime start = run.clock_.now().wall + 10min;
  run.web.serve(kUrl, [&](const HttpRequest& request) {
    return tests::answer(request, 200,
                         posted(start - 72h, std::max(start, run.clock_.now().wall), dated));
  });
  run.start({kUrl});
  run.run_long(20 * 24h);
  run.stop_cleanly();
  PosixFs fs;
  auto ledger = storage::PollLedger::open(fs, run.dir() / "ledger", 1 << 30).value();
  std::string lines;
  for (const storage::PollRecord& record : run.records) storage::append_poll_record(lines, record);
  REQUIRE(ledger->append(lines));

  const bench::Trace trace = bench::read_trace(fs, run.dir()).value();
  const bench::World& world = trace.world;
  REQUIRE(world.feeds.size() == 1);
  CHECK(world.measured_days() == Approx(15).epsilon(0.02));
  // Some 15 days of posts, each seen by the next of the hourly polls.
  const auto expected = static_cast<double>(15 * 24) / 7;
  CHECK(static_cast<double>(trace.recorded.posts) == Approx(expected).margin(1.5));
  CHECK(trace.recorded.requests == Approx(24).epsilon(0.1));
  CHECK(trace.recorded.useful == Approx(trace.recorded.posts).margin(1));
  CHECK(trace.recorded.bytes > 0);
  CHECK(trace.undated == (dated ? 0 : trace.recorded.posts));
  CHECK(trace.recorded.delays.size() == (dated ? trace.recorded.posts : 0));
  for (const float delay : trace.recorded.delays) CHECK((delay > 0 && delay < 70));
  REQUIRE(trace.bracket_delays.size() == trace.recorded.posts);
  for (const float delay : trace.bracket_delays) CHECK((delay > 25 && delay < 35));
  // What a schedule is tried on: the posts, at the moments that are declared or else likely, with
  // those of before if they are declared.
  const bench::PostingFeed& feed = world.feeds[0];
  CHECK(feed.dated == dated);
  CHECK(feed.window == 10);
  CHECK(feed.document_bytes > 400);
  CHECK(feed.posted(world.start) == (dated ? 10 : 0));
  std::chrono::microseconds off{};
  for (const WallTime post : feed.posts) {
    const std::chrono::microseconds part = (post - (start - 72h)) % kBetween;
    off = std::max(off, std::min<std::chrono::microseconds>(part, kBetween - part));
  }
  CHECK(off < (dated ? 1s : 35min));

  const bench::ScheduleResult fixed = bench::run_fixed(world, 1h, 1);
  CHECK(fixed.requests == Approx(24).epsilon(0.02));
  CHECK(fixed.posts == trace.recorded.posts);
  const bench::ScheduleResult commafeed = bench::run_commafeed(world, 1);
  CHECK(commafeed.requests == Approx(24 / 3.5).epsilon(0.05));  // half of seven hours
  CHECK(commafeed.mean_delay() > fixed.mean_delay());
}

TEST_CASE("M-2 where there is no ledger, there is no trace", "[schedule]") {
  const tests::TempDir dir;
  PosixFs fs;
  const auto trace = bench::read_trace(fs, dir.path());
  REQUIRE_FALSE(trace);
  CHECK(trace.error().code == ErrorCode::not_found);
}

}  // namespace feedwire::daemon
