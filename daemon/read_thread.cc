#include "daemon/read_thread.h"

#include <chrono>

namespace feedwire::daemon {

void ReadThread::run() {
  using namespace std::chrono_literals;
  while (!jobs_.drained())
    for (const ReadJob& job : jobs_.pop_all(1h))
      if (!stopping_) job(stopping_);
}

void ReadThread::stop() {
  stopping_ = true;
  jobs_.close();
  if (thread_.joinable()) thread_.join();
}

}  // namespace feedwire::daemon
