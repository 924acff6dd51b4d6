// The store stage: what the store thread does with the outcomes that have come in. A plain object;
// a test steps it in virtual time.

#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "storage/store.h"

namespace feedwire::daemon {

inline constexpr std::size_t kMaxGroupWork = 500;  // of one commit group, or one whole document

/// How much of a group an outcome takes: its entries that the window does not know, and itself.
std::size_t work_of(const storage::PollOutcome& outcome);

/// Used by the store thread.
class StoreStage {
 public:
  explicit StoreStage(storage::Store& store) : store_(store) {}

  /// Commits the outcomes in order, in as few groups as kMaxGroupWork allows. When it returns
  /// they are durable. Errors: io, after which the process must end.
  Result<void> commit(const std::vector<storage::PollOutcome>& outcomes);

  const storage::CommitSummary& totals() const { return totals_; }

 private:
  storage::Store& store_;
  storage::CommitSummary totals_;
};

}  // namespace feedwire::daemon
