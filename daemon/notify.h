// Tells the service manager how the daemon is doing (sd_notify(3), operations.md 8.2), without
// libsystemd: a datagram to the socket that $NOTIFY_SOCKET names.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace feedwire::daemon {

/// What the service manager passes in the environment; empty where there is none (OP-10).
struct ServiceEnvironment {
  std::string notify_socket;                          // $NOTIFY_SOCKET
  std::optional<std::chrono::microseconds> watchdog;  // $WATCHDOG_USEC, if $WATCHDOG_PID is ours
};

/// Reads the variables and removes them, so that no child process speaks in our name. Call it
/// before any thread is started.
ServiceEnvironment take_service_environment();

/// The watchdog's interval, given the two variables (null if unset) and our process id.
std::optional<std::chrono::microseconds> watchdog_interval(const char* usec, const char* pid,
                                                           pid_t self);

/// The sending end. Any thread.
class NotifySocket {
 public:
  /// `address` is an absolute path or "@name" in the abstract namespace; with an empty one nothing
  /// is ever sent. Errors: invalid_argument (another kind of address, too long), io.
  static Result<NotifySocket> open(const std::string& address);
  /// Warns where open() fails, and then sends nothing: a daemon runs all the same (OP-10).
  static NotifySocket open_or_none(const std::string& address);

  /// Sends one message of "NAME=value" lines. A message that cannot be sent is dropped: there is
  /// nobody to tell, and the next one may get through.
  void send(std::string_view message) const;

 private:
  NotifySocket(UniqueFd fd, std::string address)
      : fd_(std::move(fd)), address_(std::move(address)) {}

  UniqueFd fd_;          // invalid if nothing is to be sent
  std::string address_;  // as in sockaddr_un: a NUL first if abstract
};

/// Says each thing in the order and at the rate the service manager wants. Used by one thread, the
/// main thread, which calls step() at least once a second.
class ServiceNotifier {
 public:
  using Send = std::function<void(std::string_view message)>;
  static constexpr std::chrono::seconds kStatusGap{1};  // between two status lines
  static constexpr std::chrono::seconds kExtendEvery{5};
  static constexpr std::chrono::seconds kExtendBy{15};  // survives two lost messages

  explicit ServiceNotifier(Send send) : send_(std::move(send)) {}

  /// The store is recovered and feeds are polled (R8).
  void ready();
  /// A reload begins. However it ends, ready() must follow, or the reload hangs.
  void reloading(Now now);
  /// First thing on SIGTERM; from now on step() asks for more time.
  void stopping(Now now);
  /// The daemon cannot start or go on: `errno_value` for programs, `reason` for people.
  void failed(int errno_value, std::string_view reason);

  /// One line for people ("systemctl status"). Sent by step() if it differs from the last one.
  void set_status(std::string_view text);

  void step(Now now);

 private:
  const Send send_;
  std::string status_, sent_status_;
  std::optional<MonoTime> status_sent_at_;
  std::optional<MonoTime> extend_at_;  // set while stopping
};

/// Asks for more time to start while the main thread is busy with recovery: at once, then every
/// `every` until destroyed. The watchdog is fed too, which runs already after a standby.
class RecoveryNotice {
 public:
  RecoveryNotice(const NotifySocket& socket, std::string_view status,
                 std::chrono::milliseconds every = ServiceNotifier::kExtendEvery);
  RecoveryNotice(const RecoveryNotice&) = delete;
  RecoveryNotice& operator=(const RecoveryNotice&) = delete;
  ~RecoveryNotice();

 private:
  std::mutex mutex_;
  std::condition_variable ended_changed_;
  bool ended_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace feedwire::daemon
