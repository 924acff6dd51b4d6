#include "daemon/notify.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "base/redact.h"
#include "daemon/log_text.h"

namespace feedwire::daemon {
namespace {

/// A positive decimal number and nothing else.
std::optional<std::int64_t> parse_number(const char* text) {
  if (text == nullptr) return std::nullopt;
  const char* const end = text + std::strlen(text);
  std::int64_t value = 0;
  const auto [rest, error] = std::from_chars(text, end, value);
  if (error != std::errc{} || rest != end || value <= 0) return std::nullopt;
  return value;
}

std::string extend_message() {
  const std::chrono::microseconds span = ServiceNotifier::kExtendBy;
  return fmt::format("EXTEND_TIMEOUT_USEC={}", span.count());
}

/// One STATUS= line, whatever `text` holds.
std::string status_line(std::string_view text) {
  return fmt::format("STATUS={}", log_line(redact_urls(text)));
}

}  // namespace

ServiceEnvironment take_service_environment() {
  ServiceEnvironment environment;
  if (const char* address = std::getenv("NOTIFY_SOCKET")) environment.notify_socket = address;
  environment.watchdog =
      watchdog_interval(std::getenv("WATCHDOG_USEC"), std::getenv("WATCHDOG_PID"), ::getpid());
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  return environment;
}

std::optional<std::chrono::microseconds> watchdog_interval(const char* usec, const char* pid,
                                                           pid_t self) {
  if (pid != nullptr && parse_number(pid) != self) return std::nullopt;
  const std::optional<std::int64_t> interval = parse_number(usec);
  if (!interval) return std::nullopt;
  return std::chrono::microseconds(*interval);
}

Result<NotifySocket> NotifySocket::open(const std::string& address) {
  if (address.empty()) return NotifySocket(UniqueFd(), {});
  const bool abstract = address[0] == '@';
  // sendto() takes an abstract name by its length, a path with its NUL.
  const std::size_t size = address.size() + (abstract ? 0 : 1);
  if ((!abstract && address[0] != '/') || size > sizeof(sockaddr_un::sun_path))
    return Error{ErrorCode::invalid_argument,
                 fmt::format("NOTIFY_SOCKET={}: expected a path or @name of at most {} bytes",
                             log_value(address), sizeof(sockaddr_un::sun_path) - 1)};

  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return errno_error("notify socket");
  std::string name = address;
  if (abstract) name[0] = '\0';
  return NotifySocket(std::move(fd), std::move(name));
}

NotifySocket NotifySocket::open_or_none(const std::string& address) {
  Result<NotifySocket> socket = open(address);
  if (socket) return std::move(*socket);
  SPDLOG_WARN("the service manager cannot be told how it goes error={}",
              log_value(socket.error().message));
  return NotifySocket(UniqueFd(), "");
}

void NotifySocket::send(std::string_view message) const {
  if (!fd_) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const bool abstract = address_[0] == '\0';
  const std::size_t size = offsetof(sockaddr_un, sun_path) + address_.size() + (abstract ? 0 : 1);
  static_cast<void>(::sendto(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&to), static_cast<socklen_t>(size)));
}

void ServiceNotifier::ready() { send_("READY=1"); }

void ServiceNotifier::reloading(Now now) {
  // Together: newer versions of systemd wait for a READY=1 younger than this time.
  send_(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.mono.time_since_epoch().count()));
}

void ServiceNotifier::stopping(Now now) {
  send_("STOPPING=1");
  extend_at_ = now.mono + kExtendEvery;
}

void ServiceNotifier::failed(int errno_value, std::string_view reason) {
  send_(fmt::format("{}\nERRNO={}", status_line(reason), errno_value));
}

void ServiceNotifier::set_status(std::string_view text) { status_ = text; }

void ServiceNotifier::step(Now now) {
  if (extend_at_ && now.mono >= *extend_at_) {
    send_(extend_message());
    extend_at_ = now.mono + kExtendEvery;
  }
  if (status_ == sent_status_) return;
  if (status_sent_at_ && now.mono < *status_sent_at_ + kStatusGap) return;
  send_(status_line(status_));
  sent_status_ = status_;
  status_sent_at_ = now.mono;
}

RecoveryNotice::RecoveryNotice(const NotifySocket& socket, std::string_view status,
                               std::chrono::milliseconds every)
    : thread_([this, &socket, every,
               message = fmt::format("{}\nWATCHDOG=1\n{}", extend_message(), status_line(status))] {
        std::unique_lock lock(mutex_);
        do {
          socket.send(message);
        } while (!ended_changed_.wait_for(lock, every, [this] { return ended_; }));
      }) {}

RecoveryNotice::~RecoveryNotice() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  ended_changed_.notify_one();
  thread_.join();
}

}  // namespace feedwire::daemon
