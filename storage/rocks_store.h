// The Store that there is: rows in RocksDB, events in segments.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>

#include "base/tally.h"
#include "base/unique_fd.h"
#include "storage/backup.h"
#include "storage/database.h"
#include "storage/entry_retention.h"
#include "storage/event_log.h"
#include "storage/group.h"
#include "storage/log_plan.h"
#include "storage/log_retention.h"
#include "storage/outbox.h"
#include "storage/queries.h"
#include "storage/store.h"

namespace feedwire::storage {

// Of what waits for a disk: 1 ms on a good one; 10 s and more on one that stalls.
inline constexpr DurationBounds kDiskBounds = {
    std::chrono::microseconds{1'000},     std::chrono::microseconds{2'500},
    std::chrono::microseconds{5'000},     std::chrono::microseconds{10'000},
    std::chrono::microseconds{25'000},    std::chrono::microseconds{50'000},
    std::chrono::microseconds{100'000},   std::chrono::microseconds{250'000},
    std::chrono::microseconds{500'000},   std::chrono::microseconds{1'000'000},
    std::chrono::microseconds{2'500'000}, std::chrono::microseconds{10'000'000}};

/// A base before the one that owns the database: the lock outlives it.
struct HeldLock {
  UniqueFd lock;
};

/// Made by Store::open(), which calls start() first of all (store_start.cc). Threads: as Store.
class RocksStore : private HeldLock, public Answers<Store> {
 public:
  RocksStore(Options options, Fs& fs, const Clock& clock, Rng& rng, UniqueFd lock_fd,
             std::unique_ptr<Database> database)
      : HeldLock{std::move(lock_fd)},
        Answers(std::move(database)),
        options_(std::move(options)),
        fs_(fs),
        clock_(clock),
        rng_(rng),
        outbox_(1),
        log_retention_(options_, *database_, fs),
        entry_retention_(options_, *database_, feeds_) {}

  /// Recovers the log, or begins one. Errors: those of Store::open().
  Result<void> start();

  Result<void> subscribe(std::span<const FeedRef> feeds) override;
  Result<void> change_feeds(const FeedChanges& changes) override;
  std::vector<OperatorFeed> operator_feeds() const override;
  Result<CommitSummary> commit(std::span<const PollOutcome> outcomes) override;
  Result<void> tick(Now now) override;
  Result<void> seal(Now now) override;
  Result<void> close() override;
  Result<void> set_cursor(const std::string& name, const CursorRow& row) override;
  Result<void> delete_cursor(const std::string& name) override;

  Result<BackupSummary> backup(const std::filesystem::path& dir,
                               const std::function<bool()>& go_on) const override;
  Result<void> new_epoch() override;

  LogStatus log_status() const override {
    const std::lock_guard guard(status_mutex_);
    return status_;
  }
  Crash last_crash() const override { return meta_.last_crash; }
  bool unclean_start() const override { return unclean_start_; }
  StoreFigures figures() const override;

 private:
  Result<void> begin_log();
  Result<void> resume_log();
  Result<void> load_outbox();
  Result<void> load_feeds();
  WallTime recorded_time(WallTime not_before) const;
  Result<void> write(LogPlan& plan, Batch& batch, std::span<const Sequence> superseded, Now now);
  Result<void> put_renewed(std::span<const std::pair<FeedKey, bool>> feeds, WallTime now,
                           Batch& batch) const;
  Result<void> trim_log(Now now);
  Result<void> look(Now now);
  void note_crash();
  void publish_status();

  const Options options_;
  Fs& fs_;
  const Clock& clock_;
  Rng& rng_;
  MetaRow meta_;
  std::unique_ptr<EventLog> log_;
  Outbox outbox_;
  FeedRows feeds_;
  LogRetention log_retention_;
  EntryRetention entry_retention_;
  bool unclean_start_ = false;
  DurationTally commits_{kDiskBounds}, syncs_{kDiskBounds};
  std::chrono::microseconds recovery_{};  // these two are set by start()
  std::uint64_t rewritten_lines_ = 0;
  MonoTime look_at_{};
  std::uint64_t disturbances_ = 0;
  std::string last_disturbance_;

  mutable std::mutex status_mutex_;
  LogStatus status_;  // guarded by status_mutex_
};

}  // namespace feedwire::storage
