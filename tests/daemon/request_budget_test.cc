#include "daemon/request_budget.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

namespace feedwire::daemon {

using namespace std::chrono_literals;
using Demand = RequestBudget::Demand;

namespace {

// Feeds that take up the scale when they are polled, and no sooner.
class Feeds {
 public:
  Feeds(RequestBudget& budget, std::vector<Demand> demands)
      : budget_(budget), demands_(std::move(demands)), feeds_(demands_.size()) {
    for (std::size_t i = 0; i < feeds_.size(); ++i) plan(i);
  }

  // `share` of the polls that are due are made. Returns how many were.
  double run(int hours, double share = 1) {
    double made = 0;
    for (int minute = 0; minute < hours * 60; ++minute, now_ += 1min) {
      budget_.step(now_);
      for (std::size_t i = 0; i < feeds_.size(); ++i) {
        if (feeds_[i].due > now_) continue;
        part_ += share;
        if (part_ >= 1) {
          part_ -= 1;
          ++made;
          budget_.count_request();
        }
        plan(i);
      }
    }
    return made;
  }

 private:
  struct Feed {
    MonoTime due{};
    double a_day = 0;
  };

  void plan(std::size_t i) {
    const Demand& demand = demands_[i];
    const double days = std::clamp(demand.interval * budget_.scale(), demand.least, demand.longest);
    budget_.replan(feeds_[i].a_day, 1 / days);
    feeds_[i].a_day = 1 / days;
    feeds_[i].due = now_ + std::chrono::microseconds(std::llround(days * 86400e6));
  }

  RequestBudget& budget_;
  std::vector<Demand> demands_;
  std::vector<Feed> feeds_;
  MonoTime now_{1h};
  double part_ = 0;
};

// Intervals between a third and three times each other, half an hour to half a day.
std::vector<Demand> demands(std::size_t count) {
  std::vector<Demand> list(count);
  for (std::size_t i = 0; i < count; ++i)
    list[i] = {std::exp2(static_cast<double>(i % 7) - 3), 1.0 / 48, 0.5};
  return list;
}

}  // namespace

TEST_CASE("S-7 the scale is settled so that all feeds together keep to the budget", "[budget]") {
  RequestBudget budget(12);
  const std::vector<Demand> list = demands(100);
  budget.settle(list);
  double sum = 0;
  for (const Demand& feed : list)
    sum += 1 / std::clamp(feed.interval * budget.scale(), feed.least, feed.longest);
  CHECK(sum == Approx(1200));
}

TEST_CASE("S-7 a budget that bounds put out of reach is come near to", "[budget]") {
  RequestBudget greedy(1000), poor(0.1);
  greedy.settle(demands(10));
  poor.settle(demands(10));
  CHECK(greedy.scale() < 1.0 / 48 / 8);
  CHECK(poor.scale() > 0.5 * 8);
}

TEST_CASE("S-7 the scale is steered to the budget, and does not swing about it", "[budget]") {
  const double a_day = GENERATE(4.0, 12.0, 24.0);
  RequestBudget budget(a_day);
  Feeds feeds(budget, demands(100));  // at a scale that is wrong
  feeds.run(72);
  for (int day = 0; day < 5; ++day) CHECK(feeds.run(24) == Approx(a_day * 100).epsilon(0.05));
  CHECK(feeds.run(240) == Approx(a_day * 1000).epsilon(0.01));
}

TEST_CASE("S-7 what does not become of plans is given to others", "[budget]") {
  RequestBudget budget(6);
  Feeds feeds(budget, demands(100));
  feeds.run(120, 0.8);
  CHECK(feeds.run(240, 0.8) == Approx(6000).epsilon(0.02));
}

TEST_CASE("S-7 an hour changes the scale by a fifth at most", "[budget]") {
  RequestBudget budget(24);
  budget.replan(0, 1e6);
  budget.step(MonoTime{1h});
  const double before = budget.scale();
  budget.step(MonoTime{2h});
  CHECK(budget.scale() == Approx(before * 1.2));
}

TEST_CASE("S-7 out of reach, the scale does not run away", "[budget]") {
  RequestBudget budget(1000);
  Feeds feeds(budget, demands(10));
  const double before = budget.scale();
  feeds.run(30 * 24);
  CHECK(budget.scale() >= before / 16.1);
}

TEST_CASE("S-7 without feeds nothing is steered", "[budget]") {
  RequestBudget budget(12);
  budget.settle({});
  budget.replan(0, 12);
  budget.replan(12, 0);
  const double before = budget.scale();
  budget.step(MonoTime{1h});
  budget.step(MonoTime{3h});
  CHECK(budget.scale() == before);
}

}  // namespace feedwire::daemon
