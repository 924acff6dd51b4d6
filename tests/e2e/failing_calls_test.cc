// The n-th call that changes a file of the store fails, RocksDB's calls among them: feedwired goes
// on or ends with a message, and the next start loses nothing (tests/support/failing_call_shim.cc).

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/daemon_run.h"
#include "tests/e2e/growing_feeds.h"
#include "tests/support/web_server.h"

namespace feedwire::tests {

using namespace std::chrono_literals;

namespace {

constexpr int kEntries = 30;  // of each feed
constexpr int kSampled = 10;  // calls of each kind of start, in the short form

std::string document(const std::string& name) {
  std::string xml =
      "<rss version=\"2.0\"><channel><title>" + name + "</title><link>http://f.example/</link>";
  for (int i = kEntries; i >= 1; --i) {
    const std::string id = name + "/" + std::to_string(i);
    xml += "<item><title>Entry " + id + "</title><link>http://f.example/" + id + "</link></item>";
  }
  return xml + "</channel></rss>";
}

// The feed `old` was polled before, `fresh` is due.
struct Feeds {
  Feeds() {
    for (const char* name : {"old", "fresh"}) web.page(path(name), {200, {}, document(name)});
  }
  static std::string path(const std::string& name) { return "/" + name; }
  std::string url(const std::string& name) const { return web.url(path(name)); }

  WebServer web;
};

// What a process said to the shim's report: what failed, and how many calls there were.
struct Report {
  std::string failed;
  long calls = 0;
};

Report read_report(const std::filesystem::path& path) {
  Report report;
  std::ifstream lines(path);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("calls "))
      report.calls = std::atol(line.c_str() + 6);
    else
      report.failed = line;
  }
  return report;
}

struct Faulty {
  Finished run;
  Report report;
};

struct Fault {
  long nth = 0;  // of the calls that count; 0 = none fails
  int error = EIO;
  std::string call{};            // that alone counts; empty = every one
  std::string folder = "state";  // below which it is
};

Faulty run_with_fault(const DaemonRun& run, const Fault& fault) {
  const std::filesystem::path report = run.config().parent_path() / "report";
  const Finished done = tests::run(
      run.daemon({"--once"}),
      {"LD_PRELOAD=" FEEDWIRE_FAILING_CALL_SHIM, fmt::format("FEEDWIRE_FAIL_NTH={}", fault.nth),
       fmt::format("FEEDWIRE_FAIL_ERRNO={}", fault.error), "FEEDWIRE_FAIL_CALL=" + fault.call,
       "FEEDWIRE_FAIL_DIR=" + (run.state_dir().parent_path() / fault.folder).native(),
       "FEEDWIRE_FAIL_REPORT=" + report.native()});
  return {done, read_report(report)};
}

void copy_state(const DaemonRun& from, const DaemonRun& to) {
  std::filesystem::copy(
      from.state_dir(), to.state_dir(),
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
}

// The state of a daemon that was killed once it had the entries of `old`.
std::unique_ptr<DaemonRun> killed_store(const Feeds& feeds) {
  auto run = std::make_unique<DaemonRun>(std::vector{feeds.url("old")});
  Process daemon(run->daemon());
  REQUIRE(eventually([&] { return run->count("entry.created") == kEntries; }));
  daemon.signal(SIGKILL);
  REQUIRE(daemon.wait() == 128 + SIGKILL);
  return run;
}

bool is_sync(const std::string& failed) {
  return failed.starts_with("fsync ") || failed.starts_with("fdatasync ");
}

// How the daemon may end: well, or with a message; never well after a failed sync, for what is on
// the disk is unknown from then on (R8). Only the poll ledger, which nothing else depends on, may
// go without, and says so. DB-1: Debian's RocksDB may abort before we can end.
void check_end(const Faulty& faulty) {
  const int code = faulty.run.code;
  CHECK((code == 0 || code == 74 || code == 128 + SIGABRT));
  if (code == 74) CHECK(faulty.run.err.find("stopping") != std::string::npos);
  const bool of_ledger = faulty.run.err.find("cannot write the poll ledger") != std::string::npos;
  if (is_sync(faulty.report.failed) && !of_ledger) CHECK(code != 0);
}

void check_clean(const DaemonRun& run) {
  const Finished fsck = run.tool({"fsck"});
  INFO(fsck.out << fsck.err);
  CHECK(fsck.code == 0);
}

// One call fails, then the next start does all the work that was left. Returns how many calls the
// faulty run made, where it came to its end.
long fail_one(const Feeds& feeds, const DaemonRun* before, const Fault& fault) {
  DaemonRun run({feeds.url("old"), feeds.url("fresh")});
  if (before != nullptr) copy_state(*before, run);
  const Faulty faulty = run_with_fault(run, fault);
  INFO((before == nullptr ? "a new store" : "a killed one")
       << ", call " << fault.nth << " (" << faulty.report.failed << "), exit " << faulty.run.code
       << "\n"
       << faulty.run.err);
  check_end(faulty);
  if (before != nullptr) check_clean(run);  // there may be no store yet otherwise
  const auto seen = segment_lines(run.events_dir());

  const Finished restarted = run.once();
  INFO(restarted.err);
  REQUIRE(restarted.code == 0);
  check_unchanged(seen, segment_lines(run.events_dir()));
  CHECK(run.count("entry.created") == 2 * kEntries);
  check_clean(run);
  return faulty.report.calls;
}

}  // namespace

TEST_CASE("R4 R8 the n-th call that changes a file fails: nothing is lost or told twice",
          "[e2e][failing_calls]") {
  const bool all = std::getenv("FEEDWIRE_FAILING_CALLS") != nullptr;
  const Feeds feeds;
  const std::unique_ptr<DaemonRun> killed = killed_store(feeds);
  for (const DaemonRun* before : std::vector<const DaemonRun*>{nullptr, killed.get()}) {
    const long calls = fail_one(feeds, before, {});
    REQUIRE(calls > 30);
    WARN((before == nullptr ? "a new store: " : "a killed one: ") << calls << " calls");
    for (long nth = 1; nth <= calls; nth += all ? 1 : 1 + calls / kSampled) {
      fail_one(feeds, before, {nth, EIO});
      if (all) fail_one(feeds, before, {nth, ENOSPC});
    }
  }
}

TEST_CASE("R8 no run in which a segment could not be synced ends well", "[e2e][failing_calls]") {
  const Feeds feeds;
  const std::unique_ptr<DaemonRun> killed = killed_store(feeds);
  for (const DaemonRun* before : std::vector<const DaemonRun*>{nullptr, killed.get()}) {
    const long calls = fail_one(feeds, before, {0, EIO, "fdatasync", "state/events"});
    CHECK(calls >= 2);
    for (long nth = 1; nth <= calls; ++nth)
      fail_one(feeds, before, {nth, EIO, "fdatasync", "state/events"});
  }
}

}  // namespace feedwire::tests
