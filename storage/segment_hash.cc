#include "storage/segment_hash.h"

namespace feedwire::storage {

SegmentHash::~SegmentHash() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SegmentHash::update(std::string_view bytes) {
  sha_->update(bytes);
  size_ += bytes.size();
}

void SegmentHash::begin(std::string_view bytes) {
  if (bytes.size() < kLong) return update(bytes);
  size_ += bytes.size();
  {
    const std::lock_guard lock(mutex_);
    begun_ = bytes;
  }
  changed_.notify_all();
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void SegmentHash::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return begun_.empty(); });
}

void SegmentHash::restart() {
  sha_ = std::make_unique<Sha256>();
  size_ = 0;
}

void SegmentHash::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || !begun_.empty(); });
    if (begun_.empty()) return;
    const std::string_view bytes = begun_;
    lock.unlock();
    sha_->update(bytes);
    lock.lock();
    begun_ = {};
    changed_.notify_all();
  }
}

}  // namespace feedwire::storage
