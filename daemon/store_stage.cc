#include "daemon/store_stage.h"

#include <span>

namespace feedwire::daemon {

std::size_t work_of(const storage::PollOutcome& outcome) {
  std::size_t work = 1;
  const std::size_t entries = outcome.document ? outcome.document->size() : 0;
  for (std::size_t i = 0; i < entries; ++i)
    if (!outcome.document->entry(i).unchanged) ++work;
  return work;
}

Result<void> StoreStage::commit(const std::vector<storage::PollOutcome>& outcomes) {
  const std::span<const storage::PollOutcome> all(outcomes);
  std::size_t begin = 0;
  while (begin < all.size()) {
    std::size_t end = begin + 1;
    std::size_t work = work_of(all[begin]);
    for (; end < all.size(); ++end) {
      work += work_of(all[end]);
      if (work > kMaxGroupWork) break;
    }
    Result<storage::CommitSummary> done = store_.commit(all.subspan(begin, end - begin));
    if (!done) return std::move(done).error().in("commit");
    totals_ += *done;
    begin = end;
  }
  return {};
}

}  // namespace feedwire::daemon
