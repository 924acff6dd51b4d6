// LD_PRELOAD: the wall clock shows FEEDWIRE_CLOCK_SHIFT seconds more than it should, so that a
// daemon that is started again and again sees weeks go by. The monotonic clock is left alone.

#include <dlfcn.h>
#include <sys/time.h>

#include <cstdlib>
#include <ctime>

namespace {

std::time_t shift() {
  static const std::time_t kShift = [] {
    const char* const value = std::getenv("FEEDWIRE_CLOCK_SHIFT");
    return value == nullptr ? 0 : static_cast<std::time_t>(std::atoll(value));
  }();
  return kShift;
}

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static const auto kReal = next<int (*)(clockid_t, timespec*)>("clock_gettime");
  const int result = kReal(clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    now->tv_sec += shift();
  return result;
}

int gettimeofday(timeval* now, void*) noexcept {
  timespec time{};
  const int result = clock_gettime(CLOCK_REALTIME, &time);
  now->tv_sec = time.tv_sec;
  now->tv_usec = time.tv_nsec / 1000;
  return result;
}

std::time_t time(std::time_t* now) noexcept {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  if (now != nullptr) *now = time.tv_sec;
  return time.tv_sec;
}
}
