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
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || values_.size() >= capacity_) return false;
      values_.push_back(std::move(value));
    }
    filled_.notify_one();
    if (on_push_) on_push_();
    return true;
  }

  /// Waits up to `patience` for the first value and takes all that are there; empty on timeout or
  /// once the queue is closed and drained.
  std::vector<T> pop_all(std::chrono::microseconds patience) {
    std::unique_lock lock(mutex_);
    filled_.wait_for(lock, patience, [this] { return closed_ || !values_.empty(); });
    return take_all();
  }

  /// Likewise, but once there is a value waits for more as long as they keep coming: until none
  /// came for `pause`, or `longest` has passed, or `is_enough(value)` was true of one. That is
  /// called once for each value, in order, with the lock held.
  template <typename IsEnough>
  std::vector<T> pop_gathered(std::chrono::microseconds patience, std::chrono::microseconds pause,
                              std::chrono::microseconds longest, IsEnough is_enough) {
    std::unique_lock lock(mutex_);
    if (!filled_.wait_for(lock, patience, [this] { return closed_ || !values_.empty(); }))
      return {};
    const auto end = std::chrono::steady_clock::now() + longest;
    bool enough = false;
    for (std::size_t seen = 0; !closed_ && !enough;) {
      while (seen < values_.size()) enough |= is_enough(values_[seen++]);
      const auto give_up = std::min(end, std::chrono::steady_clock::now() + pause);
      if (!enough &&
          !filled_.wait_until(lock, give_up, [&] { return closed_ || values_.size() > seen; }))
        break;
    }
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
  std::deque<T> values_;  // guarded by mutex_
  bool closed_ = false;   // guarded by mutex_
};

}  // namespace feedwire
