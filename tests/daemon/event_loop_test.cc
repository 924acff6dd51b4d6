#include "daemon/event_loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <thread>

#include "base/unique_fd.h"

namespace feedwire::daemon {
namespace {

constexpr std::chrono::seconds kLong{60};
constexpr std::chrono::microseconds kNow{0};

struct Pipe {
  Pipe() {
    std::array<int, 2> fds{};
    REQUIRE(::pipe(fds.data()) == 0);
    read_end.reset(fds[0]);
    write_end.reset(fds[1]);
  }
  void write() const { REQUIRE(::write(write_end.get(), "x", 1) == 1); }
  UniqueFd read_end, write_end;
};

}  // namespace

TEST_CASE("a watched fd that is ready runs its callback, each time until it is read",
          "[event_loop]") {
  EventLoop loop;
  const Pipe pipe;
  int calls = 0;
  std::uint32_t seen = 0;
  loop.watch(pipe.read_end.get(), EPOLLIN, [&](std::uint32_t events) {
    ++calls;
    seen = events;
  });
  loop.wait(kNow);
  CHECK(calls == 0);
  pipe.write();
  loop.wait(kLong);
  loop.wait(kLong);
  CHECK(calls == 2);
  CHECK(seen == EPOLLIN);
}

TEST_CASE("watching again changes events and callback", "[event_loop]") {
  EventLoop loop;
  const Pipe pipe;
  int first = 0, second = 0;
  loop.watch(pipe.write_end.get(), EPOLLIN, [&](std::uint32_t) { ++first; });
  loop.wait(kNow);
  loop.watch(pipe.write_end.get(), EPOLLOUT, [&](std::uint32_t) { ++second; });
  loop.wait(kLong);
  CHECK(first == 0);
  CHECK(second == 1);
}

TEST_CASE("a callback may forget its own fd and those that are ready beside it", "[event_loop]") {
  EventLoop loop;
  const Pipe a, b;
  int calls = 0;
  const auto forget_both = [&](std::uint32_t) {
    ++calls;
    loop.forget(a.read_end.get());
    loop.forget(b.read_end.get());
  };
  loop.watch(a.read_end.get(), EPOLLIN, forget_both);
  loop.watch(b.read_end.get(), EPOLLIN, forget_both);
  a.write();
  b.write();
  loop.wait(kLong);
  loop.wait(kNow);
  CHECK(calls == 1);
}

TEST_CASE("an event of a closed fd does not reach a new one of its number", "[event_loop]") {
  EventLoop loop;
  Pipe a, b;
  const Pipe quiet;
  int stale = 0;
  const auto replace = [&](Pipe& other) {
    const int number = other.read_end.get();
    loop.forget(number);
    REQUIRE(::dup2(quiet.read_end.get(), number) == number);
    loop.watch(number, EPOLLIN, [&stale](std::uint32_t) { ++stale; });
  };
  // Both are ready; whichever callback runs first replaces the other's fd.
  loop.watch(a.read_end.get(), EPOLLIN, [&](std::uint32_t) { replace(b); });
  loop.watch(b.read_end.get(), EPOLLIN, [&](std::uint32_t) { replace(a); });
  a.write();
  b.write();
  loop.wait(kLong);
  CHECK(stale == 0);
}

TEST_CASE("wake() ends a wait in another thread and one that has not begun", "[event_loop]") {
  EventLoop loop;
  loop.wake();
  loop.wait(kLong);

  std::thread waker([&loop] { loop.wake(); });
  loop.wait(kLong);
  waker.join();
  loop.wait(kNow);
}

}  // namespace feedwire::daemon
