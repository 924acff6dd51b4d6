#include "tests/sim/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tests/sim/log_replay.h"
#include "tests/sim/violation.h"

namespace feedwire::sim {

using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

constexpr Now kStart{std::chrono::sys_days{std::chrono::year{2026} / std::chrono::November / 21},
                     MonoTime{1h}};
constexpr microseconds kTick = 5min;  // the longest time without a step
// More than the longest wait after a failure, and one more of a feed that was told off so often
// that it is asked once a day (H-53).
constexpr microseconds kHealed = 54h;
constexpr std::chrono::seconds kForEver = 100 * 365 * 24h;
constexpr int kStyles = 7;     // enumerators of Style
constexpr int kTroubles = 13;  // enumerators of Trouble

void require(const Result<void>& done) {
  if (!done) throw Violation(done.error().message);
}

}  // namespace

Simulation::Simulation(std::uint64_t seed, std::chrono::hours length)
    : length_(length),
      rng_(seed),
      daemon_rng_(~seed),
      clock_(kStart),
      fs_(rng_, trace_),
      witness_(fs_, dir_.path() / "events", "witness"),
      consumer_(fs_, dir_.path() / "events", "consumer") {
  options_.dir = dir_.path();
  options_.min_free_bytes = 0;
  options_.cache_bytes = 8 << 20;
  // The log is rebuilt as a whole, though the clock may jump by years.
  options_.keep_segments = options_.keep_entries = options_.keep_keys = kForEver;
  options_.segment_size_bytes = std::uint64_t{16 * 1024} << rng_.next() % 6;
  options_.segment_age = std::chrono::minutes{2 + rng_.next() % 300};
  options_.sync_each_commit = one_in(4);
  options_.before = one_in(3) ? storage::Options::Before::full : storage::Options::Before::changed;
  daemon::Pace& pace = poll_options_.pace;
  pace.floor = pace.fast_floor = std::chrono::minutes{15 + rng_.next() % 60};
  options_.crash_memory = pace.floor;
  if (one_in(2)) pace.max_interval = pace.floor;
  pace.dormant_interval = pace.max_interval;
}

Summary Simulation::run() {
  make_world();
  make_plans();
  start();
  run_for(length_);
  heal();
  check_all();
  summary_.trace = trace_.hash();
  summary_.requests = web_->requests();
  summary_.events = ledger_->events();
  return summary_;
}

void Simulation::make_world() {
  const std::size_t count = 4 + rng_.next() % 6;
  for (std::size_t i = 0; i < count; ++i) {
    const auto style = static_cast<Style>(i == 0 ? kStyles - 1 : rng_.next() % (kStyles - 1));
    // Some share a host, and so have to wait for each other.
    const std::size_t host = one_in(3) && i > 1 ? i - 1 : i;
    publishers_.emplace_back(fmt::format("p{}", i), fmt::format("h{}.example", host), style, rng_);
  }
  web_ = std::make_unique<SimWeb>(publishers_, poll_options_.hosts.host_gap,
                                  poll_options_.pace.floor, rng_, trace_);
  ledger_ = std::make_unique<Ledger>(publishers_);
  web_->set_bad_luck(one_in(3) ? 0 : 4 + rng_.next() % 30);
}

void Simulation::make_plans() {
  for (std::size_t i = 0; i < publishers_.size(); ++i) {
    for (int change = 0; change < 12; ++change) publishers_[i].change(world_time(clock_.now()));
    publish(i);
    if (one_in(2)) plan(about(20h), [this, i] { begin_trouble(i); });
  }
  plan(about(20h), [this] { step_clock(); });
  plan(about(15h), [this] { reload(); });
  plan(about(1h), [this] { consume(); });
  plan(about(4h), [this] { end_somehow(); });
}

microseconds Simulation::about(microseconds span) {
  return microseconds{
      static_cast<std::int64_t>(static_cast<double>(span.count()) * rng_.uniform(0.1, 2))};
}

void Simulation::publish(std::size_t publisher) {
  Publisher& self = publishers_[publisher];
  self.change(world_time(clock_.now()));
  if (self.style() == Style::planet) self.gather(publishers_);
  plan(about(90min), [this, publisher] { publish(publisher); });
}

void Simulation::begin_trouble(std::size_t publisher) {
  web_->set_trouble(publishers_[publisher], static_cast<Trouble>(rng_.next() % kTroubles));
  plan(about(5h), [this, publisher] {
    web_->set_trouble(publishers_[publisher], Trouble::none);
    plan(about(20h), [this, publisher] { begin_trouble(publisher); });
  });
}

// RT-CLK
void Simulation::step_clock() {
  constexpr microseconds kSteps[] = {1h, -1h, 5min, -5min, 365 * 24h, -365 * 24h};
  clock_.step_wall(kSteps[rng_.next() % std::size(kSteps)]);
  web_->excuse();
  ++summary_.clock_steps;
  plan(about(20h), [this] { step_clock(); });
}

// A feed goes, or all that went come back.
void Simulation::reload() {
  if (unsubscribed_.empty())
    unsubscribed_.insert(publishers_[rng_.next() % publishers_.size()].name());
  else
    unsubscribed_.clear();
  subscribe_all({});
  plan(about(15h), [this] { reload(); });
}

void Simulation::consume() {
  consumer_.read(rng_.next() % 200);
  if (one_in(3)) require(consumer_.acknowledge(*store_, clock_.now().wall));
  if (one_in(6)) consumer_.restart(*store_);
  plan(about(1h), [this] { consume(); });
}

void Simulation::end_somehow() {
  const std::uint64_t what = rng_.next() % 8;
  if (what < 4)
    fs_.die_after(rng_.next() % 10);  // in the middle of some later commit
  else
    end(what < 5 ? End::clean : what < 7 ? End::kill : End::power_cut);
  plan(about(4h), [this] { end_somehow(); });
}

void Simulation::heal() {
  agenda_.clear();
  fs_.revive();
  web_->set_bad_luck(0);
  for (const Publisher& publisher : publishers_) web_->set_trouble(publisher, Trouble::none);
  unsubscribed_.clear();
  subscribe_all({});
  std::map<std::string, std::uint64_t> before;
  for (const Publisher& publisher : publishers_)
    before[publisher.name()] = web_->good_answers(publisher);
  run_for(kHealed);
  for (const Publisher& publisher : publishers_)
    if (web_->good_answers(publisher) < before[publisher.name()] + 2)
      throw Violation(fmt::format("RT-LIVE: {} was not polled twice in {} h after all had healed",
                                  publisher.feed_url(), kHealed / 1h));
}

void Simulation::check_all() {
  ledger_->check_settled(world_time(clock_.now()));
  LogFollower reader(fs_, dir_.path() / "events", "last");
  const std::vector<std::string> lines = reader.read();
  check_replay(*store_, lines);
  for (const std::string& line : lines) trace_.add(line);
  if (!rudeness_.empty()) throw Violation(rudeness_.told().front().text);  // H-91
  if (politeness_.summary().requests == 0) throw Violation("H-90: no request is on record");
  end(End::clean);
}

}  // namespace feedwire::sim
