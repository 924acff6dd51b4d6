// The whole of feedwired in one thread and in made-up time, from a seed: scheduler, poll policy,
// parser, identity, commit, segments, recovery and cursors are the real ones; the web, the clock,
// chance and the file system of the segments are ours. Publishers publish, servers fail, clocks
// jump, processes are killed and the power goes; the invariants are checked all the while.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "daemon/poll_stage.h"
#include "storage/findings.h"
#include "storage/politeness.h"
#include "storage/store.h"
#include "tests/sim/ledger.h"
#include "tests/sim/log_follower.h"
#include "tests/sim/publisher.h"
#include "tests/sim/sim_fs.h"
#include "tests/sim/sim_web.h"
#include "tests/sim/trace.h"
#include "tests/support/replayed_web.h"
#include "tests/support/temp_dir.h"

namespace feedwire::sim {

struct Summary {
  std::string trace;  // of everything, as a hash
  std::uint64_t requests = 0, events = 0, commits = 0;
  std::uint64_t kills = 0, power_cuts = 0, clean_stops = 0, clock_steps = 0;
};

/// One run. Used once.
class Simulation {
 public:
  Simulation(std::uint64_t seed, std::chrono::hours length);

  /// Throws Violation where feedwired did what it must not.
  Summary run();

 private:
  enum class End { kill, power_cut, clean };
  using Action = std::function<void()>;

  void make_world();
  void make_plans();
  void plan(std::chrono::microseconds in, Action action) {
    agenda_.emplace(clock_.now().mono + in, std::move(action));
  }
  std::chrono::microseconds about(std::chrono::microseconds span);
  bool one_in(std::uint64_t n) { return rng_.next() % n == 0; }

  // simulation.cc: the world, and what happens to it
  void publish(std::size_t publisher);
  void begin_trouble(std::size_t publisher);
  void step_clock();
  void reload();
  void consume();
  void heal();
  void check_all();
  void end_somehow();

  // sim_daemon.cc: the daemon
  void start();
  std::unique_ptr<storage::Store> open_store();
  void subscribe_all(const storage::Crash& crash);
  void end(End how);
  void check_files();
  void check_idempotence();
  void settle_pending();
  void run_for(std::chrono::microseconds span);
  MonoTime next_time(MonoTime end) const;
  void rest();
  void step();
  bool commit();
  std::vector<CommittedPoll> describe(const std::vector<storage::PollOutcome>& outcomes) const;

  const std::chrono::hours length_;
  const tests::TempDir dir_;
  Trace trace_;
  SeededRng rng_, daemon_rng_;
  ManualClock clock_;
  SimFs fs_;
  storage::Options options_;
  daemon::PollOptions poll_options_;
  std::vector<Publisher> publishers_;
  std::set<std::string> unsubscribed_;  // names
  std::unique_ptr<SimWeb> web_;
  std::unique_ptr<Ledger> ledger_;
  storage::Findings rudeness_;
  storage::PolitenessCheck politeness_{rudeness_};  // of the records of all daemons
  tests::InlineParser parser_;
  LogFollower witness_;  // reads every line at once
  LogFollower consumer_;
  std::multimap<MonoTime, Action> agenda_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<daemon::PollStage> stage_;
  std::vector<storage::PollOutcome> outcomes_;
  std::vector<CommittedPoll> pending_;  // of a commit in which the daemon died
  Summary summary_;
};

}  // namespace feedwire::sim
