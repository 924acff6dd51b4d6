#include "storage/outbox.h"

namespace feedwire::storage {

void Outbox::add(std::uint64_t size_bytes, bool needed) {
  rows_.push_back({size_bytes, needed});
  size_bytes_ += size_bytes;
}

void Outbox::supersede(Sequence sequence, Batch& batch) {
  if (sequence < from_)
    batch.remove(Family::log, number_key(sequence));
  else
    rows_[sequence - from_].needed = false;
}

void Outbox::trim(Sequence synced, Batch& batch) {
  // Rows that are not synced yet come on top of the margin; they are few (1,000 or 1 s).
  const Sequence end = from_ + rows_.size();
  const std::size_t unsynced = static_cast<std::size_t>(end - 1 - synced);
  std::uint64_t unsynced_bytes = 0;
  for (std::size_t i = rows_.size() - unsynced; i < rows_.size(); ++i)
    unsynced_bytes += rows_[i].size_bytes;
  while (rows_.size() > kMarginRows + unsynced &&
         size_bytes_ - rows_.front().size_bytes >= kMarginBytes + unsynced_bytes)
    drop_front(batch);
}

void Outbox::forget_before(Sequence first, Batch& batch) {
  while (from_ < first && !rows_.empty()) drop_front(batch);
}

void Outbox::drop_front(Batch& batch) {
  if (!rows_.front().needed) batch.remove(Family::log, number_key(from_));
  size_bytes_ -= rows_.front().size_bytes;
  rows_.pop_front();
  ++from_;
}

}  // namespace feedwire::storage
