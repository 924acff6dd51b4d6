// How stages on different threads hand over owned values. A full queue is how a slow stage slows
// the ones before it down.

#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace feedwire {

/// A queue of at most `capacity` values. All members may be called from any thread.
template <typename T>
class BoundedQueue {
 public:
  /// `on_push`, if given, is called after each push without the lock, by the pushing thread: the
  /// place to write to an eventfd that a poll loop waits on.
  explicit BoundedQueue(std::size_t capacity, std::function<void()> on_push = {})
      : capacity_(capacity), on_push_(std::move(on_push)) {}

  /// False, with `value` untouched, if the queue is full or closed.
  bool try_push(T& value) {
    bool wanted = true;
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || values_.size() >= capacity_) return false;
      values_.push_back(std::move(value));
      if (is_enough_) wanted = is_enough_(values_.back()) || values_.size() == capacity_;
    }
    if (wanted) filled_.notify_one();
    if (on_push_) on_push_();
    return true;
  }

  /// Waits up to `patience` for the first value and takes all that are there; empty on timeout or
  /// once the queue is closed and drained.
  std::vector<T> pop_all(std::chrono::microseconds patience) {
    std::unique_lock lock(mutex_);
    if (patience.count() > 0)  // else the system would be asked to wait for nothing
      filled_.wait_for(lock, patience, [this] { return closed_ || !values_.empty(); });
    return take_all();
  }

  /// Likewise, but once there is a value waits for more as long as they keep coming: until none
  /// came for `pause` (at most twice that), or `longest` has passed, the queue is full, or
  /// `is_enough(value)` was true of one. That is called once for each value, in order, with the
  /// lock held, by this thread or the one that pushes: while values are gathered, only what is
  /// enough wakes this thread. One thread at a time may gather.
  template <typename IsEnough>
  std::vector<T> pop_gathered(std::chrono::microseconds patience, std::chrono::microseconds pause,
                              std::chrono::microseconds longest, IsEnough is_enough) {
    std::unique_lock lock(mutex_);
    if (!filled_.wait_for(lock, patience, [this] { return closed_ || !values_.empty(); }))
      return {};
    const auto end = std::chrono::steady_clock::now() + longest;
    bool enough = false;
    const auto look = [&](const T& value) { return enough |= is_enough(value); };
    for (const T& value : values_) look(value);
    is_enough_ = std::ref(look);
    const auto is_over = [&] { return closed_ || enough || values_.size() == capacity_; };
    while (!is_over()) {
      const std::size_t seen = values_.size();
      const auto give_up = std::min(end, std::chrono::steady_clock::now() + pause);
      const bool woken = filled_.wait_until(lock, give_up, is_over);
      if (!woken && (values_.size() == seen || give_up == end)) break;
    }
    is_enough_ = nullptr;
    return take_all();
  }

  /// No more pushes; waiting readers wake up.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    filled_.notify_all();
  }

  bool drained() const {
    const std::lock_guard lock(mutex_);
    return closed_ && values_.empty();
  }
  std::size_t free_places() const {
    const std::lock_guard lock(mutex_);
    return capacity_ - values_.size();
  }

 private:
  std::vector<T> take_all() {  // with the lock held
    std::vector<T> taken(std::make_move_iterator(values_.begin()),
                         std::make_move_iterator(values_.end()));
    values_.clear();
    return taken;
  }

  const std::size_t capacity_;
  const std::function<void()> on_push_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<T> values_;                     // guarded by mutex_
  bool closed_ = false;                      // guarded by mutex_
  std::function<bool(const T&)> is_enough_;  // guarded by mutex_; of who gathers, else empty
};

}  // namespace feedwire
