// A schedule tried on a world of feeds, in virtual time: what it asked for, and how late it saw
// each post.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/posting_world.h"

namespace feedwire::bench {

/// Of the measured days.
struct ScheduleResult {
  double requests = 0;                    // per feed and day
  std::uint64_t counted = 0, useful = 0;  // requests, and those of them that brought a post
  double bytes = 0;
  std::uint64_t posts = 0, lost = 0;
  std::vector<float> delays;  // of the posts that were seen, in minutes
  std::uint64_t early = 0;    // polls that came before a lower bound
  std::uint64_t polls = 0;    // with those of the warm-up

  double useful_share() const;
  double mean_delay() const;
  double percentile(double share) const;  // of the delays
};

/// Notes what the polls of one feed show, in order.
class Reader {
 public:
  Reader(const World& world, const PostingFeed& feed, ScheduleResult& result)
      : world_(world), feed_(feed), result_(result) {}
  void poll(WallTime time);

 private:
  const World& world_;
  const PostingFeed& feed_;
  ScheduleResult& result_;
  std::size_t seen_ = 0;  // posts up to here were seen, or were lost
};

/// feedwired's poll stage, with so many requests per feed and day to spend.
ScheduleResult run_feedwire(const World& world, double budget, std::uint64_t seed);

/// Every so long, each feed from a moment of its own.
ScheduleResult run_fixed(const World& world, std::chrono::microseconds interval,
                         std::uint64_t seed);

/// How Miniflux counts the entries of the last week.
enum class WeekCount {
  entries,  // one by one
  by_gaps,  // as WeeklyFeedEntryCount does itself: by the mean time between two of them
};

/// Miniflux with POLLING_SCHEDULER=entry_frequency: `factor` polls for each entry of the last week,
/// between 5 minutes and a day apart.
ScheduleResult run_entry_frequency(const World& world, WeekCount count, double factor,
                                   std::uint64_t seed);

/// CommaFeed's calculator: half the mean time between two entries, 5 minutes to 4 hours; the latter
/// whole, half or a quarter where the last entry is a month, two weeks or a week old.
ScheduleResult run_commafeed(const World& world, std::uint64_t seed);

}  // namespace feedwire::bench
