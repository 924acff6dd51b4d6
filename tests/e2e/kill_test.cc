// kill -9 in the middle of ingestion: nothing lost, repeated or torn.

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include "base/rng.h"
#include "tests/e2e/daemon_run.h"
#include "tests/e2e/growing_feeds.h"

namespace feedwire::tests {

using namespace std::chrono_literals;

namespace {

// How often; `./dev soak kills` says more.
int kill_count() {
  const char* const count = std::getenv("FEEDWIRE_KILLS");
  return count == nullptr ? 40 : std::stoi(count);
}

}  // namespace

TEST_CASE("I1 I2 I4 I5 kill -9 again and again in the middle of ingestion", "[e2e][kill]") {
  GrowingFeeds feeds;
  DaemonRun run(feeds.urls());
  SeededRng rng(20261121);
  std::map<std::string, std::string> seen;
  for (int kill = 0; kill < kill_count(); ++kill) {
    Process daemon(run.daemon());
    // Before the store is made there is nothing to check.
    if (kill == 0) REQUIRE(eventually([&] { return !segment_lines(run.events_dir()).empty(); }));
    // Every other one gets to work, however slow the machine is.
    const int before = feeds.entries();
    if (kill % 2 == 0) REQUIRE(eventually([&] { return feeds.entries() > before; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(static_cast<int>(rng.uniform(50, 1500))));
    daemon.signal(SIGKILL);
    REQUIRE(daemon.wait() == 128 + SIGKILL);
    const auto now = segment_lines(run.events_dir());
    check_unchanged(seen, now);
    seen = now;
    // What the last commit said is there, before the next start mends the files.
    if (kill % 4 != 3) continue;
    const Finished fsck = run.tool({"fsck"});
    INFO(fsck.out << fsck.err);
    REQUIRE(fsck.code == 0);
  }
  feeds.freeze();
  std::this_thread::sleep_for(2100ms);
  REQUIRE(run.once().code == 0);
  std::this_thread::sleep_for(2100ms);
  REQUIRE(run.once().code == 0);
  check_unchanged(seen, segment_lines(run.events_dir()));

  const Finished fsck = run.tool({"fsck"});  // I1 to I9, among them that no entry is created twice
  CHECK(fsck.code == 0);
  CHECK(fsck.out.starts_with("clean: "));
  CHECK(run.count("entry.created") == feeds.entries());
  CHECK(run.count("entry.updated") == 0);

  const Finished politeness = run.tool({"politeness"});
  INFO(politeness.out << politeness.err);
  CHECK(politeness.code == 0);  // H-91
}

}  // namespace feedwire::tests
