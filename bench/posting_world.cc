#include "bench/posting_world.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/rng.h"

namespace feedwire::bench {
namespace {

using namespace std::chrono_literals;
using Days = std::chrono::duration<double, std::ratio<86400>>;

constexpr double kMostPostsADay = 400;
constexpr Days kBefore{60}, kMood{20};
constexpr double kQuiet = 0.1;  // of the rate, in a quiet mood

/// One publisher's ways.
class Author {
 public:
  Author(double rate, Rng& rng) : rate_(rate), rng_(rng) {
    const double noon = rng.uniform(0, 24), width = rng.uniform(2, 6);
    const double night = rng.uniform(0.02, 0.3), weekend = rng.uniform(0.2, 1);
    double sum = 0;
    for (std::size_t hour = 0; hour < hours_.size(); ++hour) {
      const double off = std::remainder(static_cast<double>(hour % 24) - noon, 24) / width;
      hours_[hour] = (night + std::exp(-off * off / 2)) * (hour >= 5 * 24 ? weekend : 1);
      sum += hours_[hour];
    }
    for (double& hour : hours_) hour *= static_cast<double>(hours_.size()) / sum;
    most_ = *std::max_element(hours_.begin(), hours_.end());
    moody_ = chance(0.5);
    clusters_ = chance(0.3);
  }

  std::vector<WallTime> posts(WallTime from, WallTime to) {
    std::vector<WallTime> list;
    const double starts = clusters_ ? 2 * rate_ / (1 + kMostInCluster) : rate_;
    bool quiet = moody_ && chance(0.5);
    WallTime mood_ends = from + exponential(kMood);
    for (WallTime at = from; (at += exponential(Days{1 / (starts * most_)})) < to;) {
      for (; mood_ends < at; mood_ends += exponential(kMood)) quiet = moody_ && !quiet;
      if (!chance(hours_[hour_of(at)] / most_ * (quiet ? kQuiet : 1))) continue;
      list.push_back(at);
      WallTime next = at;
      for (auto more = clusters_ ? rng_.next() % kMostInCluster : 0; more > 0; --more)
        list.push_back(next += exponential(kWithinCluster));
    }
    std::erase_if(list, [&](WallTime at) { return at >= to; });
    std::sort(list.begin(), list.end());
    return list;
  }

 private:
  static constexpr std::uint64_t kMostInCluster = 5;
  static constexpr Days kWithinCluster{3.0 / 1440};

  bool chance(double share) { return rng_.uniform(0, 1) < share; }
  std::chrono::microseconds exponential(Days mean) {
    return std::chrono::ceil<std::chrono::microseconds>(mean * -std::log1p(-rng_.uniform(0, 1)));
  }
  static std::size_t hour_of(WallTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const unsigned weekday = std::chrono::weekday(day).iso_encoding() - 1;
    return weekday * 24 + static_cast<std::size_t>((time - day) / 1h);
  }

  const double rate_;
  Rng& rng_;
  std::array<double, 168> hours_{};  // how much more than on average, from Monday on
  double most_ = 1;
  bool moody_ = false, clusters_ = false;
};

double normal(Rng& rng) {
  return std::sqrt(-2 * std::log1p(-rng.uniform(0, 1))) *
         std::cos(2 * std::numbers::pi * rng.uniform(0, 1));
}

}  // namespace

std::size_t PostingFeed::posted(WallTime time) const {
  return static_cast<std::size_t>(std::upper_bound(posts.begin(), posts.end(), time) -
                                  posts.begin());
}

double World::measured_days() const { return Days{end - measured}.count(); }

World make_world(const WorldShape& shape, std::uint64_t seed) {
  SeededRng rng(seed);
  World world;
  world.start = std::chrono::sys_days{std::chrono::year{2026} / 3 / 2};
  world.measured = world.start + kWarmUp;
  world.end = world.measured + kMeasured;
  world.feeds.resize(shape.feeds);
  for (PostingFeed& feed : world.feeds) {
    const double rate = shape.median * std::exp(shape.sigma * normal(rng));
    Author author(std::min(rate, kMostPostsADay), rng);
    feed.posts =
        author.posts(world.start - std::chrono::floor<std::chrono::seconds>(kBefore), world.end);
    // Who posts much shows much: at least three hours of it.
    feed.window = std::max<std::size_t>(
        10 + rng.next() % 41, static_cast<std::size_t>(std::min(rate, kMostPostsADay) / 8));
    feed.dated = rng.next() % 10 != 0;
    if (!shape.bounded) continue;
    if (rng.next() % 3 == 0) feed.max_age = std::chrono::minutes{1 + rng.next() % 360};
    if (rng.next() % 3 == 0) feed.ttl = std::chrono::minutes{5 + rng.next() % 180};
  }
  return world;
}

}  // namespace feedwire::bench
