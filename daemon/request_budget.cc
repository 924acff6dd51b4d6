#include "daemon/request_budget.h"

#include <algorithm>
#include <cmath>

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;

constexpr double kLeastScale = 1e-6, kMostScale = 1e4;
constexpr int kHalvings = 60;      // of the range in which the scale lies
constexpr double kMostStep = 1.2;  // an hour, as a factor …
constexpr double kMostPart = 0.5;  // … and as a part of what is amiss, in the exponent
constexpr double kMostDrift = 16;
// Fewer planned requests tell nothing of how many are really made.
constexpr double kTellingRequests = 50;
constexpr double kMostCorrection = 2;

double requests_a_day(std::span<const RequestBudget::Demand> feeds, double scale) {
  double sum = 0;
  for (const RequestBudget::Demand& feed : feeds)
    sum += 1 / std::max(feed.least, std::min(feed.longest, feed.interval * scale));
  return sum;
}

}  // namespace

// Plans leave out what jitter, failures and crowded hosts make of them.
double RequestBudget::made_of_planned() const {
  Hour sum;
  for (const Hour& hour : hours_) {
    sum.requests += hour.requests;
    sum.planned += hour.planned;
  }
  if (sum.planned < kTellingRequests) return 1;
  return std::clamp(sum.requests / sum.planned, 1 / kMostCorrection, kMostCorrection);
}

void RequestBudget::settle(std::span<const Demand> feeds) {
  if (feeds.empty()) return;
  const double target = budget_ * static_cast<double>(feeds.size()) / made_of_planned();
  double low = std::log(kLeastScale), high = std::log(kMostScale);
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (requests_a_day(feeds, std::exp(middle)) > target ? low : high) = middle;
  }
  scale_ = settled_ = std::exp(high);
}

void RequestBudget::replan(double before, double after) {
  if (before == 0 && after != 0) ++feeds_;
  if (before != 0 && after == 0) --feeds_;
  planned_ = feeds_ == 0 ? 0 : planned_ + after - before;
}

// Each plan follows the scale only at the feed's next poll: after an interval, which is a day by
// the budget on average. To go all the way each hour would overshoot, then swing.
void RequestBudget::step(MonoTime now) {
  if (hour_began_ == MonoTime{}) hour_began_ = now;
  const std::chrono::duration<double, std::ratio<86400>> passed = now - hour_began_;
  if (passed < 1h) return;
  hour_began_ = now;
  hours_[hour_].planned = planned_ * passed.count();
  if (feeds_ > 0) {
    const double excess = planned_ * made_of_planned() / (budget_ * static_cast<double>(feeds_));
    const double part = std::min(kMostPart, budget_ / 48);
    const double step = std::clamp(std::pow(excess, part), 1 / kMostStep, kMostStep);
    // Where bounds leave the budget out of reach, the scale is not to run away.
    scale_ = std::clamp(scale_ * step, settled_ / kMostDrift, settled_ * kMostDrift);
  }
  hour_ = (hour_ + 1) % hours_.size();
  hours_[hour_] = {};
}

}  // namespace feedwire::daemon
