// Consumers of a log that grows, killed with kill -9 as its daemon is: what they have seen, and
// what somebody finds who knows the files alone. FEEDWIRE_KILLS: how often (soak consumers).

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "tests/e2e/daemon_run.h"
#include "tests/e2e/growing_feeds.h"

namespace feedwire::tests {

using namespace std::chrono_literals;

namespace {

int kills() {
  const char* const given = std::getenv("FEEDWIRE_KILLS");
  return given == nullptr ? 15 : std::atoi(given);
}

std::vector<std::string> tool(const DaemonRun& run, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), FEEDWIRE_BIN_DIR "/feedwire");
  arguments.insert(arguments.end(), {"--config", run.config().native()});
  return arguments;
}

void pause(SeededRng& rng, int from_ms, int to_ms) {
  std::this_thread::sleep_for(
      std::chrono::milliseconds(static_cast<int>(rng.uniform(from_ms, to_ms))));
}

/// All that one consumer got in its lives. A line that a kill cut is none.
class Received {
 public:
  void add(const std::string& out) {
    std::uint64_t last_of_life = 0;
    for (std::size_t begin = 0; begin < out.size();) {
      const std::size_t end = out.find('\n', begin);
      if (end == out.npos) return;
      const std::string line = out.substr(begin, end - begin);
      begin = end + 1;
      const std::uint64_t sequence = std::stoull(member(line, "sequence"));
      if (last_of_life != 0) REQUIRE(sequence == last_of_life + 1);
      last_of_life = sequence;
      ++lines_;
      const auto [seen, fresh] = events_.emplace(sequence, line);
      if (!fresh) REQUIRE(seen->second == line);
    }
  }

  /// Every event of the log, and by `source` and `id` each once.
  void check(const std::vector<std::string>& log) const {
    REQUIRE(events_.size() <= log.size());
    std::set<std::pair<std::string, std::string>> names;
    std::uint64_t expected = 1;
    for (const auto& [sequence, line] : events_) {
      REQUIRE(sequence == expected);
      REQUIRE(line == log[expected - 1]);
      CHECK(names.emplace(member(line, "source"), member(line, "id")).second);
      ++expected;
    }
  }

  std::uint64_t last() const { return events_.empty() ? 0 : events_.rbegin()->first; }
  std::uint64_t lines() const { return lines_; }

 private:
  std::map<std::uint64_t, std::string> events_;
  std::uint64_t lines_ = 0;
};

void kill_and_collect(Process& tail, Received& received) {
  tail.signal(SIGKILL);
  tail.wait();
  received.add(tail.out());
}

}  // namespace

TEST_CASE("CO-1 a consumer that is killed again and again misses nothing", "[e2e][consumers]") {
  GrowingFeeds feeds;
  DaemonRun run(feeds.urls());
  Process daemon(run.daemon());
  REQUIRE(eventually([&] {
    return run.tool({"status"}).out.find("running") != std::string::npos ||
           run.tool({"cursor", "list"}).code == 0;
  }));
  SeededRng rng(20261122);
  Received received;
  for (int kill = 0; kill < kills(); ++kill) {
    Process tail(tool(run, {"tail", "--follow", "--cursor", "indexer"}));
    pause(rng, 20, 600);
    kill_and_collect(tail, received);
  }
  feeds.freeze();
  const Finished rest = run.tool({"tail", "--cursor", "indexer"});
  REQUIRE(rest.code == 0);
  received.add(rest.out);
  daemon.signal(SIGTERM);
  REQUIRE(daemon.wait() == 0);

  received.check(run.lines());
  CHECK(received.last() > 50);
  // The cursor came along: not every life began with the first event.
  CHECK(received.lines() < received.last() * static_cast<std::uint64_t>(kills()) / 2);
}

TEST_CASE(
    "I1 I4 I5 FL-2 FL-3 kill -9 of daemon and consumers leaves nothing for a stranger to find",
    "[e2e][consumers]") {
  GrowingFeeds feeds;
  DaemonRun run(feeds.urls());
  Process checker({"/usr/bin/python3", FEEDWIRE_SOURCE_DIR "/tests/support/log_checker.py",
                   run.events_dir().native()});
  SeededRng rng(4);
  std::map<std::string, Received> received;
  for (int kill = 0; kill < kills(); ++kill) {
    Process daemon(run.daemon());
    std::map<std::string, std::unique_ptr<Process>> tails;
    for (const char* const name : {"indexer", "mirror"})
      tails[name] = std::make_unique<Process>(tool(run, {"tail", "--follow", "--cursor", name}));
    pause(rng, 300, 1500);
    if (rng.next() % 2 == 0) daemon.signal(SIGKILL);
    for (auto& [name, tail] : tails) kill_and_collect(*tail, received[name]);
    daemon.signal(SIGKILL);
    daemon.wait();
  }
  feeds.freeze();
  REQUIRE(run.once().code == 0);
  for (auto& [name, consumer] : received) {
    const Finished rest = run.tool({"tail", "--cursor", name});
    CHECK(rest.code == 0);
    consumer.add(rest.out);
  }
  checker.signal(SIGTERM);
  const int found = checker.wait();

  INFO(checker.out() << checker.err());
  CHECK(found == 0);
  const std::vector<std::string> log = run.lines();
  for (const auto& [name, consumer] : received) {
    consumer.check(log);
    CHECK(consumer.last() == log.size());
  }
  CHECK(run.tool({"fsck"}).code == 0);
}

TEST_CASE("DB-10 CO-5 backup and snapshot of a daemon at work", "[e2e][consumers]") {
  GrowingFeeds feeds;
  DaemonRun run(feeds.urls());
  Process daemon(run.daemon());
  REQUIRE(eventually([&] { return run.tool({"cursor", "list"}).code == 0; }));
  REQUIRE(eventually([&] { return run.count("entry.created") > 40; }));
  const TempDir other;
  const std::string backup = (other.path() / "backup").native();

  const Finished made = run.tool({"backup", backup});
  const Finished snapshot = run.tool({"snapshot", "--cursor", "copy"});
  CHECK(run.tool({"backup", backup}).code == 64);  // it is there already
  INFO(made.err << snapshot.err);
  CHECK(made.code == 0);
  REQUIRE(snapshot.code == 0);
  const std::string as_of = member(snapshot.out, "as_of_sequence");
  REQUIRE(eventually([&] { return run.lines().size() > std::stoull(as_of); }));
  daemon.signal(SIGTERM);
  REQUIRE(daemon.wait() == 0);

  const auto entries = std::count(snapshot.out.begin(), snapshot.out.end(), '\n') - 2;
  CHECK(snapshot.out.ends_with("\"entries\":" + std::to_string(entries) + "}}\n"));
  CHECK(run.tool({"cursor", "show", "copy"}).out.find(as_of) != std::string::npos);
  const std::string rest = run.tool({"tail", "--cursor", "copy"}).out;
  CHECK(std::stoull(member(rest, "sequence")) == std::stoull(as_of) + 1);

  const std::vector<std::string> elsewhere = {"FEEDWIRE_STATE_DIR=" +
                                              (other.path() / "new").native()};
  const Finished restored = tests::run(tool(run, {"restore", backup}), elsewhere);
  INFO(restored.err);
  CHECK(restored.code == 0);
  CHECK(tests::run(tool(run, {"fsck"}), elsewhere).out.starts_with("clean: "));
  CHECK(tests::run(tool(run, {"log", "new-epoch"}), elsewhere).code == 0);
  CHECK(tests::run(tool(run, {"log", "verify", "--deep"}), elsewhere).code == 0);
  // And of a store whose daemon is down.
  CHECK(tests::run(tool(run, {"backup", backup + "2"}), elsewhere).code == 0);
  CHECK(tests::run(tool(run, {"restore", backup + "2"}), elsewhere).code ==
        64);  // not over a store
}

}  // namespace feedwire::tests
