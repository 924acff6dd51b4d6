#include "daemon/standby.h"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "daemon/api_backend.h"
#include "daemon/api_server.h"
#include "daemon/journal.h"
#include "daemon/log.h"
#include "daemon/log_text.h"
#include "daemon/signals.h"
#include "daemon/watchdog.h"

namespace feedwire::daemon {
namespace {

constexpr std::chrono::milliseconds kTick{250};
constexpr std::chrono::seconds kAliveWithin{10};

/// A daemon of which only the main thread runs.
class Waiting : public ApiBackend {
 public:
  Waiting(const Clock& clock, const Watchdog& watchdog) : clock_(clock), watchdog_(watchdog) {}

  bool alive() const override { return watchdog_.alive(clock_.now().mono, kAliveWithin); }
  std::vector<std::string> not_ready() const override { return {"the disk is full"}; }
  bool has_store() const override { return false; }

  DaemonStatus status() const override { return {}; }
  const storage::Store& store() const override { throw std::logic_error("there is no store"); }
  bool on_store_thread(StoreTask) override { return false; }
  bool on_read_thread(ReadJob) override { return false; }
  std::filesystem::path ledger_dir() const override { return {}; }
  bool reload(ReloadDone) override { return false; }
  bool change_feeds(storage::FeedChanges, FeedsDone) override { return false; }
  void poll_feed(storage::FeedKey, const PollOrder&, PollDone) override {}
  bool backup(const std::filesystem::path&, BackupDone) override { return false; }

 private:
  const Clock& clock_;
  const Watchdog& watchdog_;
};

// Without it the daemon waits all the same.
std::unique_ptr<ApiServer> start_api(const std::filesystem::path& socket, ApiBackend& backend,
                                     const Clock& clock) {
  Result<std::unique_ptr<ApiServer>> api =
      ApiServer::start(socket, access_policy(), {}, backend, clock);
  if (api) return std::move(*api);
  SPDLOG_WARN("no API while the disk is full error={}", log_value(api.error().message));
  return nullptr;
}

// Whether SIGTERM or SIGINT came within a tick.
bool stopped(const UniqueFd& signals) {
  pollfd fd{signals.get(), POLLIN, 0};
  if (::poll(&fd, 1, static_cast<int>(kTick.count())) < 0 && errno != EINTR)
    throw std::runtime_error("poll");
  signalfd_siginfo info{};
  return ::read(signals.get(), &info, sizeof info) == sizeof info;
}

}  // namespace

Result<StandbyEnd> stand_by(DiskGuard& guard, const ServiceEnvironment& environment,
                            const std::filesystem::path& socket) {
  const SystemClock clock;
  const UniqueFd signals = open_signals({SIGTERM, SIGINT});
  const NotifySocket manager = NotifySocket::open_or_none(environment.notify_socket);
  ServiceNotifier notifier([&](std::string_view message) { manager.send(message); });
  Watchdog watchdog(environment.watchdog, clock.now().mono);
  Waiting backend(clock, watchdog);
  const std::unique_ptr<ApiServer> api = start_api(socket, backend, clock);
  log_to_journal(kJournalSocket);
  notifier.ready();
  for (MonoTime check = clock.now().mono + kStandbyCheckEvery;;) {
    const Now now = clock.now();
    watchdog.tick_all(now.mono);
    if (watchdog.due(now.mono)) manager.send("WATCHDOG=1");
    if (now.mono >= check) {
      const Result<Room> room = guard.step();
      if (!room) return room.error();
      if (*room != Room::none) return StandbyEnd::room;
      check = now.mono + kStandbyCheckEvery;
    }
    notifier.set_status(guard.reason());
    notifier.step(now);
    if (stopped(signals)) {
      SPDLOG_INFO("stopping while the disk is full");
      notifier.stopping(now);
      return StandbyEnd::signal;
    }
  }
}

}  // namespace feedwire::daemon
