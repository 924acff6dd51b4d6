// What does polling cost, whole daemon, beside a bare libcurl loop, a Go reader and a model in one
// thread over the same URLs?

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/fs.h"
#include "bench/child.h"
#include "bench/curl_loop.h"
#include "bench/figure.h"
#include "bench/polled_web.h"
#include "tests/daemon/fetcher.h"
#include "tests/support/temp_dir.h"

namespace feedwire::bench {
namespace {

using std::chrono::seconds;

constexpr std::size_t kFeeds = 10'000, kFewFeeds = 200, kAtOnce = 64;
constexpr std::size_t kRounds = 3, kFewRounds = 60;
// The feeds' interval: longer than all that is done with the daemons between their first polls and
// their second ones. A poll may come a tenth later.
constexpr seconds kInterval{150}, kShortInterval{2};
constexpr seconds kAllDue = kInterval + kInterval / 10, kFewDue = kShortInterval + seconds{1};
// The next pass closes the event log's segment if that has been open for so long. The first pass
// has filled one, which is not to be paid for with the second polls.
constexpr seconds kSegmentAge{61};
constexpr std::size_t kTlsConnections = 1000, kDefaultTlsConnections = 50;
constexpr std::size_t kMaxSettling = 5;  // passes

[[noreturn]] void fail(const std::string& message) {
  fmt::print(stderr, "poll_bench: {}\n", message);
  std::exit(1);
}

/// `feedwired --once` in a state folder of its own.
class Daemon {
 public:
  Daemon(std::span<const Target> targets, seconds interval) {
    std::string config = fmt::format(
        "state_dir = \"{0}/state\"\nruntime_dir = \"{0}/run\"\n[log]\nlevel = \"error\"\n"
        "[fetch]\nallow = [\"127.0.0.0/8\"]\nmax_concurrent = {1}\n"
        "[schedule]\nfloor = \"{2}s\"\nmax_interval = \"{2}s\"\n",
        dir_.path().native(), kAtOnce, interval.count());
    for (const Target& target : targets)
      config += fmt::format("[[feed]]\nurl = \"{}\"\n", target.url);
    dir_.write("feedwired.toml", config);
  }

  /// One pass over what is due, workers included. So many feeds have to be due.
  ChildCost pass(std::size_t due) const {
    const std::filesystem::path summary = dir_.path() / "summary";
    const ChildCost cost = run_child(
        {built_program("feedwired"), "--config", dir_.path() / "feedwired.toml", "--once"},
        {.out = summary});
    std::size_t polled = 0;
    if (!(std::ifstream(summary) >> polled)) fail("feedwired does not say what it polled");
    if (polled != due) fail(fmt::format("{} feeds were polled in a pass, not {}", polled, due));
    return cost;
  }

  /// After a pass: passes in which nothing is due, until RocksDB has done what it put off. The cost
  /// of the last, which is that of a start, and what the others took beyond it.
  struct Rest {
    ChildCost start;
    double put_off = 0;  // CPU seconds
  };
  Rest settle() const {
    std::vector<double> costs;
    Rest rest;
    do {
      rest.start = pass(0);
      costs.push_back(rest.start.cpu_seconds);
    } while (costs.size() < kMaxSettling &&
             (costs.size() == 1 || costs.back() < 0.9 * costs[costs.size() - 2]));
    for (const double cost : costs) rest.put_off += cost - costs.back();
    return rest;
  }

 private:
  tests::TempDir dir_;
};

/// CPU seconds of the loop over all of them.
double bare_cost(const std::vector<Target>& targets, long status, LoopOptions options = {}) {
  const double began = cpu_seconds();
  const std::size_t answered = fetch_all(targets, status, options);
  if (answered != targets.size()) fail(fmt::format("{} answers of {}", answered, status));
  return cpu_seconds() - began;
}

Figure cost_figure(const char* name, const std::vector<Run>& runs, std::size_t polls,
                   const char* peer, double must, double aim) {
  const Comparison result = compare(runs);
  const double milliseconds_a_poll = 1e3 / static_cast<double>(polls);
  return {.name = name,
          .value = result.ours * milliseconds_a_poll,
          .unit = "ms CPU/feed",
          .against = fmt::format("{}, {:.3f}", peer, result.peer * milliseconds_a_poll),
          .ratio = result.ratio,
          .must = must,
          .aim = aim};
}

// --- first polls -------------------------------------------------------------------------------

/// The peers of a first poll: programs that read the same URLs.
class Peers {
 public:
  explicit Peers(const std::vector<Target>& targets) {
    std::ofstream urls(dir_.path() / "urls");
    for (const Target& target : targets) urls << target.url << '\n';
  }

  static bool has_go() { return std::filesystem::exists(built_program("gopoll_bench")); }

  ChildCost go() const {
    return run_child({built_program("gopoll_bench"), dir_.path() / "urls", "50"});
  }
  /// Also takes note of how many entries the feeds have.
  ChildCost model() {
    const tests::TempDir store;
    const ChildCost cost =
        run_child({built_program("poll_model"), dir_.path() / "urls", store.path() / "db"},
                  {.out = dir_.path() / "entries"});
    entries_ = std::stod(dir_.read("entries"));
    return cost;
  }
  double entries() const { return entries_; }

 private:
  tests::TempDir dir_;
  double entries_ = 0;
};

struct FirstPolls {
  std::vector<Run> against_go, rate, memory;
};

void first_poll(const Daemon& daemon, Peers& peers, FirstPolls& runs) {
  ChildCost first = daemon.pass(kFeeds);
  const Daemon::Rest rest = daemon.settle();
  first.cpu_seconds += rest.put_off - rest.start.cpu_seconds;
  first.wall_seconds -= rest.start.wall_seconds;
  if (Peers::has_go())
    runs.against_go.push_back({.ours = first.cpu_seconds, .peer = peers.go().cpu_seconds});
  const double model_seconds = peers.model().wall_seconds;
  runs.rate.push_back(
      {.ours = peers.entries() / first.wall_seconds, .peer = peers.entries() / model_seconds});
  runs.memory.push_back({.ours = first.peak_rss_mb, .peer = 1});
}

std::vector<Figure> first_figures(const FirstPolls& runs) {
  std::vector<Figure> figures;
  if (!runs.against_go.empty())
    figures.push_back(cost_figure("poll.first", runs.against_go, kFeeds,
                                  "net/http and gofeed, storing nothing", 0.6, 0.4));
  const Comparison rate = compare(runs.rate), memory = compare(runs.memory);
  figures.push_back({.name = "poll.first_rate",
                     .value = rate.ours,
                     .unit = "entries/s",
                     .against = fmt::format("model in one thread, {:.0f}", rate.peer),
                     .ratio = rate.ratio,
                     .must = 0.6,
                     .aim = 0.9});
  figures.push_back({.name = "poll.memory",
                     .value = memory.ours,
                     .unit = "MiB at 64 transfers",
                     .against = "the limit",
                     .ratio = memory.ours,
                     .must = 256,
                     .aim = 160});
  return figures;
}

// --- second polls ------------------------------------------------------------------------------

using Targets = std::vector<Target>;

/// A pass whose polls are all answered with 304, without what the process costs to start, beside
/// the bare loop.
Run not_modified(const Daemon& daemon, const Targets& targets) {
  const double pass = daemon.pass(targets.size()).cpu_seconds;
  Run run;
  run.peer = bare_cost(targets, 304);
  run.ours = pass - daemon.settle().start.cpu_seconds;
  return run;
}

std::vector<Run> many_feeds(const PolledWeb& web) {
  const Targets targets = web.soon_due(kFeeds);
  std::vector<std::unique_ptr<Daemon>> daemons;
  for (std::size_t round = 0; round < kRounds; ++round) {
    daemons.push_back(std::make_unique<Daemon>(targets, kInterval));
    daemons.back()->pass(kFeeds);
    daemons.back()->settle();
  }
  const auto all_due = std::chrono::steady_clock::now() + kAllDue;
  std::this_thread::sleep_for(kSegmentAge);
  for (const auto& daemon : daemons) daemon->settle();
  std::this_thread::sleep_until(all_due);
  std::vector<Run> runs;
  for (const auto& daemon : daemons) runs.push_back(not_modified(*daemon, targets));
  return runs;
}

// The polls cost a fifth of what the process costs to start, so that a round says next to nothing:
// there are many, each with a pass of its own in which nothing is due.
std::vector<Run> few_feeds(const PolledWeb& web) {
  const Targets targets = web.soon_due(kFewFeeds);
  const Daemon daemon(targets, kShortInterval);
  daemon.pass(kFewFeeds);
  daemon.settle();
  std::vector<Run> runs;
  for (std::size_t round = 0; round < kFewRounds; ++round) {
    std::this_thread::sleep_for(kFewDue);
    const double pass = daemon.pass(kFewFeeds).cpu_seconds;
    const double start = daemon.pass(0).cpu_seconds;
    runs.push_back({.ours = pass - start, .peer = bare_cost(targets, 304)});
  }
  return runs;
}

std::vector<Figure> second_figures(const PolledWeb& web) {
  const std::vector<Run> again = many_feeds(web), few = few_feeds(web);
  // Each beside the bare loop of its own time, whose cost a feed does not depend on their number.
  const Comparison many = compare(again), some = compare(few);
  return {cost_figure("poll.not_modified", again, kFeeds, "bare libcurl loop", 1.5, 1.15),
          {.name = "poll.growth",
           .value = many.ratio,
           .unit = "of the bare loop",
           .against = fmt::format("the same at {} feeds, {:.2f}", kFewFeeds, some.ratio),
           .ratio = many.ratio / some.ratio,
           .must = 1.2,
           .aim = 1.05}};
}

std::vector<Figure> polls(const PolledWeb& web) {
  FirstPolls first;
  Peers peers(web.targets());
  for (std::size_t round = 0; round < kRounds; ++round)
    first_poll(Daemon(web.targets(), kInterval), peers, first);
  std::vector<Figure> figures = first_figures(first);
  for (Figure& figure : second_figures(web)) figures.push_back(std::move(figure));
  return figures;
}

// --- new TLS connections -----------------------------------------------------------------------

/// CPU seconds of our transport alone, over all of them.
double transport_cost(const std::vector<Target>& targets, const std::string& ca_file) {
  daemon::TransportOptions options;
  options.max_concurrent = kAtOnce;
  options.allow = {"127.0.0.0/8"};
  options.ca_file = ca_file;
  const double began = cpu_seconds();
  daemon::Fetcher fetcher(options);
  std::size_t started = 0, ended = 0;
  while (ended < targets.size()) {
    while (started < targets.size() && fetcher.transport().free_places() > 0) {
      daemon::HttpRequest request;
      request.id = started;
      request.url = request.validators_url = targets[started].url;
      request.etag = targets[started++].etag;
      fetcher.transport().start(std::move(request));
    }
    for (const daemon::HttpResponse& response : fetcher.wait_for(1)) {
      if (response.status != 304) fail(fmt::format("over TLS: {}", response.error_message));
      ++ended;
    }
  }
  return cpu_seconds() - began;
}

/// The system's certificates and the server's: what costs is that they are many.
std::string trusted(const PolledWeb& web) {
  constexpr std::size_t kMaxBytes = 16 << 20;
  std::string all;
  for (const std::filesystem::path& file :
       {std::filesystem::path("/etc/ssl/certs/ca-certificates.crt"), web.certificate_file()}) {
    Result<std::string> bytes = read_file(file, kMaxBytes);
    if (!bytes) fail(bytes.error().message);
    all += *bytes;
  }
  return all;
}

std::vector<Figure> tls(const PolledWeb& web) {
  const tests::TempDir dir;
  dir.write("ca.pem", trusted(web));
  const std::string ca_file = dir.path() / "ca.pem";
  const std::vector<Target> targets = web.tls_targets(kTlsConnections);
  std::vector<Run> cached, defaults;
  for (std::size_t round = 0; round < kRounds; ++round) {
    const double ours = transport_cost(targets, ca_file);
    cached.push_back({.ours = ours, .peer = bare_cost(targets, 304, {.ca_file = ca_file})});
    const double slow = bare_cost(web.tls_targets(kDefaultTlsConnections), 304,
                                  {.ca_file = ca_file, .caches_ca = false});
    constexpr double kScale = static_cast<double>(kTlsConnections) / kDefaultTlsConnections;
    defaults.push_back({.ours = ours, .peer = slow * kScale});
  }
  return {cost_figure("poll.tls", cached, kTlsConnections, "libcurl, CA store cached", 1.15, 1.05),
          cost_figure("poll.tls_defaults", defaults, kTlsConnections, "libcurl's defaults", 0.05,
                      0.04)};
}

}  // namespace
}  // namespace feedwire::bench

int main(int argc, char** argv) {
  using namespace feedwire::bench;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const PolledWeb web(kFeeds);
  std::vector<Figure> figures = tls(web);
  for (Figure& figure : polls(web)) figures.push_back(std::move(figure));
  return report(argc, argv, web.description(), figures);
}
