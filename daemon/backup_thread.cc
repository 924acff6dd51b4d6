#include "daemon/backup_thread.h"

#include <utility>

namespace feedwire::daemon {

bool BackupThread::start(std::filesystem::path dir, Done done) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || busy_.exchange(true)) return false;
  if (thread_.joinable()) thread_.join();  // its backup is done
  thread_ = std::thread([this, dir = std::move(dir), done = std::move(done)] {
    const Result<storage::BackupSummary> made = store_.backup(dir, [this] { return !stopping_; });
    busy_ = false;
    done(made);
  });
  return true;
}

void BackupThread::stop() {
  stopping_ = true;
  const std::lock_guard lock(mutex_);
  if (thread_.joinable()) thread_.join();
}

}  // namespace feedwire::daemon
