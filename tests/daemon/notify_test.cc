#include "daemon/notify.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using Messages = std::vector<std::string>;

const Now kStart{WallTime(1'000'000s), MonoTime(5s)};

/// The service manager's end of $NOTIFY_SOCKET.
class FakeManager {
 public:
  explicit FakeManager(const std::string& address)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, address.data(), address.size());
    const bool abstract = address[0] == '@';
    if (abstract) name.sun_path[0] = '\0';
    const std::size_t size = offsetof(sockaddr_un, sun_path) + address.size() + (abstract ? 0 : 1);
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&name),
                   static_cast<socklen_t>(size)) == 0);
  }

  /// Waits for the next message.
  std::string receive() {
    std::array<char, 4096> message{};
    const ssize_t size = ::recv(fd_.get(), message.data(), message.size(), 0);
    REQUIRE(size >= 0);
    return {message.data(), static_cast<std::size_t>(size)};
  }

 private:
  UniqueFd fd_;
};

/// A notifier whose messages a test reads.
struct Recorded {
  Messages messages;
  ServiceNotifier notifier{[this](std::string_view message) { messages.emplace_back(message); }};

  Messages take() { return std::exchange(messages, {}); }
};

}  // namespace

TEST_CASE("messages reach a socket with a path", "[notify]") {
  const tests::TempDir dir;
  const std::string path = dir.path() / "notify";
  FakeManager manager(path);

  NotifySocket::open(path).value().send("READY=1");

  CHECK(manager.receive() == "READY=1");
}

TEST_CASE("messages reach a socket in the abstract namespace", "[notify]") {
  const std::string address = "@feedwire-notify-test-" + std::to_string(::getpid());
  FakeManager manager(address);

  NotifySocket::open(address).value().send("READY=1");

  CHECK(manager.receive() == "READY=1");
}

TEST_CASE("OP-10 without a service manager nothing is sent and nothing fails", "[notify]") {
  const tests::TempDir dir;

  NotifySocket::open("").value().send("READY=1");
  NotifySocket::open(dir.path() / "nobody").value().send("READY=1");
}

TEST_CASE("an address that is neither a path nor a name is refused", "[notify]") {
  CHECK(NotifySocket::open("run/notify").error().message ==
        "NOTIFY_SOCKET=run/notify: expected a path or @name of at most 107 bytes");
  CHECK_FALSE(NotifySocket::open("/" + std::string(107, 'x')));
  CHECK(NotifySocket::open("/" + std::string(106, 'x')));
  CHECK(NotifySocket::open("@" + std::string(107, 'x')));
}

TEST_CASE("OP-5 a start, a reload and a stop are told in this order", "[notify]") {
  Recorded manager;
  ServiceNotifier& notifier = manager.notifier;

  notifier.set_status("polling 3 feeds");
  notifier.ready();
  notifier.step(kStart);
  CHECK(manager.take() == Messages{"READY=1", "STATUS=polling 3 feeds"});

  notifier.reloading(kStart + 2s);
  notifier.ready();
  CHECK(manager.take() == Messages{"RELOADING=1\nMONOTONIC_USEC=7000000", "READY=1"});

  notifier.stopping(kStart + 3s);
  notifier.step(kStart + 3s);
  CHECK(manager.take() == Messages{"STOPPING=1"});
}

TEST_CASE("OP-5 a failed reload becomes ready again and says so", "[notify]") {
  Recorded manager;
  manager.notifier.reloading(kStart);
  manager.notifier.set_status("reload failed: feedwired.toml:3:1: fetch.timout");
  manager.notifier.ready();
  manager.notifier.step(kStart);

  CHECK(manager.take() == Messages{"RELOADING=1\nMONOTONIC_USEC=5000000", "READY=1",
                                   "STATUS=reload failed: feedwired.toml:3:1: fetch.timout"});
}

TEST_CASE("OP-5 a bad configuration is told with ERRNO", "[notify]") {
  Recorded manager;
  manager.notifier.failed(EINVAL, "feedwired.toml:3:1: unknown key\nREADY=1");

  CHECK(manager.take() == Messages{"STATUS=feedwired.toml:3:1: unknown key\\nREADY=1\nERRNO=22"});
}

TEST_CASE("a status is sent when it changes, at most once a second", "[notify]") {
  Recorded manager;
  ServiceNotifier& notifier = manager.notifier;

  notifier.set_status("1");
  notifier.step(kStart);
  notifier.set_status("2");
  notifier.step(kStart + 500ms);
  notifier.set_status("3");
  notifier.step(kStart + 999ms);
  CHECK(manager.take() == Messages{"STATUS=1"});

  notifier.step(kStart + 1s);
  notifier.step(kStart + 10s);
  CHECK(manager.take() == Messages{"STATUS=3"});
}

TEST_CASE("a long stop asks for more time every 5 s", "[notify]") {
  Recorded manager;
  manager.notifier.stopping(kStart);
  for (auto span = 0s; span <= 11s; span += 1s) manager.notifier.step(kStart + span);

  CHECK(manager.take() ==
        Messages{"STOPPING=1", "EXTEND_TIMEOUT_USEC=15000000", "EXTEND_TIMEOUT_USEC=15000000"});
}

TEST_CASE("OP-5 recovery asks for more time again and again while it lasts", "[notify]") {
  const tests::TempDir dir;
  const std::string path = dir.path() / "notify";
  FakeManager manager(path);
  const NotifySocket socket = NotifySocket::open(path).value();
  const std::string message = "EXTEND_TIMEOUT_USEC=15000000\nWATCHDOG=1\nSTATUS=recovering";

  {
    const RecoveryNotice notice(socket, "recovering", 1ms);
    for (int i = 0; i < 3; ++i) CHECK(manager.receive() == message);
  }
  socket.send("READY=1");

  std::string last;
  while ((last = manager.receive()) == message) {
  }
  CHECK(last == "READY=1");
}

TEST_CASE("recovery asks for more time at once", "[notify]") {
  const tests::TempDir dir;
  const std::string path = dir.path() / "notify";
  FakeManager manager(path);
  const NotifySocket socket = NotifySocket::open(path).value();

  { const RecoveryNotice notice(socket, "recovering"); }
  socket.send("READY=1");

  CHECK(manager.receive() == "EXTEND_TIMEOUT_USEC=15000000\nWATCHDOG=1\nSTATUS=recovering");
  CHECK(manager.receive() == "READY=1");
}

TEST_CASE("the watchdog is ours only if WATCHDOG_PID says so", "[notify]") {
  CHECK(watchdog_interval("30000000", "42", 42) == 30s);
  CHECK(watchdog_interval("30000000", nullptr, 42) == 30s);
  CHECK(watchdog_interval("30000000", "41", 42) == std::nullopt);
  CHECK(watchdog_interval("30000000", "", 42) == std::nullopt);
  CHECK(watchdog_interval(nullptr, "42", 42) == std::nullopt);
  for (const char* usec : {"", "0", "-1", "30s", "99999999999999999999"})
    CHECK(watchdog_interval(usec, nullptr, 42) == std::nullopt);
}

TEST_CASE("the environment is read once and not passed on to children", "[notify]") {
  ::setenv("NOTIFY_SOCKET", "@x", 1);
  ::setenv("WATCHDOG_USEC", "1000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);

  const ServiceEnvironment environment = take_service_environment();

  CHECK(environment.notify_socket == "@x");
  CHECK(environment.watchdog == 1s);
  CHECK(::getenv("NOTIFY_SOCKET") == nullptr);
  CHECK(take_service_environment().notify_socket.empty());
  CHECK_FALSE(take_service_environment().watchdog);
}

}  // namespace feedwire::daemon
