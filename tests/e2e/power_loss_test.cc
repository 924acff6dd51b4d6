// The power goes in the middle of ingestion: what any reader saw is there after the next start.

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "base/rng.h"
#include "tests/e2e/daemon_run.h"
#include "tests/e2e/growing_feeds.h"
#include "tests/support/power_cut.h"

namespace feedwire::tests {

using namespace std::chrono_literals;

namespace {

// How often; `./dev soak power` says more.
int loss_count() {
  const char* const count = std::getenv("FEEDWIRE_POWER_LOSSES");
  return count == nullptr ? 16 : std::stoi(count);
}

}  // namespace

TEST_CASE("I1 to I10 the power goes again and again in the middle of ingestion", "[e2e][power]") {
  GrowingFeeds feeds;
  DaemonRun run(feeds.urls());
  const TempDir shadow;
  SeededRng rng(20261122);
  std::filesystem::create_directory(run.state_dir());
  std::uint64_t lost = 0;
  for (int loss = 0; loss < loss_count(); ++loss) {
    INFO("power cut " << loss);
    {
      Process daemon(run.daemon(), power_loss_environment(run.state_dir(), shadow.path()));
      // The first time, just after the store was made: its folders have to be there too.
      if (loss == 0) REQUIRE(eventually([&] { return !segment_lines(run.events_dir()).empty(); }));
      std::this_thread::sleep_for(
          std::chrono::milliseconds(static_cast<int>(rng.uniform(0, 1800))));
      daemon.signal(SIGKILL);
      REQUIRE(daemon.wait() == 128 + SIGKILL);
    }
    // Whatever line is in a file was committed before, and is never taken back.
    const auto seen = segment_lines(run.events_dir());
    lost += cut_power(run.state_dir(), shadow.path(),
                      loss % 2 == 0 ? Survivors::synced : Survivors::some, rng);
    if (std::filesystem::exists(run.events_dir())) {
      const Finished before = run.tool({"fsck"});
      INFO(before.out << before.err);
      REQUIRE((before.code == 0 || seen.empty()));
    }
    const Finished next = run.once();
    INFO(next.err);
    REQUIRE(next.code == 0);
    const auto mended = segment_lines(run.events_dir());
    check_unchanged(seen, mended);
  }
  CHECK(lost > static_cast<std::uint64_t>(loss_count()));  // or the library does nothing
  feeds.freeze();
  std::this_thread::sleep_for(2100ms);
  REQUIRE(run.once().code == 0);
  const auto settled = segment_lines(run.events_dir());
  REQUIRE(run.once().code == 0);
  CHECK(segment_lines(run.events_dir()) == settled);  // I10

  const Finished fsck = run.tool({"fsck"});
  INFO(fsck.out);
  CHECK(fsck.code == 0);
  CHECK(run.count("entry.created") == feeds.entries());
  CHECK(run.count("entry.updated") == 0);

  const Finished politeness = run.tool({"politeness"});
  INFO(politeness.out << politeness.err);
  CHECK(politeness.code == 0);  // H-91
}

}  // namespace feedwire::tests
