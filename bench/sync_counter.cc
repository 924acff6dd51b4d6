#include "bench/sync_counter.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace feedwire::bench {
namespace {

std::atomic<std::uint64_t> count = 0;

}  // namespace

std::uint64_t sync_count() { return count; }

}  // namespace feedwire::bench

extern "C" int fsync(int fd) {
  ++feedwire::bench::count;
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

extern "C" int fdatasync(int fd) {
  ++feedwire::bench::count;
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}
