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
  double requests = 0;  // per feed and day
  std::uint64_t posts = 0, lost = 0;
  std::vector<float> delays;  // of the posts that were seen, in minutes
  std::uint64_t early = 0;    // polls that came before a lower bound
  std::uint64_t polls = 0;    // with those of the warm-up

  double mean_delay() const;
  double percentile(double share) const;  // of the delays
};

/// Notes what the polls of one feed show, in order.
class Reader {
 public:
  Reader(const PostingFeed& feed, ScheduleResult& result) : feed_(feed), result_(result) {}
  void poll(WallTime time);

 private:
  const PostingFeed& feed_;
  ScheduleResult& result_;
  std::size_t seen_ = 0;  // posts up to here were seen, or were lost
};

/// feedwired's poll stage, with so many requests per feed and day to spend.
ScheduleResult run_feedwire(const std::vector<PostingFeed>& world, double budget,
                            std::uint64_t seed);

/// Every so long, each feed from a moment of its own.
ScheduleResult run_fixed(const std::vector<PostingFeed>& world, std::chrono::microseconds interval,
                         std::uint64_t seed);

/// How Miniflux counts the entries of the last week.
enum class WeekCount {
  entries,  // one by one
  by_gaps,  // as WeeklyFeedEntryCount does itself: by the mean time between two of them
};

/// Miniflux with POLLING_SCHEDULER=entry_frequency: `factor` polls for each entry of the last week,
/// between 5 minutes and a day apart.
ScheduleResult run_entry_frequency(const std::vector<PostingFeed>& world, WeekCount count,
                                   double factor, std::uint64_t seed);

}  // namespace feedwire::bench
