// feedwired as a whole: starts and ends the threads, turns signals and requests into reloads, and
// tells the service manager how it goes. Runs on the main thread.

#pragma once

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bounded_queue.h"
#include "base/clock.h"
#include "base/exit_code.h"
#include "base/fs.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/unique_fd.h"
#include "config/config.h"
#include "daemon/api_backend.h"
#include "daemon/api_server.h"
#include "daemon/backup_thread.h"
#include "daemon/disk_guard.h"
#include "daemon/ledger_writer.h"
#include "daemon/notify.h"
#include "daemon/poll_thread.h"
#include "daemon/read_thread.h"
#include "daemon/store_thread.h"
#include "daemon/watchdog.h"
#include "storage/store.h"

namespace feedwire::daemon {

struct DaemonArguments {
  std::filesystem::path config_file;
  bool once = false;
  std::filesystem::path record;  // where answers are kept; empty = nowhere
  std::string revision;          // revision()
};

/// Why a run ended in good order.
enum class RunEnd { stopped, disk_full };

/// One run of the daemon. Its members belong to the main thread, but for those of ApiBackend.
class Daemon : private ApiBackend {
 public:
  /// `environment` as take_service_environment() gave it; no thread may run yet. `disk`, which has
  /// seen room for a store, must outlive the daemon.
  Daemon(DaemonArguments arguments, config::Config config, const ServiceEnvironment& environment,
         DiskGuard& disk);
  ~Daemon() override;

  /// Polls until a signal ends it or, with `once`, until every due feed had its turn, or until the
  /// disk has no room (DB-1); with `once` that, and a disk on which nothing is to be polled, is an
  /// error. Errors: those of Store::open(), no_space, and io where the socket or a worker cannot be
  /// made. An io error of the store later on ends the process with ExitCode::io, whatever else is
  /// under way (crash-only).
  Result<RunEnd> run();

  /// The configuration in force, with what reloads changed.
  const config::Config& config() const { return config_; }

 private:
  using Subscriptions = std::vector<Subscription>;
  using PollRows = std::vector<std::pair<FeedKey, storage::PollRow>>;
  /// What is to be polled, and what the store knows of it.
  struct Polled {
    Subscriptions feeds;
    PollRows rows;
  };

  // ApiBackend, called from the API's thread:
  DaemonStatus status() const override;
  bool alive() const override;
  std::vector<std::string> not_ready() const override;
  const storage::Store& store() const override { return *store_; }
  bool on_store_thread(StoreTask task) override;
  bool on_read_thread(ReadJob job) override;
  std::filesystem::path ledger_dir() const override;
  bool reload(ReloadDone done) override;
  bool change_feeds(storage::FeedChanges changes, FeedsDone done) override;
  void poll_feed(FeedKey feed, const PollOrder& order, PollDone done) override;
  bool backup(const std::filesystem::path& dir, BackupDone done) override;

  Result<RunEnd> serve();
  Result<void> open_store();
  Result<void> start_threads();
  void loop();
  void handle_signals();
  void do_reload(const ReloadDone& done);
  Result<ReloadResult> apply(config::Config fresh);
  Result<Polled> subscribe(const config::Config& config);
  Result<FeedsChanged> change(storage::FeedChanges changes);
  void poll_changes(const storage::FeedChanges& changes, std::vector<storage::StoredFeed> rows);
  /// What `work` makes of the store, on its thread; the main thread waits.
  template <typename Made>
  Made in_store(std::function<Result<Made>(storage::Store&)> work);
  void tick();
  void watch_disk();
  bool disk_allows_running() const;
  Error no_space() const;
  Result<void> stop(RunEnd end);
  [[noreturn]] void fail(const Error& error);
  void print_summary() const;

  const DaemonArguments arguments_;
  config::Config config_;
  const SystemClock clock_;
  SystemRng store_rng_, poll_rng_;
  PosixFs fs_;
  LedgerWriter ledger_;
  DiskGuard& disk_;
  UniqueFd signals_, wakeup_;
  NotifySocket notify_socket_;
  ServiceNotifier notifier_;
  Watchdog watchdog_;
  const WallTime started_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<PollThread> poll_;
  std::unique_ptr<StoreThread> store_thread_;
  std::unique_ptr<BackupThread> backup_thread_;
  std::unique_ptr<ReadThread> read_thread_;
  std::unique_ptr<ApiServer> api_;
  BoundedQueue<std::function<void()>> orders_;  // of the API, for the main thread
  std::atomic<bool> ready_ = false, stopping_ = false, once_done_ = false;
  std::atomic<bool> polling_paused_ = false;
  std::uint64_t disturbances_ = 0;  // of the event log's files, told so far
  // Written by the main thread, read by the API's.
  std::atomic<WallTime> last_reload_{WallTime{}};
  std::atomic<std::shared_ptr<const std::string>> last_reload_error_;
  std::atomic<WallTime> last_commit_{WallTime{}};  // written by the store thread
};

}  // namespace feedwire::daemon
