#include "daemon/log_tail.h"

#include <algorithm>
#include <utility>

namespace feedwire::daemon {

void LogTail::restart(Sequence after) {
  const std::lock_guard lock(mutex_);
  blocks_.clear();
  bytes_ = 0;
  before_ = last_ = after;
}

void LogTail::clear() {
  const std::lock_guard lock(mutex_);
  blocks_.clear();
  bytes_ = 0;
  before_.reset();
}

void LogTail::append(std::shared_ptr<const EventBlock> block) {
  const std::lock_guard lock(mutex_);
  last_ = block->last();
  bytes_ += block->bytes();
  blocks_.push_back(std::move(block));
  while (bytes_ > kBytes && blocks_.size() > 1) {
    before_ = blocks_.front()->last();
    bytes_ -= blocks_.front()->bytes();
    blocks_.pop_front();
  }
}

void LogTail::reached_end() {
  const std::lock_guard lock(mutex_);
  ++ends_;
}

LogTail::Found LogTail::behind(Sequence sequence) const {
  const std::lock_guard lock(mutex_);
  if (!before_) return {Place::unknown, nullptr};
  if (sequence >= last_) return {Place::end, nullptr};
  if (sequence < *before_) return {Place::behind, nullptr};
  const auto found =
      std::upper_bound(blocks_.begin(), blocks_.end(), sequence,
                       [](Sequence wanted, const auto& block) { return wanted < block->last(); });
  return {Place::held, *found};
}

Sequence LogTail::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

std::uint64_t LogTail::ends() const {
  const std::lock_guard lock(mutex_);
  return ends_;
}

}  // namespace feedwire::daemon
