// Removes from the database what has expired: a walk through all entries, and one through the keys
// if there is any that leads to what goes (storage/entry_retention.h).

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "base/result.h"
#include "storage/database.h"
#include "storage/outbox.h"

namespace feedwire::storage {

/// Used by the store thread alone. A crash at any point leaves only what the next sweep removes.
/// After an error of a member the process must end.
class EntrySweep {
 public:
  explicit EntrySweep(Database& database) : database_(database) {}

  bool is_running() const { return stage_ != Stage::none; }

  /// Begins a sweep: the content of entries that were last heard of before `content_before` goes,
  /// and all that is left of those last heard of before `rows_before`.
  void begin(WallTime content_before, WallTime rows_before);

  /// Goes on with a thousand rows, if it is running. Errors: corrupt, io.
  Result<void> step(Outbox& outbox);

 private:
  enum class Stage { none, entries, keys, expired };

  Result<void> sweep_entries(Outbox& outbox);
  Result<void> sweep_keys();
  bool has_expired(const KeyRow& row) const;
  Result<void> remove_expired();

  Database& database_;
  Stage stage_ = Stage::none;
  std::string position_;  // the walk goes on with the first key that is not less
  WallTime content_before_{}, rows_before_{};
  std::vector<Hash128> expired_;  // found by the walk through entries; then sorted
  std::size_t removed_ = 0;       // of expired_
};

}  // namespace feedwire::storage
