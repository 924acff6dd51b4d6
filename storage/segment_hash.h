// The SHA-256 of a segment while it grows. It costs about an eighth of a commit, and nobody waits
// for it before the segment is closed: what is long is hashed beside the write of the database.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/hash.h"

namespace feedwire::storage {

/// Used by one thread, which all members but the thread of its own belong to.
class SegmentHash {
 public:
  /// Shorter pieces are not worth waking a thread for.
  static constexpr std::size_t kLong = 64 * 1024;

  SegmentHash() = default;
  SegmentHash(const SegmentHash&) = delete;
  SegmentHash& operator=(const SegmentHash&) = delete;
  ~SegmentHash();

  /// Takes in `bytes`, which follow what was taken in before.
  void update(std::string_view bytes);
  /// Likewise, but may return before it is done: `bytes` must stay as they are until wait(), and no
  /// other member may be called before it.
  void begin(std::string_view bytes);
  void wait();

  /// Forgets everything: the next bytes are the first ones of another segment.
  void restart();
  /// How many bytes were taken in.
  std::uint64_t size() const { return size_; }
  /// 64 lower-case digits.
  std::string hex() const { return sha_->hex(); }

 private:
  void run();

  std::unique_ptr<Sha256> sha_ = std::make_unique<Sha256>();
  std::uint64_t size_ = 0;
  std::thread thread_;  // not before there was something long

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string_view begun_;  // guarded by mutex_; empty: nothing is being hashed
  bool stop_ = false;       // guarded by mutex_
};

}  // namespace feedwire::storage
