#pragma once

#include <filesystem>

#include "base/unique_fd.h"

namespace feedwire::cli {

/// Waits for the event log to grow. Used by one thread.
class LogWatch {
 public:
  explicit LogWatch(std::filesystem::path events_dir);

  /// Returns when something may have happened; false if nobody reads standard output any more.
  bool wait();

 private:
  const std::filesystem::path dir_;
  UniqueFd inotify_;
  bool watching_ = false;
};

}  // namespace feedwire::cli
