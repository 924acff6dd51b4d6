// epoll for the poll thread: sockets of curl, pipes of the workers, one eventfd for other threads.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/unique_fd.h"

namespace feedwire::daemon {

/// All members but wake() belong to one thread.
class EventLoop {
 public:
  using Callback = std::function<void(std::uint32_t events)>;  // EPOLLIN | EPOLLOUT | …

  EventLoop();

  /// Watches `fd` (level-triggered), or changes what is watched for. A callback may watch and
  /// forget any fd, its own too. It is copied for each call: one of two pointers costs nothing.
  void watch(int fd, std::uint32_t events, Callback callback);
  /// To be called before `fd` is closed.
  void forget(int fd);

  /// Waits at most `patience` for events and runs their callbacks.
  void wait(std::chrono::microseconds patience);

  /// Makes a wait(), running or next, return. Any thread, any time.
  void wake();

 private:
  struct Watch {
    std::uint32_t generation = 0;  // tells this watch from an earlier one of the same fd number
    Callback callback;             // empty: the fd is not watched
  };
  Watch& watch_of(int fd);

  UniqueFd epoll_, wakeup_;
  std::vector<Watch> watches_;  // by fd, of which the system gives out the lowest
  std::uint32_t last_generation_ = 0;
};

}  // namespace feedwire::daemon
