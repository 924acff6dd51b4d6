// The rows of `log` that recovery may need, and which rows of it nobody needs any more.

#pragma once

#include <cstdint>
#include <deque>

#include "storage/database.h"
#include "storage/segment_name.h"

namespace feedwire::storage {

/// Every row from from() on stays, whatever becomes of its entry: recovery rewrites these. Before
/// it only those stay that hold the latest content of an entry. Used by the store thread alone.
class Outbox {
 public:
  static constexpr std::size_t kMarginRows = 1000;
  static constexpr std::uint64_t kMarginBytes = 1024 * 1024;

  explicit Outbox(Sequence from) : from_(from) {}

  Sequence from() const { return from_; }

  /// The next row in order of sequence. `needed` says whether it holds an entry's latest content.
  void add(std::uint64_t size_bytes, bool needed);

  /// The content of this row has a successor: it goes, now or once it leaves the margin.
  void supersede(Sequence sequence, Batch& batch);

  /// Moves from() up to the margin behind the last synced sequence, both 1,000 rows and 1 MiB, and
  /// removes the rows left behind that nobody needs.
  void trim(Sequence synced, Batch& batch);

  /// The segments of the events before `first` are going: there is nothing to recover of them.
  void forget_before(Sequence first, Batch& batch);

 private:
  struct Row {
    std::uint64_t size_bytes;
    bool needed;
  };

  void drop_front(Batch& batch);

  Sequence from_;
  std::deque<Row> rows_;  // of from_, from_ + 1, …
  std::uint64_t size_bytes_ = 0;
};

}  // namespace feedwire::storage
