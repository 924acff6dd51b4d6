// epoll for the poll thread: sockets of curl, pipes of the workers, one eventfd for other threads.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "base/unique_fd.h"

namespace feedwire::daemon {

/// All members but wake() belong to one thread.
class EventLoop {
 public:
  using Callback = std::function<void(std::uint32_t events)>;  // EPOLLIN | EPOLLOUT | …

  EventLoop();

  /// Watches `fd` (level-triggered), or changes what is watched for. A callback may watch and
  /// forget any fd, its own too.
  void watch(int fd, std::uint32_t events, Callback callback);
  /// To be called before `fd` is closed.
  void forget(int fd);

  /// Waits at most `patience` for events and runs their callbacks.
  void wait(std::chrono::microseconds patience);

  /// Makes a wait(), running or next, return. Any thread, any time.
  void wake();

 private:
  struct Watch {
    std::uint32_t generation;  // tells this watch from an earlier one of the same fd number
    std::shared_ptr<const Callback> callback;
  };

  UniqueFd epoll_, wakeup_;
  std::unordered_map<int, Watch> watches_;
  std::uint32_t last_generation_ = 0;
};

}  // namespace feedwire::daemon
