#include "daemon/habit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using storage::Habit;

constexpr Days kLasting{28}, kRecent{3}, kProfile{84};  // time constants of the decays
constexpr double kPriorEntries = 0.3;  // a day, of a feed of which nothing is known
constexpr Days kPriorWeight{1}, kRecentPriorWeight{0.3};
constexpr double kRecentShare = 0.4;  // of the rate; the rest is the lasting one's

constexpr std::chrono::microseconds kClose = 10min;  // entries of one burst
constexpr double kBurstyShare = 0.3;  // so many of them, and a burst counts as one entry …
constexpr double kBurstyChance = 2;   // … if they are so many times as many as by chance

constexpr std::chrono::microseconds kLongestOutage = 24h;  // that still counts as watched
constexpr std::chrono::microseconds kLongestUnwatched = 7 * 24h;
constexpr std::chrono::microseconds kDormant = 90 * 24h;

constexpr double kBinUnits = 8;  // of an entry on day `bins_day`
constexpr double kMostInBin = 65535;
constexpr double kProfilePrior = 24;  // entries, evenly over the week
constexpr double kLeastDensity = 0.04;
constexpr std::size_t kHours = 24;

double decay(Days age, Days constant) { return std::exp(-(age / constant)); }

// What a count of something that happens once a day would be.
double exposure(Days watched, Days constant) {
  return constant.count() * (1 - decay(watched, constant));
}

void lessen(float& count, double factor) {
  count = static_cast<float>(static_cast<double>(count) * factor);
}

void count_one(float& count, double weight) {
  count = static_cast<float>(static_cast<double>(count) + weight);
}

std::size_t bin_of(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const auto hour = static_cast<std::size_t>((time - day) / 1h);
  const unsigned weekday = std::chrono::weekday(day).iso_encoding();
  return weekday > 5 ? kHours + hour : hour;
}

// A bin's part of the week: it stands for the hours of five days, or of two.
double share_of(std::size_t bin) { return (bin < kHours ? 5.0 : 2.0) / 168; }

// Makes today's entries count as kBinUnits again.
void fold_bins(Habit& habit) {
  const double factor = decay(Days{habit.days - habit.bins_day}, kProfile);
  for (std::uint16_t& bin : habit.bins)
    bin = static_cast<std::uint16_t>(std::lround(static_cast<double>(bin) * factor));
  habit.bins_day = habit.days;
}

// New entries count as more and more instead of all bins being lessened with each poll, which
// would round small ones away.
void count_in_bin(Habit& habit, WallTime time, Days age) {
  const auto weight = [&] {
    const Days day = Days{habit.days - habit.bins_day} - age;
    return kBinUnits / decay(day, kProfile);
  };
  std::uint16_t& bin = habit.bins[bin_of(time)];
  if (bin + weight() > kMostInBin) fold_bins(habit);
  bin = static_cast<std::uint16_t>(std::lround(std::min(kMostInBin, bin + weight())));
}

void count_entry(Habit& habit, WallTime published, bool close, WallTime now) {
  const Days age = std::max<std::chrono::microseconds>(now - published, 0us);
  count_one(habit.lasting, decay(age, kLasting));
  count_one(habit.recent, decay(age, kRecent));
  if (close) {
    count_one(habit.lasting_close, decay(age, kLasting));
    count_one(habit.recent_close, decay(age, kRecent));
  }
  count_in_bin(habit, published, age);
}

// The publication times of the document's new entries, in order. Where they have no dates they
// came some time since the last poll.
std::vector<WallTime> new_entries(const Habit& habit, const feeds::Feed& document, WallTime since,
                                  WallTime now) {
  const bool all_new = habit.as_of == WallTime{};
  std::vector<WallTime> times;
  if (!all_new && since >= now) return times;
  std::size_t dateless = 0;
  for (std::size_t i = 0; i < document.size(); ++i) {
    const feeds::EntryView entry = document.entry(i);
    if (!all_new && entry.unchanged) continue;
    if (!entry.published) {
      ++dateless;
      continue;
    }
    const WallTime time = std::min<WallTime>(*entry.published, now);
    // An older one is more likely an old entry that was edited. Dates may be without a time.
    if (all_new || time >= habit.newest) times.push_back(time);
  }
  if (all_new) dateless = 0;
  for (std::size_t i = 0; i < dateless; ++i)
    times.push_back(since + (now - since) * (2 * i + 1) / (2 * dateless));
  std::sort(times.begin(), times.end());
  return times;
}

double rate(double count, double prior, Days prior_weight, Days watched, Days constant) {
  return (prior * prior_weight.count() + count) /
         (prior_weight.count() + exposure(watched, constant));
}

double blended_rate(const Habit& habit, double lasting_count, double recent_count) {
  const Days watched{habit.days};
  const double lasting = rate(lasting_count, kPriorEntries, kPriorWeight, watched, kLasting);
  const double recent = rate(recent_count, lasting, kRecentPriorWeight, watched, kRecent);
  return (1 - kRecentShare) * lasting + kRecentShare * recent;
}

/// How much more than on average is published in each hour of the week, 1 being the average.
class Profile {
 public:
  explicit Profile(const Habit& habit) {
    double total = 0;
    const double unit = decay(Days{habit.days - habit.bins_day}, kProfile) / kBinUnits;
    for (const std::uint16_t bin : habit.bins) total += bin * unit;
    double sum = 0;
    for (std::size_t bin = 0; bin < Habit::kBins; ++bin) {
      const double share = share_of(bin);
      more_[bin] =
          (kProfilePrior * share + smooth(habit, bin) * unit) / ((kProfilePrior + total) * share);
      density_[bin] = std::sqrt(std::max(more_[bin], kLeastDensity));
      sum += density_[bin] * share;
    }
    for (double& density : density_) density /= sum;
  }

  double more(std::size_t bin) const { return more_[bin]; }
  /// How many more polls than on average, where their number is to go with the root of the rate.
  double density(std::size_t bin) const { return density_[bin]; }

 private:
  static double smooth(const Habit& habit, std::size_t bin) {
    const std::size_t first = bin - bin % kHours, hour = bin % kHours;
    const auto at = [&](std::size_t h) {
      return static_cast<double>(habit.bins[first + h % kHours]);
    };
    return at(hour + kHours - 1) / 4 + at(hour) / 2 + at(hour + 1) / 4;
  }

  std::array<double, Habit::kBins> more_, density_;
};

}  // namespace

WallTime note_success(Habit& habit, WallTime last_success, WallTime now, bool had_failed,
                      std::chrono::seconds interval) {
  if (habit.as_of == WallTime{}) return {};
  const auto passed = now - last_success;
  // A longer time without a poll was one without us, or the clock was set.
  const auto longest = had_failed
                           ? kLongestOutage
                           : std::max<std::chrono::microseconds>(kLongestUnwatched, 2 * interval);
  if (passed < 0us || passed > longest) {
    habit.as_of = now;
    habit.newest = std::min(habit.newest, now);
    return now;
  }
  const Days watched = now - habit.as_of;
  if (watched > Days{0}) {
    for (float* count : {&habit.lasting, &habit.lasting_close})
      lessen(*count, decay(watched, kLasting));
    for (float* count : {&habit.recent, &habit.recent_close})
      lessen(*count, decay(watched, kRecent));
    count_one(habit.days, watched.count());
  }
  habit.as_of = now;
  return last_success;
}

void note_document(Habit& habit, const feeds::Feed& document, WallTime since, WallTime now) {
  const std::vector<WallTime> times = new_entries(habit, document, since, now);
  std::size_t first = 0;
  if (habit.as_of == WallTime{}) {
    habit.as_of = now;
    // Its oldest entry begins the time of which the others tell the rate.
    if (!times.empty()) habit.days = static_cast<float>(Days{now - times.front()}.count());
    habit.bins_day = habit.days;
    if (!times.empty()) habit.newest = times.front();
    first = 1;
  }
  for (std::size_t i = first; i < times.size(); ++i) {
    count_entry(habit, times[i], times[i] - habit.newest < kClose, now);
    habit.newest = std::max(habit.newest, times[i]);
  }
  habit.window = static_cast<std::uint32_t>(document.size());
}

double entries_per_day(const Habit& habit) {
  const double per_day = blended_rate(habit, habit.lasting, habit.recent);
  // The entries of who posts all the time come close to each other too.
  const double chance = 1 - std::exp(-per_day * Days{kClose}.count());
  const double share = std::max(kBurstyShare, kBurstyChance * chance);
  if (habit.lasting_close <= share * habit.lasting) return per_day;
  return blended_rate(habit, habit.lasting - habit.lasting_close,
                      habit.recent - habit.recent_close);
}

bool is_dormant(const Habit& habit, WallTime now) {
  if (habit.newest == WallTime{}) return Days{habit.days} > kDormant;
  return now - habit.newest > kDormant;
}

Spell wait_by_profile(const Habit& habit, WallTime now, Days interval, Days longest) {
  const Profile profile(habit);
  // Each entry of a burst takes a place in the window.
  const double per_day = blended_rate(habit, habit.lasting, habit.recent);
  double room = habit.window > 0 ? habit.window / 2.0 : HUGE_VAL;
  Days left = interval;  // of what is to pass, weighted by the density
  WallTime at = now;
  while (Days{at - now} < longest) {
    const WallTime hour_end = std::chrono::floor<std::chrono::hours>(at) + 1h;
    const std::size_t bin = bin_of(at);
    const Days hour = hour_end - at;
    const double expected = per_day * profile.more(bin);
    const Days until_full{room / expected}, until_due{left / profile.density(bin)};
    if (std::min({until_full, until_due}) <= hour) {
      const bool full = until_full < until_due;
      const Days wait = Days{at - now} + std::min(until_full, until_due);
      return {std::chrono::round<std::chrono::microseconds>(std::min(wait, longest)),
              full && wait < longest};
    }
    left -= hour * profile.density(bin);
    room -= hour.count() * expected;
    at = hour_end;
  }
  return {std::chrono::round<std::chrono::microseconds>(longest), false};
}

}  // namespace feedwire::daemon
