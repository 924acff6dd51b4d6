// Keeps the requests of all feeds together to a number a day, by stretching or shortening all their
// intervals alike (S-7). Fixed-interval feeds are none of its affair.

#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/clock.h"

namespace feedwire::daemon {

/// Used by one thread. Each operation takes the same time however many feeds there are, but for
/// settle().
class RequestBudget {
 public:
  /// A feed as settle() needs it, for a scale of 1: its interval in days is `interval` times the
  /// scale, within `least` and `longest` days.
  struct Demand {
    double interval, least, longest;
  };

  explicit RequestBudget(double requests_per_feed_and_day) : budget_(requests_per_feed_and_day) {}

  /// Pace::scale.
  double scale() const { return scale_; }

  /// Finds the scale by which these feeds, all there are, make as many requests as they may.
  void settle(std::span<const Demand> feeds);

  /// A feed's plan has changed, in requests a day; 0 = it was not, or is no more, among the feeds.
  void replan(double before, double after);
  void count_request() { ++hours_[hour_].requests; }

  /// Steers, once an hour.
  void step(MonoTime now);

 private:
  struct Hour {
    double requests = 0, planned = 0;
  };

  double made_of_planned() const;

  const double budget_;
  double scale_ = 0.1, settled_ = 0.1;
  double planned_ = 0;  // requests a day, of all feeds
  std::size_t feeds_ = 0;
  std::array<Hour, 24> hours_{};
  std::size_t hour_ = 0;  // the current one
  MonoTime hour_began_{};
};

}  // namespace feedwire::daemon
