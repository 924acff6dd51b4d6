// Every kill_point() of the sources is hit once by the real daemon, and the next start has to make
// a whole store of what is then on disk.

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <thread>

#include "base/kill_point.h"
#include "base/rng.h"
#include "storage/store.h"
#include "tests/e2e/daemon_run.h"
#include "tests/e2e/growing_feeds.h"
#include "tests/support/make_feed.h"

namespace feedwire::tests {

using namespace std::chrono_literals;

namespace {

constexpr int kHalves = 2;  // ctest runs them at the same time

std::set<std::string> kill_points() {
  constexpr std::string_view kCall = "kill_point(\"";
  std::set<std::string> names;
  for (const char* folder : {"base", "storage", "daemon"})
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(FEEDWIRE_SOURCE_DIR "/") + folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path());
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      for (std::size_t at = 0; (at = text.find(kCall, at)) != text.npos;) {
        at += kCall.size();
        names.insert(text.substr(at, text.find('"', at) - at));
      }
    }
  return names;
}

/// A store as a crash an hour ago left it: two segments, of the first the end is gone, of the
/// second all; behind a third stands more than was committed; a fourth was being made.
class CrashedStore {
 public:
  explicit CrashedStore(const std::filesystem::path& dir) : clock_(an_hour_ago()) {
    storage::Options options;
    options.dir = dir;
    options.min_free_bytes = 0;
    options.segment_size_bytes = 4096;
    store_ = storage::Store::open(options, fs_, clock_, rng_).value();
    const storage::FeedRef feed{kFeed, "http://old.example/feed", "", "", {}};
    REQUIRE(store_->subscribe({&feed, 1}));
    for (int poll = 0; poll < 3; ++poll) {
      this->poll(poll * 4 + 1);
      clock_.advance(2min);
    }
    store_.reset();
    damage(dir / "events");
  }

  static constexpr int kEntries = 12;

 private:
  static constexpr feeds::FeedKey kFeed = 7;

  static Now an_hour_ago() {
    Now now = SystemClock().now();
    now.wall -= 2h;
    return now;
  }

  void poll(int first) {
    storage::PollOutcome outcome;
    outcome.feed = kFeed;
    outcome.fetched_at = outcome.row.last_poll = outcome.row.last_success = clock_.now().wall;
    outcome.row.next_poll = clock_.now().wall + 24h;
    outcome.row.polls = static_cast<std::uint64_t>(first);
    outcome.document = make_feed(kFeed, make_items(4, first));
    REQUIRE(store_->commit({&outcome, 1}));
  }

  static void damage(const std::filesystem::path& events) {
    std::vector<std::filesystem::path> segments;
    for (const auto& entry : std::filesystem::directory_iterator(events))
      if (entry.path().extension() == ".ndjson") segments.push_back(entry.path());
    std::sort(segments.begin(), segments.end());
    REQUIRE(segments.size() >= 3);
    const auto writable = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
    for (const auto& segment : segments) std::filesystem::permissions(segment, writable);
    std::filesystem::resize_file(segments[0], std::filesystem::file_size(segments[0]) / 2);
    std::filesystem::remove(segments[1]);
    std::ofstream(segments.back(), std::ios::app) << "{\"never\":\"committed\"";
    std::ofstream(events / ".new-0123456789abcdef") << "{";
  }

  PosixFs fs_;
  ManualClock clock_;
  SeededRng rng_{1};
  std::unique_ptr<storage::Store> store_;
};

/// One life of a store: recovery or a first start, a rotation, commits, a cursor, a clean stop.
/// Whether the daemon died at its kill point on the way.
bool live(const DaemonRun& run, const GrowingFeeds& feeds, const std::string& point) {
  const std::string variable = std::string(kKillPointVariable) + "=" + point;
  Process daemon(run.daemon(), {variable});
  const bool started = eventually(
      [&] { return !daemon.running() || (feeds.entries() > 0 && run.tool({"status"}).code == 0); });
  REQUIRE(started);
  eventually([&] { return !daemon.running(); }, 300ms);  // commits, and syncs lazily
  if (daemon.running()) run.tool({"cursor", "set", "reader", "1"});
  if (daemon.running()) daemon.signal(SIGTERM);
  return daemon.wait() == 128 + SIGKILL;
}

void poll_again(const DaemonRun& run) {
  std::this_thread::sleep_for(1100ms);  // the floor
  const Finished next = run.once();
  INFO(next.err);
  REQUIRE(next.code == 0);
}

void judge(const DaemonRun& run, int old_entries, GrowingFeeds& feeds) {
  const auto seen = segment_lines(run.events_dir());
  const bool begun = std::filesystem::exists(run.events_dir());
  if (begun) {
    const Finished early = run.tool({"fsck"});
    INFO(early.out << early.err);
    CHECK((early.code == 0 || early.err.find("store is empty") != std::string::npos ||
           early.err.find("no store") != std::string::npos));
  }
  feeds.freeze();
  poll_again(run);
  check_unchanged(seen, segment_lines(run.events_dir()));
  const int entries = old_entries + feeds.entries();
  if (run.count("entry.created") < entries) poll_again(run);  // H-72: some had just been asked
  const Finished fsck = run.tool({"fsck"});
  INFO(fsck.out);
  CHECK(fsck.code == 0);
  CHECK(run.count("entry.created") == entries);
}

void test_points(int half) {
  const std::set<std::string> points = kill_points();
  REQUIRE(points.size() >= 25);
  int index = 0;
  for (const std::string& point : points) {
    if (index++ % kHalves != half) continue;
    INFO("kill point " << point);
    bool hit = false;
    for (const bool crashed : {true, false}) {
      if (hit) break;
      GrowingFeeds feeds;
      DaemonRun run(feeds.urls());
      if (crashed) CrashedStore(run.state_dir());
      hit = live(run, feeds, point);
      judge(run, crashed ? CrashedStore::kEntries : 0, feeds);
    }
    CHECK(hit);
  }
}

}  // namespace

TEST_CASE("I1 to I9 after a kill at each kill point, first half", "[e2e][kill]") { test_points(0); }

TEST_CASE("I1 to I9 after a kill at each kill point, second half", "[e2e][kill]") {
  test_points(1);
}

TEST_CASE("H-17 validators are committed with the entries that came with them, or not at all",
          "[e2e][kill]") {
  for (const char* const point : {"commit-decided", "commit-batch-written"}) {
    INFO("kill point " << point);
    GrowingFeeds feeds;
    const DaemonRun run(feeds.urls());
    REQUIRE(run.once().code == 0);
    std::this_thread::sleep_for(1100ms);  // the floor
    // The feeds are subscribed to: the first commit is that of documents.
    Process daemon(run.daemon({"--once"}), {std::string(kKillPointVariable) + "=" + point});
    REQUIRE(daemon.wait() == 128 + SIGKILL);
    judge(run, 0, feeds);
  }
}

}  // namespace feedwire::tests
