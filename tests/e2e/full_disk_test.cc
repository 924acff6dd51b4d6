// A full disk (DB-1): the daemon waits, goes on by itself, and nothing is lost.

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/e2e/daemon_run.h"
#include "tests/e2e/growing_feeds.h"
#include "tests/e2e/replay.h"
#include "tests/support/small_disk.h"

namespace feedwire::tests {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kDiskBytes = 48 * kKiB * kKiB;
constexpr int kMostStarts = 10;  // systemd gives up after so many within five minutes

// The state folder on a disk of its own; nothing where no mount is permitted, which `./dev test`
// has found out before.
std::unique_ptr<SmallDisk> small_disk(const DaemonRun& run) {
  Result<std::unique_ptr<SmallDisk>> disk = SmallDisk::mount(run.state_dir(), kDiskBytes);
  if (disk) return std::move(*disk);
  INFO(disk.error().message);
  REQUIRE(disk.error().code == ErrorCode::permission);
  REQUIRE(std::getenv("FEEDWIRE_MAY_MOUNT") == nullptr);
  WARN("skipped: no tmpfs can be mounted here: " << disk.error().message);
  return nullptr;
}

bool said(const Process& daemon, const std::string& text) {
  return daemon.err().find(text) != std::string::npos;
}

// Starts the daemon again after a crash, as systemd does.
class Service {
 public:
  explicit Service(const DaemonRun& run, std::vector<std::string> arguments = {})
      : run_(run), arguments_(std::move(arguments)) {
    start();
  }

  void keep_running() {
    if (daemon_->running()) return;
    const int code = daemon_->wait();
    INFO(daemon_->err());
    // DB-1: Debian's RocksDB may abort on a full disk before we can end.
    REQUIRE((code == 74 || code == 128 + SIGABRT));
    std::this_thread::sleep_for(1s);  // RestartSec
    start();
  }
  template <typename Condition>
  bool until(Condition condition, std::chrono::seconds patience) {
    return eventually(
        [&] {
          keep_running();
          return condition();
        },
        patience);
  }

  Process& daemon() { return *daemon_; }
  int starts() const { return starts_; }

 private:
  void start() {
    REQUIRE(++starts_ <= kMostStarts);
    daemon_ = std::make_unique<Process>(run_.daemon(arguments_));
  }

  const DaemonRun& run_;
  const std::vector<std::string> arguments_;
  std::unique_ptr<Process> daemon_;
  int starts_ = 0;
};

// All that was served is in the log, once.
void check_nothing_lost(const DaemonRun& run, GrowingFeeds& feeds) {
  const Finished fsck = run.tool({"fsck"});
  INFO(fsck.out);
  CHECK(fsck.code == 0);
  CHECK(run.count("entry.created") == feeds.entries());
  CHECK(run.count("entry.updated") == 0);
  const Finished politeness = run.tool({"politeness"});
  INFO(politeness.out << politeness.err);
  // H-91, unless no request could be written down.
  CHECK((politeness.code == 0 || !std::filesystem::exists(run.state_dir() / "ledger")));
}

void let_feeds_end(Service& service, const DaemonRun& run, GrowingFeeds& feeds) {
  feeds.freeze();
  REQUIRE(service.until([&] { return run.count("entry.created") == feeds.entries(); }, 30s));
  service.daemon().signal(SIGTERM);
  CHECK(service.daemon().wait(10s) == 0);
}

// Whatever becomes free, the ballast too, is taken at once.
void keep_full(const SmallDisk& disk, Service& service, std::chrono::seconds span) {
  std::atomic<bool> enough = false;
  std::thread hog([&] {
    while (!enough) disk.fill(0);
  });
  service.until([] { return false; }, span);
  enough = true;
  hog.join();
}

}  // namespace

TEST_CASE("DB-1 a disk that fills up: stop, close, wait and go on by itself", "[e2e][disk]") {
  DaemonRun run({});
  const std::unique_ptr<SmallDisk> disk = small_disk(run);
  if (!disk) return;
  GrowingFeeds feeds;
  run.set_urls(feeds.urls());
  const std::filesystem::path ballast = run.state_dir() / "ballast";
  Service service(run);
  REQUIRE(service.until([&] { return run.count("entry.created") > 0; }, 20s));
  CHECK(std::filesystem::file_size(ballast) == 1024 * kKiB);

  disk->fill(1300 * kKiB);  // with the ballast more than the hard limit, less than the soft one
  REQUIRE(eventually([&] { return said(service.daemon(), "disk nearly full, not polling"); }));
  const Finished low = run.tool({"status"});
  CHECK(low.out.find("nearly full") != std::string::npos);

  disk->fill(500 * kKiB);
  REQUIRE(eventually([&] { return said(service.daemon(), "the store is closed"); }));
  CHECK(said(service.daemon(), "disk full, waiting"));
  disk->fill(500 * kKiB);               // what RocksDB had allocated for its next writes
  CHECK(run.tool({"fsck"}).code == 0);  // nobody holds the lock
  CHECK_FALSE(std::filesystem::exists(ballast));
  const auto seen = segment_lines(run.events_dir());
  CHECK(run.tool({"status"}).err.find("the disk is full") != std::string::npos);

  disk->empty();
  const int entries = feeds.entries();
  REQUIRE(eventually([&] { return feeds.entries() > entries; }));
  CHECK(service.starts() == 1);
  CHECK(std::filesystem::exists(ballast));
  check_unchanged(seen, segment_lines(run.events_dir()));
  let_feeds_end(service, run, feeds);
  CHECK(said(service.daemon(), "the disk has room again"));
  check_nothing_lost(run, feeds);
}

TEST_CASE("DB-1 a disk without a byte left, at any moment: nothing lost, nothing to do by hand",
          "[e2e][disk][full-disk]") {
  const char* const asked = std::getenv("FEEDWIRE_FULL_DISK_ROUNDS");
  const int rounds = asked == nullptr ? 1 : std::atoi(asked);
  int crashes = 0;
  for (int round = 0; round < rounds; ++round) {
    DaemonRun run({});
    const std::unique_ptr<SmallDisk> disk = small_disk(run);
    if (!disk) return;
    GrowingFeeds feeds;
    run.set_urls(feeds.urls());
    INFO("round " << round);
    Service service(run);
    std::this_thread::sleep_for(std::chrono::milliseconds{200 + 137 * round % 2500});
    keep_full(*disk, service, 3s);
    REQUIRE(service.until([&] { return said(service.daemon(), "disk full, waiting"); }, 10s));
    const auto seen = segment_lines(run.events_dir());
    crashes += service.starts() - 1;

    disk->empty();
    REQUIRE(service.until([&] { return said(service.daemon(), "ready feeds="); }, 20s));
    check_unchanged(seen, segment_lines(run.events_dir()));
    let_feeds_end(service, run, feeds);
    check_nothing_lost(run, feeds);
  }
  WARN(rounds << " full disks, " << crashes << " crashes");
}

TEST_CASE("EV-5 a recording on the disk that fills up gives the same entries",
          "[e2e][disk][record]") {
  DaemonRun run({});
  const std::unique_ptr<SmallDisk> disk = small_disk(run);
  if (!disk) return;
  GrowingFeeds feeds;
  run.set_urls(feeds.urls());
  const std::filesystem::path dir = run.state_dir() / "recording";
  Service service(run, {"--record", dir.native()});
  REQUIRE(service.until([&] { return run.count("entry.created") > 20; }, 20s));
  for (int time = 0; time < 3; ++time) {
    keep_full(*disk, service, 1s);
    REQUIRE(service.until([&] { return said(service.daemon(), "disk full, waiting"); }, 10s));
    disk->empty();
    const int entries = feeds.entries();
    REQUIRE(service.until([&] { return feeds.entries() > entries; }, 20s));
  }
  let_feeds_end(service, run, feeds);

  CHECK(entry_events(replay(daemon::read_recording(dir).value(), feeds.urls())) ==
        entry_events(run.lines()));
}

}  // namespace feedwire::tests
