// What does polling cost, whole daemon, beside a bare libcurl loop over the same URLs? Each feed
// has a loopback address of its own, so that no connection serves two of them, as in life.

#include <curl/curl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/hash.h"
#include "bench/child.h"
#include "bench/curl_loop.h"
#include "bench/figure.h"
#include "bench/sample_corpus.h"
#include "tests/support/temp_dir.h"
#include "tests/support/web_server.h"

namespace feedwire::bench {
namespace {

constexpr std::size_t kFeeds = 400;
constexpr std::size_t kAtOnce = 64;
constexpr std::size_t kRounds = 3;
// The feeds' interval: longer than a first pass takes, so that nothing is due right after one.
constexpr std::chrono::seconds kInterval{20};

[[noreturn]] void fail(const std::string& message) {
  fmt::print(stderr, "poll_bench: {}\n", message);
  std::exit(1);
}

/// The feeds, served by a process of their own, whose CPU time is not counted.
class Web {
 public:
  Web() {
    int ends[2];
    if (::pipe(ends) < 0) fail("pipe");
    child_ = ::fork();  // before libcurl or anything else starts a thread
    if (child_ < 0) fail("fork");
    if (child_ == 0) serve(ends[1]);
    ::close(ends[1]);
    read_targets(ends[0]);
    ::close(ends[0]);
  }
  Web(const Web&) = delete;
  Web& operator=(const Web&) = delete;
  ~Web() { ::kill(child_, SIGKILL); }

  const std::vector<Target>& targets() const { return targets_; }

 private:
  [[noreturn]] static void serve(int out) {
    std::vector<std::unique_ptr<tests::WebServer>> servers;
    std::string list;
    for (const Document& document : generate_corpus(1, kFeeds).documents) {
      const std::size_t i = servers.size();
      servers.push_back(std::make_unique<tests::WebServer>(
          fmt::format("127.1.{}.{}", i / 200, i % 200 + 1), i == 0 ? 0 : servers[0]->port()));
      const std::string etag = fmt::format("\"{}\"", hex64(xxh3_64(document.bytes)));
      servers[i]->page("/rss",
                       {.headers = {{"Content-Type", "application/rss+xml"}, {"ETag", etag}},
                        .body = document.bytes});
      list += fmt::format("{} {}\n", servers[i]->url("/rss"), etag);
    }
    if (::write(out, list.data(), list.size()) != static_cast<ssize_t>(list.size())) std::exit(1);
    ::close(out);
    for (;;) ::pause();
  }

  void read_targets(int in) {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> lines(::fdopen(::dup(in), "r"), &std::fclose);
    char url[256], etag[64];
    while (std::fscanf(lines.get(), "%255s %63s", url, etag) == 2) targets_.push_back({url, etag});
    if (targets_.size() != kFeeds) fail("the web server did not start");
  }

  pid_t child_ = -1;
  std::vector<Target> targets_;
};

/// `feedwired --once` in a state folder of its own.
class Daemon {
 public:
  explicit Daemon(const Web& web) {
    std::string config = fmt::format(
        "state_dir = \"{0}/state\"\nruntime_dir = \"{0}/run\"\n[log]\nlevel = \"error\"\n"
        "[fetch]\nallow = [\"127.0.0.0/8\"]\nmax_concurrent = {1}\n"
        "[schedule]\nfloor = \"{2}s\"\nmax_interval = \"{2}s\"\n",
        dir_.path().native(), kAtOnce, kInterval.count());
    for (const Target& target : web.targets())
      config += fmt::format("[[feed]]\nurl = \"{}\"\n", target.url);
    dir_.write("feedwired.toml", config);
  }

  /// CPU seconds of one pass, workers included.
  double pass() const {
    return run_child(
        {built_program("feedwired"), "--config", dir_.path() / "feedwired.toml", "--once"});
  }

 private:
  tests::TempDir dir_;
};

/// CPU seconds of the loop over all of them.
double bare_cost(const std::vector<Target>& targets, long status) {
  const double began = cpu_seconds();
  const std::size_t answered = fetch_all(targets, kAtOnce, status);
  if (answered != targets.size()) fail(fmt::format("{} answers of {}", answered, status));
  return cpu_seconds() - began;
}

/// The runs are in CPU seconds.
Figure figure(const char* name, const std::vector<Run>& runs, double must, double aim) {
  const Comparison result = compare(runs);
  constexpr double kMillisecondsAFeed = 1e3 / static_cast<double>(kFeeds);
  return {.name = name,
          .value = result.ours * kMillisecondsAFeed,
          .unit = "ms CPU/feed",
          .against = fmt::format("bare libcurl loop, {:.3f}", result.peer * kMillisecondsAFeed),
          .ratio = result.ratio,
          .must = must,
          .aim = aim};
}

/// First polls, where every entry is new, then polls that are all answered with 304. What the
/// process costs to start, nothing being due, is taken off.
std::vector<Figure> against_bare_loop() {
  const Web web;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  std::vector<Target> unconditional = web.targets();
  for (Target& target : unconditional) target.etag.clear();

  std::vector<std::unique_ptr<Daemon>> daemons;
  std::vector<Run> first, again;
  for (std::size_t round = 0; round < kRounds; ++round) {
    daemons.push_back(std::make_unique<Daemon>(web));
    first.push_back({.ours = daemons[round]->pass(), .peer = bare_cost(unconditional, 200)});
    // Flushes what the first pass left in the write-ahead log, which later starts need not read.
    daemons[round]->pass();
  }
  std::this_thread::sleep_for(kInterval);
  for (std::size_t round = 0; round < kRounds; ++round) {
    again.push_back({.ours = daemons[round]->pass(), .peer = bare_cost(web.targets(), 304)});
    const double start = daemons[round]->pass();
    again[round].ours -= start;
    first[round].ours -= start;
  }
  return {figure("poll.first", first, 60, 7), figure("poll.not_modified", again, 6, 1.15)};
}

}  // namespace
}  // namespace feedwire::bench

int main(int argc, char** argv) {
  using namespace feedwire::bench;
  return report(argc, argv, fmt::format("{} generated feeds on loopback, a host each", kFeeds),
                against_bare_loop());
}
