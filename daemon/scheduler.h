// Which feed is polled next: one timer heap, built at start from the poll rows, and the pace that
// a host and a registrable domain can bear (H-70). No batches, no ticks (S-9).

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "feeds/keys.h"

namespace feedwire::daemon {

using feeds::FeedKey;

struct HostPace {
  std::chrono::microseconds host_gap{2'000'000};    // between the end of a poll and the next one
  std::chrono::microseconds domain_gap{1'000'000};  // likewise, over all hosts of a domain
};

inline constexpr std::chrono::microseconds kMostHostGap{60'000'000};  // that is learned (H-71)

/// Used by one thread. Every feed is in one of three states: timed (waits for its due time or its
/// host), taken (being polled), or parked (after its poll or by park(), until schedule() is called
/// again).
class Scheduler {
 public:
  explicit Scheduler(HostPace pace) : pace_(pace) {}

  /// Adds the feed, or gives it a new due time. A taken feed stays taken until release().
  /// `host` decides which feeds wait for one another.
  void schedule(FeedKey feed, const std::string& host, MonoTime due);
  /// Makes room for so many feeds more.
  void reserve(std::size_t feeds);
  /// Adds the feed, or takes a feed that is not taken off its due time, parked. `host` as above.
  void park(FeedKey feed, const std::string& host);
  /// Forgets a feed that is not taken.
  void remove(FeedKey feed);

  /// The next feed that is due and whose host may be asked now; it is taken, its host busy.
  std::optional<FeedKey> take_due(MonoTime now);
  /// The poll of a taken feed ended: its host's gap begins. The feed is parked.
  void release(FeedKey feed, MonoTime now);
  /// The host of a taken feed asked for patience: its gap is doubled, and halved again with each
  /// day in which it does not (H-71).
  void widen_gap(FeedKey feed, MonoTime now);
  /// The gap that the feed's host has learned; never less than the usual one.
  std::chrono::microseconds host_gap(FeedKey feed, MonoTime now);
  /// An earlier process learned that gap at `since`.
  void recall_gap(const std::string& host, std::chrono::microseconds gap, MonoTime since);
  /// The feed's plan has changed by so many requests a day.
  void add_load(FeedKey feed, double requests_a_day);
  /// How many times longer than planned the feeds of this one's host have to wait, since all their
  /// plans together ask for more than its gap allows; else 1 (S-5).
  double stretch(FeedKey feed) const;
  /// Whether the feed's host is likely to be asked again within a minute: another of its feeds was
  /// seen to wait for it, or all their plans together come to that.
  bool is_asked_again_soon(FeedKey feed) const;
  /// The host was asked at `at`, maybe by an earlier process: its gap, as far as it is known by
  /// now, is kept.
  void note_request(const std::string& host, MonoTime at);

  /// When take_due() may next have something; nothing while all feeds are taken or parked.
  std::optional<MonoTime> next_wakeup() const;

 private:
  struct Domain {
    MonoTime ready{};
  };
  struct Host {
    Domain* domain = nullptr;
    MonoTime ready{};
    MonoTime gap_changed{};
    double load = 0;  // planned requests a day
    // Due, in the order they became so; removed feeds are skipped. Mostly empty, and takes no
    // memory then.
    std::vector<FeedKey> waiting;
    std::chrono::duration<std::uint32_t, std::micro> gap{};  // learned; 0 = the usual one
    bool busy = false, timer_set = false;
  };
  enum class State : std::uint8_t { timed, waiting, taken, parked };
  struct Feed {
    Host* host = nullptr;
    State state = State::parked;
    std::uint32_t generation = 0;  // timers of an older generation are void
  };
  struct Timer {
    Timer(MonoTime time, FeedKey whose, std::uint32_t feed_generation)
        : at(time), feed(whose), generation(feed_generation) {}
    Timer(MonoTime time, Host* whose) : at(time), host(whose), generation(0) {}

    MonoTime at;
    union {
      FeedKey feed;
      Host* host;  // where `generation` is 0
    };
    std::uint32_t generation;  // of the feed
    bool operator>(const Timer& other) const { return at > other.at; }
  };

  /// A hash that nobody finds a second name for: there may be a million names.
  using NameKey = std::uint64_t;
  static NameKey name_key(std::string_view name);
  Host& host_of(std::string_view name);
  MonoTime ready_time(const Host& host) const;
  std::chrono::microseconds gap_of(Host& host, MonoTime now) const;
  void set_host_timer(Host& host);
  std::uint32_t next_generation();
  void add_timer(const Timer& timer);
  std::optional<FeedKey> take_waiting(Host& host, MonoTime now);

  const HostPace pace_;
  std::uint32_t last_generation_ = 0;
  std::unordered_map<FeedKey, Feed> feeds_;
  std::unordered_map<NameKey, Host> hosts_;      // nodes are stable: pointers stay good
  std::unordered_map<NameKey, Domain> domains_;  // likewise
  std::vector<Timer> timers_;                    // a heap, the next one first
};

}  // namespace feedwire::daemon
