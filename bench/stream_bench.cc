// What do those cost who follow the event log by HTTP (events.md CO-6)? A store that commits at a
// steady rate, the API's server beside it, and its clients in a process of their own.
//   stream_bench [--json]

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "bench/child.h"
#include "bench/figure.h"
#include "bench/made_feed.h"
#include "bench/more_files.h"
#include "bench/store_figures.h"
#include "daemon/api_server.h"
#include "feeds/keys.h"
#include "storage/store.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace feedwire::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kSlowRounds = 5;
// Short ones: what else disturbs the machine is to meet as many commits with clients as without.
constexpr std::size_t kFastRounds = 20;

/// Commits of so many new entries each, at even intervals.
struct Load {
  std::size_t commits = 0, entries = 0;
  std::chrono::milliseconds interval{};

  double seconds() const {
    return std::chrono::duration<double>(interval).count() * static_cast<double>(commits);
  }
  double events_a_second() const { return static_cast<double>(commits * entries) / seconds(); }
};
constexpr Load kSlow{.commits = 50, .entries = 5, .interval = 100ms};   // 50 events a second
constexpr Load kFast{.commits = 200, .entries = 50, .interval = 10ms};  // 5,000
constexpr std::size_t kManyClients = 1000, kClients = 100;

[[noreturn]] void fail(const std::string& what) {
  fmt::print(stderr, "stream_bench: {}\n", what);
  std::exit(1);
}

/// Of the daemon what a stream needs: the store.
class Backend : public daemon::ApiBackend {
 public:
  explicit Backend(const storage::Store& store) : store_(store) {}
  daemon::DaemonStatus status() const override { return {}; }
  bool alive() const override { return true; }
  std::vector<std::string> not_ready() const override { return {}; }
  const storage::Store& store() const override { return store_; }
  bool on_store_thread(daemon::StoreTask) override { return false; }
  bool on_read_thread(daemon::ReadJob) override { return false; }
  std::filesystem::path ledger_dir() const override { return {}; }
  bool reload(ReloadDone) override { return false; }
  bool change_feeds(storage::FeedChanges, FeedsDone) override { return false; }
  void poll_feed(storage::FeedKey, const daemon::PollOrder&, daemon::PollDone) override {}
  bool backup(const std::filesystem::path&, BackupDone) override { return false; }

 private:
  const storage::Store& store_;
};

struct Cost {
  double cores = 0;             // of this process, if it kept pace; the clients not included
  std::vector<double> commits;  // milliseconds that each took
};

class Server {
 public:
  Server() {
    storage::Options options;
    options.dir = dir_.path() / "state";
    options.segment_size_bytes = options.segment_hard_bytes = std::uint64_t{1} << 40;
    store_ = need(storage::Store::open(options, fs_, clock_, rng_));
    feed_.url = "http://feed.example/rss";
    feed_.key = feeds::feed_key(feed_.url);
    need(store_->subscribe({&feed_, 1}));
    backend_.emplace(*store_);
    daemon::ApiServer::Options api;
    api.streams.events_dir = options.dir / "events";
    api_ = need(daemon::ApiServer::start(socket_, daemon::access_policy(), api, *backend_, clock_));
  }

  /// Commits under the eyes of so many clients, each of whom is sent everything.
  Cost run(const Load& load, std::size_t clients) {
    const storage::Sequence last = store_->log_status().last + load.commits * load.entries;
    std::optional<tests::Process> process;
    if (clients > 0) {
      process.emplace(std::vector<std::string>{built_program("stream_clients"), socket_,
                                               fmt::to_string(clients), fmt::to_string(last)});
      if (!tests::eventually([&] { return process->out().starts_with("ready"); }, 60s))
        fail("the clients do not connect: " + process->err());
    }
    const double cpu = cpu_seconds();
    Cost cost{.commits = commit(load)};
    if (store_->log_status().last != last) fail("a commit logged something else");
    if (process && process->wait(60s) != 0) fail("the clients failed: " + process->err());
    cost.cores = (cpu_seconds() - cpu) / load.seconds();
    return cost;
  }

 private:
  std::vector<double> commit(const Load& load) {
    std::vector<double> took;
    Clock::time_point next = Clock::now();
    for (std::size_t i = 0; i < load.commits; ++i) {
      const storage::PollOutcome outcome = new_entries(load.entries);
      std::this_thread::sleep_until(next);
      const double began = wall_seconds();
      need(store_->commit({&outcome, 1}));
      took.push_back((wall_seconds() - began) * 1e3);
      next += load.interval;
    }
    return took;
  }

  storage::PollOutcome new_entries(std::size_t count) {
    std::vector<MadeEntry> entries;
    while (entries.size() < count) entries.push_back(make_new_entry(++last_seed_));
    storage::PollOutcome outcome;
    outcome.feed = feed_.key;
    outcome.fetched_at = clock_.now().wall;
    outcome.partial = had_document_;  // what it lacks is not missed
    outcome.row.had_document = true;
    outcome.document = make_document(entries);
    had_document_ = true;
    return outcome;
  }

  tests::TempDir dir_;
  const std::string socket_ = dir_.path() / "socket";
  PosixFs fs_;
  SystemClock clock_;
  SystemRng rng_;
  storage::FeedRef feed_;
  std::unique_ptr<storage::Store> store_;
  std::optional<Backend> backend_;
  std::unique_ptr<daemon::ApiServer> api_;
  std::uint64_t last_seed_ = 0;
  bool had_document_ = false;
};

Figure cores_figure(const char* name, const std::vector<Run>& cores, const Load& load,
                    std::size_t clients) {
  std::vector<Run> runs;
  for (const Run& run : cores) runs.push_back({.ours = run.ours - run.peer, .peer = 1});
  const double added = compare(runs).ours;
  return {.name = name,
          .value = added,
          .unit = "cores added",
          .against = fmt::format("one core, for {} clients at {:.0f} events/s", clients,
                                 load.events_a_second()),
          .ratio = added,
          .must = 1,
          .aim = 0.5};
}

double p99(std::vector<double> of) {
  const auto at = static_cast<std::size_t>(std::ceil(0.99 * static_cast<double>(of.size()))) - 1;
  std::nth_element(of.begin(), of.begin() + static_cast<std::ptrdiff_t>(at), of.end());
  return of[at];
}

Figure many_figure(Server& server) {
  std::vector<Run> cores;
  for (std::size_t round = 0; round < kSlowRounds; ++round)
    cores.push_back(
        {.ours = server.run(kSlow, kManyClients).cores, .peer = server.run(kSlow, 0).cores});
  return cores_figure("stream.many", cores, kSlow, kManyClients);
}

std::vector<Figure> fast_figures(Server& server) {
  std::vector<Run> cores;
  std::vector<double> with_clients, without;
  for (std::size_t round = 0; round < kFastRounds; ++round) {
    const Cost ours = server.run(kFast, kClients), peer = server.run(kFast, 0);
    cores.push_back({.ours = ours.cores, .peer = peer.cores});
    with_clients.insert(with_clients.end(), ours.commits.begin(), ours.commits.end());
    without.insert(without.end(), peer.commits.begin(), peer.commits.end());
  }
  return {cores_figure("stream.fast", cores, kFast, kClients),
          {.name = "stream.commit_p99",
           .value = p99(with_clients),
           .unit = "ms",
           .against = fmt::format("without clients, {:.2f}", p99(without)),
           .ratio = p99(with_clients) / p99(without),
           .must = 1.2,
           .aim = 1.05}};
}

std::vector<Figure> figures() {
  Server server;
  for (int i = 0; i < 4; ++i) server.run(kFast, 0);  // what a first time costs
  std::vector<Figure> all{many_figure(server)};
  for (Figure& figure : fast_figures(server)) all.push_back(std::move(figure));
  return all;
}

}  // namespace
}  // namespace feedwire::bench

int main(int argc, char** argv) {
  using namespace feedwire::bench;
  for (const std::string_view argument : std::vector<std::string_view>(argv + 1, argv + argc))
    if (argument != "--json") fail(fmt::format("no option \"{}\"; options: --json", argument));
  allow_more_files();
  return report(argc, argv, "events of 1.5 KB, a Unix socket", figures());
}
