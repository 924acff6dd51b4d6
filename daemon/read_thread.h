// A thread for questions of the API that take longer than its own threads may: those also answer
// /livez.

#pragma once

#include <atomic>
#include <cstddef>
#include <thread>

#include "base/bounded_queue.h"
#include "daemon/api_backend.h"

namespace feedwire::daemon {

inline constexpr std::size_t kMaxReadsWaiting = 32;

/// Does one job after the other. start() and stop() may be called from any thread but its own.
class ReadThread {
 public:
  ReadThread() : thread_([this] { run(); }) {}
  ReadThread(const ReadThread&) = delete;
  ReadThread& operator=(const ReadThread&) = delete;
  ~ReadThread() { stop(); }

  /// False if as many jobs wait as may, or stop() was called.
  bool start(ReadJob job) { return jobs_.try_push(job); }

  /// Tells the job under way to end, drops those that wait, and joins the thread.
  void stop();

 private:
  void run();

  std::atomic<bool> stopping_ = false;
  BoundedQueue<ReadJob> jobs_{kMaxReadsWaiting};
  std::thread thread_;  // last: it uses all the others
};

}  // namespace feedwire::daemon
