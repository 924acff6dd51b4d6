#include "daemon/habit.h"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/daemon/made_document.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;
using storage::Habit;
using tests::document_of;
using tests::Shown;

namespace {

const WallTime kMonday = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};

// A habit that polls each `step` taught, of a feed that shows what was posted since the last one.
class Watcher {
 public:
  explicit Watcher(WallTime start) : now_(start), last_(start) {
    note_document(habit, document_of({}), {}, now_);
  }

  void watch(std::chrono::microseconds span, std::chrono::microseconds step,
             const std::vector<WallTime>& posts) {
    for (const WallTime end = now_ + span; now_ < end;) {
      last_ = now_;
      now_ += step;
      const WallTime since = note_success(habit, last_, now_, false, 1h);
      std::vector<Shown> fresh;
      for (const WallTime post : posts)
        if (post > last_ && post <= now_) fresh.push_back({.published = post});
      if (!fresh.empty()) note_document(habit, document_of(fresh), since, now_);
    }
  }

  Habit habit;
  WallTime now() const { return now_; }

 private:
  WallTime now_, last_;
};

std::vector<WallTime> every(std::chrono::microseconds step, WallTime from, WallTime to) {
  std::vector<WallTime> times;
  for (WallTime at = from; at < to; at += step) times.push_back(at);
  return times;
}

}  // namespace

TEST_CASE("S-2 a feed of which nothing is known is expected to post 0.3 entries a day", "[habit]") {
  CHECK(entries_per_day(Habit{}) == Approx(0.3));
}

TEST_CASE("S-2 the rate comes near to what is posted, and follows a change within days",
          "[habit]") {
  Watcher watcher(kMonday);
  watcher.watch(60 * 24h, 2h, every(6h, kMonday, kMonday + 60 * 24h));
  CHECK(entries_per_day(watcher.habit) == Approx(4).epsilon(0.05));
  const WallTime then = watcher.now();
  watcher.watch(3 * 24h, 2h, every(30min, then, then + 3 * 24h));
  CHECK(entries_per_day(watcher.habit) > 15);
  watcher.watch(30 * 24h, 2h, {});
  CHECK(entries_per_day(watcher.habit) < 3);
}

TEST_CASE("S-2 the dates of a first document tell the rate at once", "[habit]") {
  std::vector<Shown> shown;
  for (int i = 0; i < 20; ++i) shown.push_back({.published = kMonday - i * 12h});
  Habit habit;
  note_document(habit, document_of(shown), {}, kMonday);
  CHECK(entries_per_day(habit) == Approx(2).epsilon(0.15));
  CHECK(habit.newest == kMonday);
  CHECK(habit.window == 20);
}

TEST_CASE("S-2 an entry that was there before, or that is an old one edited, is not counted again",
          "[habit]") {
  Watcher watcher(kMonday);
  watcher.watch(24h, 2h, {kMonday + 3h});
  const Habit before = watcher.habit;
  note_document(
      watcher.habit,
      document_of({{.published = kMonday + 3h, .unchanged = true}, {.published = kMonday + 1h}}),
      watcher.now() - 2h, watcher.now());
  CHECK(watcher.habit.lasting == before.lasting);
  CHECK(watcher.habit.bins == before.bins);
}

TEST_CASE("S-2 entries without dates came some time since the last poll", "[habit]") {
  Watcher watcher(kMonday);
  watcher.watch(24h, 2h, {});
  note_document(watcher.habit, document_of({{}, {}, {.unchanged = true}}), watcher.now() - 2h,
                watcher.now());
  CHECK(watcher.habit.lasting == Approx(2).epsilon(0.01));
  CHECK(watcher.habit.newest == watcher.now() - 30min);
}

TEST_CASE("S-2 entries in the future count as published now", "[habit]") {
  Watcher watcher(kMonday);
  watcher.watch(24h, 2h, {});
  note_document(watcher.habit, document_of({{.published = kMonday + 400 * 24h}}),
                watcher.now() - 2h, watcher.now());
  CHECK(watcher.habit.newest == watcher.now());
  CHECK(watcher.habit.lasting == Approx(1));
}

TEST_CASE("S-2 bursts count as one entry each where they are the rule", "[habit]") {
  std::vector<WallTime> posts;
  for (int day = 0; day < 60; ++day)
    for (int i = 0; i < 10; ++i) posts.push_back(kMonday + day * 24h + 9h + i * 2min);
  Watcher watcher(kMonday);
  watcher.watch(60 * 24h, 2h, posts);
  CHECK(entries_per_day(watcher.habit) == Approx(1).epsilon(0.1));
}

TEST_CASE("S-2 who posts all the time does not post in bursts", "[habit]") {
  Watcher watcher(kMonday);
  watcher.watch(30 * 24h, 15min, every(7min, kMonday, kMonday + 30 * 24h));
  CHECK(entries_per_day(watcher.habit) == Approx(24 * 60 / 7.0).epsilon(0.1));
}

TEST_CASE("S-20 neither the time of an outage nor what was published in it counts", "[habit]") {
  Watcher watcher(kMonday);
  watcher.watch(30 * 24h, 2h, every(6h, kMonday, kMonday + 30 * 24h));
  const double before = entries_per_day(watcher.habit);
  const WallTime back = watcher.now() + 5 * 24h;
  const WallTime since = note_success(watcher.habit, watcher.now(), back, true, 2h);
  note_document(watcher.habit, document_of({{.published = back - 1h}}), since, back);
  CHECK(entries_per_day(watcher.habit) == before);
}

TEST_CASE("S-20 a short failure, or a long interval, is no outage", "[habit]") {
  Watcher watcher(kMonday);
  watcher.watch(10 * 24h, 2h, every(6h, kMonday, kMonday + 10 * 24h));
  const Habit before = watcher.habit;
  Habit failed = before, rare = before;
  note_success(failed, watcher.now(), watcher.now() + 5h, true, 2h);
  CHECK(failed.days > before.days);
  note_success(rare, watcher.now(), watcher.now() + 12 * 24h, false, 10 * 24h);
  CHECK(rare.days > before.days);
}

TEST_CASE("RT-CLK a clock that was set leaves the counts alone", "[habit]") {
  Watcher watcher(kMonday);
  watcher.watch(10 * 24h, 2h, every(6h, kMonday, kMonday + 10 * 24h));
  const double before = entries_per_day(watcher.habit);
  const auto jump = GENERATE(-365 * 24h, 365 * 24h);
  note_success(watcher.habit, watcher.now(), watcher.now() + jump, false, 2h);
  CHECK(entries_per_day(watcher.habit) == before);
  CHECK(watcher.habit.newest <= watcher.now() + jump);
}

TEST_CASE("a feed is dormant when nothing was published for 90 days", "[habit]") {
  Habit habit;
  CHECK_FALSE(is_dormant(habit, kMonday));
  note_document(habit, document_of({{.published = kMonday - 89 * 24h}}), {}, kMonday);
  CHECK_FALSE(is_dormant(habit, kMonday));
  CHECK(is_dormant(habit, kMonday + 2 * 24h));
}

TEST_CASE("S-4 of a feed without a profile an interval is waited for as it is", "[habit]") {
  const Spell spell = wait_by_profile(Habit{}, kMonday + 25min, Days{0.2}, Days{1});
  CHECK(spell.wait == 288min);
  CHECK_FALSE(spell.window_full);
}

TEST_CASE("S-4 polls are dense at the hours at which the feed publishes, at its own on weekends",
          "[habit]") {
  std::vector<WallTime> posts;
  for (int day = 0; day < 84; ++day)
    for (int i = 0; i < 6; ++i)
      posts.push_back(kMonday + day * 24h + (day % 7 < 5 ? 9h : 20h) + i * 20min);
  Watcher watcher(kMonday);
  watcher.watch(84 * 24h, 2h, posts);
  const auto wait_at = [&](std::chrono::hours time) {
    return wait_by_profile(watcher.habit, watcher.now() + time, Days{4h}, Days{3}).wait;
  };
  CHECK(wait_at(9h) < 150min);
  CHECK(wait_at(14h) > 6h);
  CHECK(wait_at(5 * 24h + 20h) < 150min);
  CHECK(wait_at(5 * 24h + 9h) > wait_at(9h));

  std::chrono::microseconds passed{};
  int polls = 0;
  for (; passed < 4 * 7 * 24h; ++polls)
    passed += wait_by_profile(watcher.habit, watcher.now() + passed, Days{4h}, Days{3}).wait;
  CHECK(polls == Approx(4 * 7 * 6).epsilon(0.02));  // on average over the week it is the interval
}

TEST_CASE("S-5 I-18 a wait ends before more than half a window of entries comes", "[habit]") {
  std::vector<Shown> shown;
  for (int i = 0; i < 2000; ++i) shown.push_back({.published = kMonday - i * 15min});
  Habit habit;
  note_document(habit, document_of(shown), {}, kMonday);
  habit.window = 10;
  const double per_day = entries_per_day(habit);
  const Spell spell = wait_by_profile(habit, kMonday + 6h, Days{1}, Days{2});
  CHECK(spell.window_full);
  CHECK(Days{spell.wait}.count() < 2 * 5 / per_day);
  CHECK(Days{spell.wait}.count() > 0.5 * 5 / per_day);
}

TEST_CASE("S-4 the longest wait holds at quiet hours too", "[habit]") {
  const Spell spell = wait_by_profile(Habit{}, kMonday, Days{3}, Days{0.5});
  CHECK(spell.wait == 12h);
}

}  // namespace feedwire::daemon
