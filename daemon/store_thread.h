// The store thread: the only writer of the store. It takes outcomes and tasks from one bounded
// queue, in order, and commits together what comes in close succession: one sync for many polls.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <variant>
#include <vector>

#include "base/bounded_queue.h"
#include "base/clock.h"
#include "base/result.h"
#include "daemon/api_backend.h"
#include "daemon/store_stage.h"
#include "storage/store.h"

namespace feedwire::daemon {

inline constexpr std::size_t kStoreQueue = 1024;  // outcomes and tasks; more, and polling waits

/// Entry events committed since the start, and what became of the entries of documents
/// (CommitSummary); read by any thread.
struct StoreCounters {
  std::atomic<std::uint64_t> created = 0, updated = 0, sighted = 0, deleted = 0, restored = 0;
  std::atomic<std::uint64_t> items_created = 0, items_updated = 0, items_duplicate = 0,
                             items_rejected = 0;
};

class StoreThread {
 public:
  struct Hooks {
    std::function<void(std::vector<feeds::FeedKey>)>
        committed;                             // these feeds' outcomes are durable
    std::function<void()> tick;                // at least twice a second
    std::function<void(const Error&)> failed;  // the store is unusable: must end the process
  };

  /// All hooks are called on the store thread. `store` and `clock` must outlive this.
  StoreThread(storage::Store& store, const Clock& clock, Hooks hooks);
  ~StoreThread() { stop(); }

  /// Any thread. False, with the argument untouched, while the queue is full or closed.
  bool offer(storage::PollOutcome& outcome);
  bool offer(StoreTask& task);

  /// Works off the queue, takes nothing more, and joins the thread. Any thread but the store's.
  void stop();

  const StoreCounters& counters() const { return counters_; }

 private:
  using Work = std::variant<storage::PollOutcome, StoreTask>;

  void run();
  Result<void> work_off(std::vector<Work> batch);
  Result<void> commit(std::vector<storage::PollOutcome>& outcomes);

  storage::Store& store_;
  const Clock& clock_;
  const Hooks hooks_;
  StoreStage stage_;
  StoreCounters counters_;
  BoundedQueue<Work> queue_{kStoreQueue};
  std::thread thread_;
};

}  // namespace feedwire::daemon
