#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "base/result.h"
#include "storage/store.h"

namespace feedwire::daemon {

/// Makes backups of the store while it is in use: they take long, and no other thread may wait. One
/// at a time. start() and stop() may be called from any thread.
class BackupThread {
 public:
  using Done = std::function<void(const Result<storage::BackupSummary>&)>;

  /// `store` must outlive the object.
  explicit BackupThread(const storage::Store& store) : store_(store) {}
  BackupThread(const BackupThread&) = delete;
  BackupThread& operator=(const BackupThread&) = delete;
  ~BackupThread() { stop(); }

  /// Begins to copy the store to `dir`; `done` is called by the backup's thread. False if another
  /// backup is under way, or stop() was called.
  bool start(std::filesystem::path dir, Done done);

  /// Ends a backup that is under way, between two files of it, and takes no more.
  void stop();

 private:
  const storage::Store& store_;
  std::atomic<bool> stopping_ = false, busy_ = false;
  std::mutex mutex_;
  std::thread thread_;  // guarded by mutex_
};

}  // namespace feedwire::daemon
