#include "daemon/store_thread.h"

#include <utility>

namespace feedwire::daemon {
namespace {

// How long the thread sleeps when there is nothing to do: the store's tick wants to come at least
// once a second, the watchdog's twice.
constexpr std::chrono::milliseconds kIdleTick{250};

// While outcomes keep coming they share a sync: until there are many, or one came long ago.
constexpr std::chrono::milliseconds kGatherPause{20}, kGatherTime{250};

}  // namespace

StoreThread::StoreThread(storage::Store& store, const Clock& clock, Hooks hooks)
    : store_(store), clock_(clock), hooks_(std::move(hooks)), stage_(store), thread_([this] {
        run();
      }) {}

bool StoreThread::offer(storage::PollOutcome& outcome) {
  Work work(std::move(outcome));
  if (queue_.try_push(work)) return true;
  outcome = std::move(std::get<storage::PollOutcome>(work));
  return false;
}

bool StoreThread::offer(StoreTask& task) {
  Work work(std::move(task));
  if (queue_.try_push(work)) return true;
  task = std::move(std::get<StoreTask>(work));
  return false;
}

void StoreThread::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void StoreThread::run() {
  while (!queue_.drained()) {
    std::size_t work = 0;
    const auto is_enough = [&work](const Work& next) {
      const auto* outcome = std::get_if<storage::PollOutcome>(&next);
      if (outcome == nullptr) return true;  // whoever asked for a task waits for it
      return (work += work_of(*outcome)) >= kMaxGroupWork;
    };
    Result<void> done =
        work_off(queue_.pop_gathered(kIdleTick, kGatherPause, kGatherTime, is_enough));
    if (done) done = store_.tick(clock_.now());
    if (!done) return hooks_.failed(done.error());
    hooks_.tick();
  }
}

Result<void> StoreThread::work_off(std::vector<Work> batch) {
  std::vector<storage::PollOutcome> outcomes;
  for (Work& work : batch) {
    if (auto* outcome = std::get_if<storage::PollOutcome>(&work)) {
      outcomes.push_back(std::move(*outcome));
      continue;
    }
    // A task sees what was handed over before it.
    if (Result<void> done = commit(outcomes); !done) return done;
    if (Result<void> done = std::get<StoreTask>(work)(store_); !done) return done;
  }
  return commit(outcomes);
}

Result<void> StoreThread::commit(std::vector<storage::PollOutcome>& outcomes) {
  if (outcomes.empty()) return {};
  if (Result<void> done = stage_.commit(outcomes); !done) return done;
  counters_.created = stage_.totals().created;
  counters_.updated = stage_.totals().updated;
  counters_.sighted = stage_.totals().sighted;
  counters_.deleted = stage_.totals().deleted;
  counters_.restored = stage_.totals().restored;
  counters_.items_created = stage_.totals().items.created;
  counters_.items_updated = stage_.totals().items.updated;
  counters_.items_duplicate = stage_.totals().items.duplicate;
  counters_.items_rejected = stage_.totals().items.rejected;
  std::vector<feeds::FeedKey> feeds;
  feeds.reserve(outcomes.size());
  for (const storage::PollOutcome& outcome : outcomes) feeds.push_back(outcome.feed);
  outcomes.clear();
  hooks_.committed(std::move(feeds));
  return {};
}

}  // namespace feedwire::daemon
