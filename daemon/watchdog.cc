#include "daemon/watchdog.h"

#include <algorithm>

namespace feedwire::daemon {

Watchdog::Watchdog(std::optional<std::chrono::microseconds> interval, MonoTime start)
    : interval_(interval), next_(start) {
  tick_all(start);
}

void Watchdog::tick_all(MonoTime now) {
  for (std::atomic<MonoTime>& last : last_tick_) last = now;
}

void Watchdog::tick(WatchedThread thread, MonoTime now) {
  last_tick_[static_cast<std::size_t>(thread)] = now;
}

bool Watchdog::alive(MonoTime now, std::chrono::microseconds span) const {
  return std::all_of(last_tick_.begin(), last_tick_.end(),
                     [&](const std::atomic<MonoTime>& last) { return now - last.load() <= span; });
}

bool Watchdog::due(MonoTime now) {
  if (!interval_ || now < next_ || !alive(now, *interval_)) return false;
  next_ = now + *interval_ / 2;
  return true;
}

}  // namespace feedwire::daemon
