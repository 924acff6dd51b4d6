#include "daemon/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

namespace feedwire::daemon {
namespace {

constexpr int kEventsPerWait = 128;

// Without descriptors or kernel memory there is nothing to go on with.
[[noreturn]] void give_up(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::uint64_t tag_of(int fd, std::uint32_t generation) {
  return std::uint64_t{generation} << 32 | static_cast<std::uint32_t>(fd);
}

}  // namespace

EventLoop::EventLoop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!epoll_) give_up("epoll_create1");
  if (!wakeup_) give_up("eventfd");
  watch(wakeup_.get(), EPOLLIN, [this](std::uint32_t) {
    std::uint64_t count = 0;
    // EAGAIN, where an earlier read took it all, is as good.
    [[maybe_unused]] const ssize_t size = ::read(wakeup_.get(), &count, sizeof count);
  });
}

EventLoop::Watch& EventLoop::watch_of(int fd) {
  const auto place = static_cast<std::size_t>(fd);
  if (place >= watches_.size()) watches_.resize(place + 1);
  return watches_[place];
}

void EventLoop::watch(int fd, std::uint32_t events, Callback callback) {
  Watch& watch = watch_of(fd);
  const bool is_new = !watch.callback;
  if (is_new) watch.generation = ++last_generation_;
  watch.callback = std::move(callback);
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag_of(fd, watch.generation);
  if (::epoll_ctl(epoll_.get(), is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) < 0)
    give_up("epoll_ctl");
}

void EventLoop::forget(int fd) {
  const auto place = static_cast<std::size_t>(fd);
  if (place >= watches_.size() || !std::exchange(watches_[place].callback, nullptr)) return;
  // Fails only where `fd` was closed too early, and then epoll has dropped it by itself.
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void EventLoop::wait(std::chrono::microseconds patience) {
  std::array<epoll_event, kEventsPerWait> events;
  const auto nanoseconds = std::chrono::nanoseconds(std::max(patience, patience.zero())).count();
  const timespec timeout{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
  const int count = ::epoll_pwait2(epoll_.get(), events.data(), kEventsPerWait, &timeout, nullptr);
  if (count < 0 && errno != EINTR) give_up("epoll_pwait2");
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const Watch& watch = watch_of(static_cast<int>(event.data.u64 & 0xffffffff));
    // An earlier callback of this round may have forgotten the fd, and even watched a new one of
    // the same number.
    if (!watch.callback || watch.generation != event.data.u64 >> 32) continue;
    const Callback callback = watch.callback;  // may forget itself
    callback(event.events);
  }
}

void EventLoop::wake() {
  const std::uint64_t one = 1;
  // EAGAIN, where the counter is full, is as good.
  [[maybe_unused]] const ssize_t size = ::write(wakeup_.get(), &one, sizeof one);
}

}  // namespace feedwire::daemon
