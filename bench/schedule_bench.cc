// How late are new entries seen, beside a fixed interval and Miniflux's entry_frequency at as many
// requests? The poll stage itself in virtual time, on feeds made up from seeds (M-1). --short tries
// fewer feeds, for the tests. --trace STATE_DIR tries the same and more on what a daemon has seen,
// and shows how it really went (M-2, M-3).

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "bench/figure.h"
#include "bench/schedule_run.h"
#include "bench/trace.h"

namespace feedwire::bench {
namespace {

constexpr double kBudget = 7;  // requests per feed and day, where nothing else is to be matched

struct Scope {
  std::size_t feeds = 600;
  std::uint64_t seeds = 3;
};

/// What all runs together are held to.
struct Worst {
  double off_budget = 0, lost = 0;  // as shares
  std::uint64_t early = 0, polls = 0;

  void add(const ScheduleResult& result, double budget) {
    off_budget = std::max(off_budget, std::abs(result.requests / budget - 1));
    lost = std::max(lost, static_cast<double>(result.lost) / static_cast<double>(result.posts));
    early += result.early;
    polls += result.polls;
  }
};

/// Mean delays of the seeds' worlds, in minutes.
class Delays {
 public:
  void add(const ScheduleResult& ours, const ScheduleResult& peer) {
    ours_.push_back(ours.mean_delay());
    peer_.push_back(peer.mean_delay());
    ratios_.push_back(ours_.back() / peer_.back());
    requests_.push_back(ours.requests);
  }

  /// The ratio is that of the worst seed.
  Figure figure(std::string name, std::string_view peer, double must, double aim) const {
    std::string seeds;
    for (const double ratio : ratios_) seeds += fmt::format(" {:.2f}", ratio);
    return {.name = std::move(name),
            .value = median(ours_),
            .unit = "min late",
            .against = fmt::format("{}, {:.1f}, at {:.1f} requests; seeds{}", peer, median(peer_),
                                   median(requests_), seeds),
            .ratio = *std::max_element(ratios_.begin(), ratios_.end()),
            .must = must,
            .aim = aim};
  }

 private:
  std::vector<double> ours_, peer_, ratios_, requests_;
};

std::chrono::microseconds interval_of(double requests_a_day) {
  return std::chrono::microseconds{std::llround(86400e6 / requests_a_day)};
}

Delays against_fixed(const WorldShape& shape, const Scope& scope, Worst& worst) {
  Delays delays;
  for (std::uint64_t seed = 1; seed <= scope.seeds; ++seed) {
    const World world = make_world(shape, seed);
    const ScheduleResult ours = run_feedwire(world, kBudget, seed);
    worst.add(ours, kBudget);
    delays.add(ours, run_fixed(world, interval_of(ours.requests), seed));
  }
  return delays;
}

Delays against_miniflux(WeekCount count, double factor, const Scope& scope, Worst& worst) {
  Delays delays;
  for (std::uint64_t seed = 1; seed <= scope.seeds; ++seed) {
    const World world = make_world({.feeds = scope.feeds}, seed);
    const ScheduleResult peer = run_entry_frequency(world, count, factor, seed);
    const ScheduleResult ours = run_feedwire(world, peer.requests, seed);
    worst.add(ours, peer.requests);
    delays.add(ours, peer);
  }
  return delays;
}

/// Where servers and documents ask for patience, the budget may be out of reach, but no poll may
/// come early.
Figure patience(const Scope& scope, Worst worst) {
  for (std::uint64_t seed = 1; seed <= scope.seeds; ++seed) {
    const ScheduleResult ours =
        run_feedwire(make_world({.bounded = true, .feeds = scope.feeds}, seed), kBudget, seed);
    worst.early += ours.early;
    worst.polls += ours.polls;
  }
  const auto polls = static_cast<double>(worst.polls), early = static_cast<double>(worst.early);
  return {.name = "schedule.patience",
          .value = early,
          .unit = "early polls",
          .against = fmt::format("{} polls with lower bounds", worst.polls),
          .ratio = 1 - early / polls,
          .must = 1,
          .aim = 1};
}

Figure percentage(std::string name, std::string unit, std::string against, double share,
                  double must, double aim) {
  return {.name = std::move(name),
          .value = share * 100,
          .unit = std::move(unit),
          .against = std::move(against),
          .ratio = share * 100,
          .must = must,
          .aim = aim};
}

std::vector<Figure> all_figures(const Scope& scope) {
  Worst worst;
  const auto fixed = [&](double median_rate, double sigma) {
    return against_fixed({.median = median_rate, .sigma = sigma, .feeds = scope.feeds}, scope,
                         worst);
  };
  std::vector<Figure> figures;
  figures.push_back(fixed(0.3, 2).figure("schedule.sigma_2", "fixed interval", 0.5, 0.4));
  figures.push_back(fixed(0.3, 1.2).figure("schedule.sigma_1.2", "fixed interval", 0.75, 0.65));
  figures.push_back(fixed(2, 0).figure("schedule.sigma_0", "fixed interval", 1, 0.9));
  figures.push_back(against_miniflux(WeekCount::by_gaps, 1, scope, worst)
                        .figure("schedule.miniflux", "entry_frequency", 0.5, 0.25));
  // By the plain formula it is not led astray by clusters of entries, which Miniflux is.
  figures.push_back(against_miniflux(WeekCount::entries, 4, scope, worst)
                        .figure("schedule.weekly_count", "the same by plain counts", 0.7, 0.5));
  figures.push_back(percentage("schedule.budget", "% beside it", "of the run furthest off",
                               worst.off_budget, 3, 0.5));
  figures.push_back(
      percentage("schedule.lost", "% of entries", "of the worst run", worst.lost, 0.01, 0));
  figures.push_back(patience(scope, worst));
  return figures;
}

// --- a trace
// ---------------------------------------------------------------------------------------

void print_row(std::string_view policy, const ScheduleResult& result,
               const std::vector<float>& delays) {
  ScheduleResult timed;
  timed.delays = delays;
  fmt::print("{:<32} {:>7.2f}", policy, result.requests);
  if (delays.empty())
    fmt::print(" {:>8} {:>8} {:>8}", "-", "-", "-");
  else
    fmt::print(" {:>8.1f} {:>8.1f} {:>8.1f}", timed.mean_delay(), timed.percentile(0.5),
               timed.percentile(0.95));
  fmt::print(" {:>7.1f} {:>10.0f} {:>7}\n", 100 * result.useful_share(),
             result.bytes / std::max<double>(1, static_cast<double>(result.posts)), result.lost);
}

/// A policy, and feedwire with as many requests to spend.
void print_pair(const std::string& policy, const World& world, const ScheduleResult& peer) {
  print_row(policy, peer, peer.delays);
  const ScheduleResult ours = run_feedwire(world, peer.requests, 1);
  print_row("  feedwire at as many", ours, ours.delays);
}

int report_trace(const std::string& state_dir) {
  PosixFs fs;
  const Result<Trace> trace = read_trace(fs, state_dir);
  if (!trace) {
    fmt::print(stderr, "schedule_bench: {}\n", trace.error().message);
    return 1;
  }
  const World& world = trace->world;
  fmt::print("{} feeds, {} posts, {} of them without a date that can be true, in {:.1f} days\n",
             world.feeds.size(), trace->recorded.posts, trace->undated, world.measured_days());
  fmt::print("{:<32} {:>7} {:>8} {:>8} {:>8} {:>7} {:>10} {:>7}\n", "", "req/day", "mean", "p50",
             "p95 min", "useful%", "bytes/post", "lost");
  print_row("as it went, by declared dates", trace->recorded, trace->recorded.delays);
  print_row("  by brackets", trace->recorded, trace->bracket_delays);
  print_pair("fixed", world, run_fixed(world, interval_of(trace->recorded.requests), 1));
  for (const double factor : {1, 2, 4})
    print_pair(fmt::format("entry_frequency, factor {}", factor), world,
               run_entry_frequency(world, WeekCount::by_gaps, factor, 1));
  print_pair("commafeed", world, run_commafeed(world, 1));
  return 0;
}

}  // namespace
}  // namespace feedwire::bench

int main(int argc, char** argv) {
  using namespace feedwire::bench;
  if (argc > 1 && argv[1] == std::string_view("--trace")) {
    if (argc == 3) return report_trace(argv[2]);
    fmt::print(stderr, "usage: schedule_bench --trace STATE_DIR\n");
    return 64;
  }
  const bool is_short = std::any_of(argv, argv + argc, [](const char* argument) {
    return std::string_view(argument) == "--short";
  });
  const Scope scope = is_short ? Scope{300, 1} : Scope{};
  return report(argc, argv,
                fmt::format("{} made-up feeds, {} days, of {} seeds the worst", scope.feeds,
                            kMeasured.count(), scope.seeds),
                all_figures(scope));
}
