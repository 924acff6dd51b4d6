#include "daemon/daemon.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <stdexcept>

#include "base/environment.h"
#include "base/version.h"
#include "daemon/journal.h"
#include "daemon/log.h"
#include "daemon/log_text.h"
#include "daemon/settings.h"
#include "daemon/signals.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;

// How often the main loop turns when nothing happens; the notifier wants once a second.
constexpr std::chrono::milliseconds kMainTick{250};
constexpr std::chrono::seconds kAliveWithin{10};  // /livez
constexpr std::size_t kMaxOrdersWaiting = 16;

UniqueFd make_event_fd() {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) throw std::runtime_error("eventfd");
  return fd;
}

void ring(int event_fd) {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the reader is woken anyway.
  [[maybe_unused]] const ssize_t written = ::write(event_fd, &one, sizeof one);
}

}  // namespace

Daemon::Daemon(DaemonArguments arguments, config::Config config,
               const ServiceEnvironment& environment, DiskGuard& disk)
    : arguments_(std::move(arguments)),
      config_(std::move(config)),
      ledger_(fs_, config_.state_dir / "ledger", config_.fetch.ledger),
      disk_(disk),
      signals_(open_signals({SIGTERM, SIGINT, SIGHUP})),
      wakeup_(make_event_fd()),
      notify_socket_(NotifySocket::open_or_none(environment.notify_socket)),
      notifier_([this](std::string_view message) { notify_socket_.send(message); }),
      watchdog_(environment.watchdog, clock_.now().mono),
      started_(clock_.now().wall),
      orders_(kMaxOrdersWaiting, [this] { ring(wakeup_.get()); }),
      last_reload_error_(std::make_shared<const std::string>()) {}

Daemon::~Daemon() = default;

Result<RunEnd> Daemon::run() {
  Result<RunEnd> done = serve();
  if (!done) notifier_.failed(EIO, done.error().message);
  return done;
}

Result<RunEnd> Daemon::serve() {
  if (!disk_allows_running()) return no_space();
  // The workers are started before any thread is there; the store's come next.
  PollThread::Hooks hooks;
  hooks.known = {[this](FeedKey feed) { return store_->window_hashes(feed); },
                 [this](FeedKey feed, const feeds::Feed& document) {
                   return store_->shares_entry(feed, document);
                 },
                 [this](FeedKey feed) { return store_->backfill(feed); }};
  hooks.sink = [this](storage::PollOutcome& outcome) { return store_thread_->offer(outcome); };
  hooks.tick = [this] { watchdog_.tick(WatchedThread::poll, clock_.now().mono); };
  hooks.idle = [this] {
    if (arguments_.once && !once_done_.exchange(true)) ring(wakeup_.get());
  };
  hooks.ledger = &ledger_;
  Result<std::unique_ptr<PollThread>> poll = PollThread::create(
      poll_options(config_, arguments_.once), transport_options(config_), parse_pool_options(),
      arguments_.record, clock_, poll_rng_, std::move(hooks));
  if (!poll) return std::move(poll).error();
  poll_ = std::move(*poll);
  if (Result<void> opened = open_store(); !opened) {
    if (opened.error().code != ErrorCode::no_space || arguments_.once)
      return std::move(opened).error();
    disk_.assume_none();
    return RunEnd::disk_full;
  }
  if (Result<void> started = start_threads(); !started) return std::move(started).error();
  log_to_journal(kJournalSocket);
  SPDLOG_INFO("ready feeds={} state={}", poll_->gauges().feeds.load(),
              log_value(config_.state_dir.native()));
  ready_ = true;
  notifier_.ready();
  loop();
  const RunEnd end = stopping_ || once_done_ ? RunEnd::stopped : RunEnd::disk_full;
  if (Result<void> stopped = stop(end); !stopped) return std::move(stopped).error();
  if (end == RunEnd::disk_full && arguments_.once) return no_space();
  return end;
}

Result<void> Daemon::open_store() {
  const RecoveryNotice notice(notify_socket_, "opening the store");
  Result<std::unique_ptr<storage::Store>> opened =
      storage::Store::open(store_options(config_), fs_, clock_, store_rng_);
  if (!opened) return std::move(opened).error();
  store_ = std::move(*opened);
  if (store_->unclean_start())
    SPDLOG_INFO("the last run did not end cleanly; the event log is whole again last_commit={}",
                format_time(store_->last_crash().last_commit));
  return {};
}

Result<void> Daemon::start_threads() {
  StoreThread::Hooks hooks;
  hooks.committed = [this](std::vector<FeedKey> feeds) {
    last_commit_ = clock_.now().wall;
    poll_->committed(std::move(feeds));
  };
  hooks.tick = [this] { watchdog_.tick(WatchedThread::store, clock_.now().mono); };
  hooks.failed = [this](const Error& error) { fail(error); };
  store_thread_ = std::make_unique<StoreThread>(*store_, clock_, std::move(hooks));
  backup_thread_ = std::make_unique<BackupThread>(*store_);
  read_thread_ = std::make_unique<ReadThread>();

  Result<Polled> polled = subscribe(config_);
  if (!polled) return std::move(polled).error();
  if (!arguments_.once) {
    Result<std::unique_ptr<ApiServer>> api =
        ApiServer::start(config_.runtime_dir / "feedwire.sock", access_policy(),
                         api_options(config_), *this, clock_);
    if (!api) return std::move(api).error();
    api_ = std::move(*api);
  }
  if (const auto callbacks = callback_options(config_); callbacks && !arguments_.once)
    if (Result<void> listens = poll_->listen(*callbacks); !listens) return listens;
  watch_disk();
  poll_->start(std::move(polled->feeds), std::move(polled->rows), store_->last_crash());
  return {};
}

void Daemon::loop() {
  while (!stopping_ && !once_done_ && disk_allows_running()) {
    tick();
    pollfd fds[] = {{signals_.get(), POLLIN, 0}, {wakeup_.get(), POLLIN, 0}};
    if (::poll(fds, std::size(fds), static_cast<int>(kMainTick.count())) < 0 && errno != EINTR)
      throw std::runtime_error("poll");
    std::uint64_t rung = 0;
    [[maybe_unused]] const ssize_t read = ::read(wakeup_.get(), &rung, sizeof rung);
    handle_signals();
    for (const std::function<void()>& order : orders_.pop_all(0us)) order();
  }
}

void Daemon::handle_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGHUP) {
      do_reload({});
    } else {
      SPDLOG_INFO("stopping signal={}", info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
      stopping_ = true;
    }
  }
}

void Daemon::tick() {
  const Now now = clock_.now();
  watchdog_.tick(WatchedThread::main, now.mono);
  if (watchdog_.due(now.mono)) notify_socket_.send("WATCHDOG=1");
  watch_disk();
  const storage::LogStatus log = store_->log_status();
  if (log.disturbances != disturbances_) {
    SPDLOG_ERROR("event log: {}", log_line(log.last_disturbance));
    disturbances_ = log.disturbances;
  }
  const PollGauges& gauges = poll_->gauges();
  notifier_.set_status(
      polling_paused_ ? disk_.reason()
                      : fmt::format("{}{} feeds, {} failing; last sequence {}",
                                    gauges.offline_since.load() != WallTime{} ? "offline; " : "",
                                    gauges.feeds.load(), gauges.failing.load(), log.last));
  notifier_.step(now);
}

void Daemon::watch_disk() {
  const Result<Room> room = disk_.step();
  if (!room) fail(room.error());
  const bool pause = *room != Room::enough;
  if (polling_paused_.exchange(pause) != pause) poll_->set_paused(pause);
}

// With `once` there is no later, when the feeds that are due could be polled after all.
bool Daemon::disk_allows_running() const {
  return disk_.room() == Room::enough || (disk_.room() == Room::low && !arguments_.once);
}

Error Daemon::no_space() const {
  return Error{ErrorCode::no_space, fmt::format("{}: {}; free some, or lower store.min_free",
                                                config_.state_dir.native(), disk_.reason())};
}

Result<void> Daemon::stop(RunEnd end) {
  ready_ = false;
  stopping_ = true;
  const bool full = end == RunEnd::disk_full;
  if (!full) notifier_.stopping(clock_.now());
  if (disk_.room() == Room::none)
    if (Result<void> dropped = disk_.drop_ballast(); !dropped) return dropped;
  orders_.close();
  backup_thread_->stop();
  read_thread_->stop();
  poll_->stop();
  store_thread_->stop();
  if (api_) api_->stop();
  Result<void> closed = full ? store_->seal(clock_.now()) : Result<void>();
  if (closed) closed = store_->close();
  if (!closed) return std::move(closed).error().in("close");
  if (arguments_.once) print_summary();
  SPDLOG_INFO(full ? "the store is closed" : "stopped");
  return {};
}

void Daemon::print_summary() const {
  for (const auto& [url, error] : poll_->stage().failing())
    SPDLOG_WARN("feed failed url={} error={}", log_value(url), log_value(error));
  const StoreCounters& entries = store_thread_->counters();
  const PollStats& polls = poll_->stage().stats();
  fmt::print("{} feeds polled, {} failed; entries: {} created, {} updated, {} sighted\n",
             polls.polls, polls.failures, entries.created.load(), entries.updated.load(),
             entries.sighted.load());
  std::fflush(stdout);
}

// The store's state on disk is unknown now; only a restart, which recovers, makes it known again.
void Daemon::fail(const Error& error) {
  SPDLOG_CRITICAL("stopping at once: {}", error.message);
  notify_socket_.send(fmt::format("ERRNO={}\nSTATUS={}", EIO, log_line(error.message)));
  spdlog::shutdown();
  ::_exit(to_int(ExitCode::io));
}

DaemonStatus Daemon::status() const {
  const PollGauges& gauges = poll_->gauges();
  const StoreCounters& entries = store_thread_->counters();
  DaemonStatus status;
  status.version = kVersion;
  status.revision = arguments_.revision;
  status.config_file = arguments_.config_file;
  status.started = started_;
  status.feeds = gauges.feeds;
  status.failing = gauges.failing;
  status.polls = gauges.polls;
  status.documents = gauges.documents;
  status.unchanged = gauges.unchanged;
  status.failures = gauges.failures;
  status.offline_since = gauges.offline_since;
  status.created = entries.created;
  status.updated = entries.updated;
  status.sighted = entries.sighted;
  status.deleted = entries.deleted;
  status.restored = entries.restored;
  status.items = {entries.items_created, entries.items_updated, entries.items_duplicate,
                  entries.items_rejected};
  status.fetches = poll_->fetches();
  status.last_reload = last_reload_;
  status.last_reload_error = *last_reload_error_.load();
  status.last_commit = last_commit_;
  return status;
}

bool Daemon::alive() const { return watchdog_.alive(clock_.now().mono, kAliveWithin); }

std::vector<std::string> Daemon::not_ready() const {
  if (stopping_) return {"stopping"};
  if (!ready_) return {"starting"};
  if (polling_paused_) return {"the disk is nearly full: nothing is polled"};
  return {};
}

bool Daemon::on_store_thread(StoreTask task) { return store_thread_->offer(task); }

bool Daemon::on_read_thread(ReadJob job) { return read_thread_->start(std::move(job)); }

std::filesystem::path Daemon::ledger_dir() const { return config_.state_dir / "ledger"; }

bool Daemon::reload(ReloadDone done) {
  std::function<void()> order = [this, done = std::move(done)] { do_reload(done); };
  return orders_.try_push(order);
}

bool Daemon::change_feeds(storage::FeedChanges changes, FeedsDone done) {
  std::function<void()> order = [this, changes = std::move(changes), done = std::move(done)] {
    done(change(changes));
  };
  return orders_.try_push(order);
}

void Daemon::poll_feed(FeedKey feed, const PollOrder& order, PollDone done) {
  poll_->poll_now(feed, order, std::move(done));
}

bool Daemon::backup(const std::filesystem::path& dir, BackupDone done) {
  return backup_thread_->start(dir, std::move(done));
}

}  // namespace feedwire::daemon
