#include "daemon/store_stage.h"

#include <span>

namespace feedwire::daemon {
namespace {

std::size_t entries_of(const storage::PollOutcome& outcome) {
  return outcome.document ? outcome.document->size() : 0;
}

}  // namespace

Result<void> StoreStage::commit(const std::vector<storage::PollOutcome>& outcomes) {
  const std::span<const storage::PollOutcome> all(outcomes);
  std::size_t begin = 0;
  while (begin < all.size()) {
    std::size_t end = begin + 1;
    std::size_t entries = entries_of(all[begin]);
    while (end < all.size() && entries + entries_of(all[end]) <= kMaxGroupEntries)
      entries += entries_of(all[end++]);
    Result<storage::CommitSummary> done = store_.commit(all.subspan(begin, end - begin));
    if (!done) return std::move(done).error().in("commit");
    totals_ += *done;
    begin = end;
  }
  return {};
}

}  // namespace feedwire::daemon
