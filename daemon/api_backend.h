// What the API needs of the rest of the daemon. feedwired implements it by handing tasks to the
// threads they belong to; tests with a store in memory.

#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "daemon/fetch_figures.h"
#include "daemon/manual_poll.h"
#include "storage/store.h"

namespace feedwire::daemon {

/// What `GET /v1/status` and `GET /v1/overview` say beside the state of the log. Counts are since
/// the start.
struct DaemonStatus {
  std::string version;      // "0.1.0"
  std::string revision;     // of the sources: "8b92ce2f1a09"
  std::string config_file;  // as it was opened
  WallTime started{};
  std::uint64_t feeds = 0, failing = 0;                                 // subscriptions now
  std::uint64_t polls = 0, documents = 0, unchanged = 0, failures = 0;  // PollStats
  // Entry events committed.
  std::uint64_t created = 0, updated = 0, sighted = 0, deleted = 0, restored = 0;
  storage::CommitSummary::Items items;  // of documents
  FetchFigures fetches;
  WallTime offline_since{};       // nothing can be reached since then (H-62); epoch = it can
  WallTime last_reload{};         // of the last attempt; epoch = none since the start
  std::string last_reload_error;  // empty after a success
  WallTime last_commit{};         // of polls, since the start; epoch = none
};

/// How a reload ended. It is all or nothing (OP-8): with mistakes the old configuration stays.
struct ReloadResult {
  std::uint64_t feeds = 0;  // subscriptions now
  std::vector<std::string>
      mistakes;  // "file:line:column: key: …", those of config::Mistake::text()
  /// Other settings than feeds and log.level differ from those in force, which a restart alone
  /// takes over.
  bool needs_restart = false;
};

/// What became of an operator's changes, if they were made.
struct FeedsChanged {
  /// Of each feed that was to be added, in order.
  struct Added {
    storage::FeedKey feed = 0;
    bool is_new = false;
    std::string note;  // why it is none, for people
  };
  std::vector<Added> added;
};

/// Work for the store thread. What it returns is treated like the result of Store::commit(): an
/// error ends the process. Everything else, such as not_found, the task reports on its own.
using StoreTask = std::function<Result<void>(storage::Store&)>;

/// Work for the thread that reads for the API. It should end soon once `stopping` is set.
using ReadJob = std::function<void(const std::atomic<bool>& stopping)>;

/// All members are called from the API's threads, of which there are two where it also listens at a
/// TCP address, and must not wait for another one: they also answer /livez. A callback may be
/// called from any thread, at once too; dropping one without calling it answers the request with
/// 503, so a daemon that stops may just clear its queues.
class ApiBackend {
 public:
  using ReloadDone = std::function<void(const ReloadResult&)>;
  using FeedsDone = std::function<void(const Result<FeedsChanged>&)>;
  using BackupDone = std::function<void(const Result<storage::BackupSummary>&)>;

  virtual ~ApiBackend() = default;

  virtual DaemonStatus status() const = 0;

  /// Whether each thread has turned its loop within the last 10 s (/livez).
  virtual bool alive() const = 0;

  /// Why the daemon is not ready, for people: "stopping", "disk is full"; empty = ready (/readyz).
  virtual std::vector<std::string> not_ready() const = 0;

  /// Whether there is a store. Without one, as while the disk is full, only /livez and /readyz are
  /// answered, all else with 503.
  virtual bool has_store() const { return true; }

  /// For its const members, which any thread may call.
  virtual const storage::Store& store() const = 0;

  /// Runs `task` on the store thread, soon. False if its queue is full or closed.
  virtual bool on_store_thread(StoreTask task) = 0;

  /// Runs `job` on the thread for what takes long to read, one after the other. False if too many
  /// wait, or the daemon is stopping.
  virtual bool on_read_thread(ReadJob job) = 0;

  /// Where the poll ledger is, if it is kept.
  virtual std::filesystem::path ledger_dir() const = 0;

  /// Reads the configuration again, on the thread that does so for SIGHUP. False if the daemon is
  /// stopping, or already has as many reloads waiting as it takes.
  virtual bool reload(ReloadDone done) = 0;

  /// Makes the changes, all or none, and polls accordingly. False as for reload(). Told errors:
  /// invalid_argument (the configuration names a feed that was to be removed, or a name is taken).
  virtual bool change_feeds(storage::FeedChanges changes, FeedsDone done) = 0;

  /// PollStage::poll_now().
  virtual void poll_feed(storage::FeedKey feed, const PollOrder& order, PollDone done) = 0;

  /// Store::backup() on a thread of its own. False if one is under way, or the daemon is stopping.
  virtual bool backup(const std::filesystem::path& dir, BackupDone done) = 0;
};

}  // namespace feedwire::daemon
