// Notices a thread that hangs (OP-6), for the service manager's watchdog and for /livez.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>

#include "base/clock.h"

namespace feedwire::daemon {

enum class WatchedThread : std::size_t { main, poll, store };

/// Remembers when each thread last turned its loop.
class Watchdog {
 public:
  static constexpr std::size_t kWatchedThreads = 3;

  /// Without an `interval` due() is always false. The threads count as alive at `start`.
  Watchdog(std::optional<std::chrono::microseconds> interval, MonoTime start);

  /// Called by each thread whenever its loop turns, at least once a second. Any thread.
  void tick(WatchedThread thread, MonoTime now);
  /// The same for a main thread that is alone.
  void tick_all(MonoTime now);

  /// Whether every thread has ticked within the last `span`. Any thread.
  bool alive(MonoTime now, std::chrono::microseconds span) const;

  /// Whether WATCHDOG=1 is to be sent now: half an interval after the last time, and only if every
  /// thread has ticked within the last interval. The main thread asks at least once a second.
  bool due(MonoTime now);

 private:
  const std::optional<std::chrono::microseconds> interval_;
  std::array<std::atomic<MonoTime>, kWatchedThreads> last_tick_;
  MonoTime next_;  // of the main thread
};

}  // namespace feedwire::daemon
