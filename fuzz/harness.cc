#include "fuzz/harness.h"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#if defined(__SANITIZE_ADDRESS__)
#define FEEDWIRE_COUNTS_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FEEDWIRE_COUNTS_MEMORY 1
#endif
#endif

#ifdef FEEDWIRE_COUNTS_MEMORY
#include <sanitizer/allocator_interface.h>
#endif

namespace feedwire::fuzz {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;
constexpr double kBaseMemoryMiB = 64, kMemoryPerByte = 12;
// Page faults and a cold cache cost the first documents more than their size says.
constexpr double kBaseSeconds = 0.25;

double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);  // blind to what else the machine does
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

#ifdef FEEDWIRE_COUNTS_MEMORY
// Measured for whole feeds: with the sanitizers and the coverage of libFuzzer ten times the CPU.
constexpr double kSlowDown = 20;

double live_bytes = 0, peak_bytes = 0;

void on_malloc(const volatile void*, std::size_t size) {
  live_bytes += static_cast<double>(size);
  peak_bytes = std::max(peak_bytes, live_bytes);
}

void on_free(const volatile void* memory) {
  if (memory == nullptr) return;
  live_bytes -=
      static_cast<double>(__sanitizer_get_allocated_size(const_cast<const void*>(memory)));
}

void start_counting() {
  static const int hooks = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
  require(hooks > 0, "no place left for malloc hooks");
  live_bytes = peak_bytes = 0;
}

double peak_mib() { return peak_bytes / kMiB; }
#else
constexpr double kSlowDown = 2;  // a loaded machine

void start_counting() {}
double peak_mib() { return 0; }
#endif

}  // namespace

void require(bool holds, std::string_view what, std::string_view detail) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %.*s%s\"%.*s\"\n", static_cast<int>(what.size()), what.data(),
               detail.empty() ? " " : ": ",
               static_cast<int>(std::min<std::size_t>(detail.size(), 4096)), detail.data());
  std::abort();
}

Meter::Meter(std::size_t input_bytes)
    : input_bytes_(input_bytes), start_seconds_((start_counting(), thread_seconds())) {}

Meter::~Meter() {
  const double input_mib = static_cast<double>(input_bytes_) / kMiB;
  const double seconds = thread_seconds() - start_seconds_;
  char cost[128];
  std::snprintf(cost, sizeof cost, "%zu bytes of input, %.3f s, %.1f MiB", input_bytes_, seconds,
                peak_mib());
  require(seconds <= kBaseSeconds + kSlowDown * input_mib, "too slow", cost);
  require(peak_mib() <= kBaseMemoryMiB + kMemoryPerByte * input_mib, "too much memory", cost);
}

std::string_view take_until(std::string_view& rest, char mark) {
  const std::string_view head = rest.substr(0, rest.find(mark));
  rest.remove_prefix(std::min(head.size() + 1, rest.size()));
  return head;
}

}  // namespace feedwire::fuzz
