// LD_PRELOAD: one of the calls that change the files below a folder fails, the n-th. It reaches
// what no interface of ours does, RocksDB above all. Told by the environment:
//   FEEDWIRE_FAIL_DIR     calls on files below this folder count, from 1 …
//   FEEDWIRE_FAIL_CALL    … or only those of this name
//   FEEDWIRE_FAIL_NTH     the one that fails; 0 or more than there are: none does
//   FEEDWIRE_FAIL_ERRNO   with this errno
//   FEEDWIRE_FAIL_REPORT  gets "CALL PATH" of the one that failed, and, at the end of a process
//                         that ends in good order, "calls N"
// sync_file_range() is left alone: it is a hint, and Debian's RocksDB asserts that it works.
// A write that fails has written half of its bytes. Only that one call fails: whoever tries again
// has his way, as on Linux after a failed fsync(), whose pages count as clean from then on.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

struct Plan {
  std::string dir, call, report;
  long nth = 0;
  int error = EIO;
};

const Plan& plan() {
  static const Plan kPlan = [] {
    const auto text = [](const char* name) {
      const char* const value = std::getenv(name);
      return std::string(value == nullptr ? "" : value);
    };
    Plan plan;
    plan.dir = text("FEEDWIRE_FAIL_DIR");
    plan.call = text("FEEDWIRE_FAIL_CALL");
    plan.report = text("FEEDWIRE_FAIL_REPORT");
    plan.nth = std::atol(text("FEEDWIRE_FAIL_NTH").c_str());
    plan.error = std::atoi(text("FEEDWIRE_FAIL_ERRNO").c_str());
    return plan;
  }();
  return kPlan;
}

std::atomic<long> calls = 0;

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

void report(std::string_view what, std::string_view of) {
  static const auto real_open = next<int (*)(const char*, int, ...)>("open");
  static const auto real_write = next<ssize_t (*)(int, const void*, size_t)>("write");
  const int fd = real_open(plan().report.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return;
  const std::string line = std::string(what) + ' ' + std::string(of) + '\n';
  [[maybe_unused]] const ssize_t written = real_write(fd, line.data(), line.size());
  ::close(fd);
}

bool counts(std::string_view call, std::string_view path) {
  return !plan().dir.empty() && path.substr(0, plan().dir.size()) == plan().dir &&
         (plan().call.empty() || call == plan().call);
}

bool fails(std::string_view call, std::string_view path) {
  if (!counts(call, path) || ++calls != plan().nth) return false;
  report(call, path);
  errno = plan().error;
  return true;
}

bool fails(std::string_view call, int fd) {
  char link[32], path[PATH_MAX];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = ::readlink(link, path, sizeof path);
  return size > 0 && fails(call, std::string_view(path, static_cast<std::size_t>(size)));
}

// Only a path that is not relative can be told to be below the folder; ours and RocksDB's are not.
bool open_fails(const char* path, int flags) {
  return (flags & (O_CREAT | O_WRONLY | O_RDWR)) != 0 && fails("open", path);
}

mode_t mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(arguments, int)) : 0;
}

struct AtEnd {
  AtEnd() { plan(); }  // so that it outlives this
  ~AtEnd() {
    if (calls != 0) report("calls", std::to_string(calls.load()));
  }
} at_end;

}  // namespace

#define FEEDWIRE_OPEN(name)                                               \
  int name(const char* path, int flags, ...) {                            \
    static const auto real = next<int (*)(const char*, int, ...)>(#name); \
    va_list arguments;                                                    \
    va_start(arguments, flags);                                           \
    const mode_t mode = mode_of(flags, arguments);                        \
    va_end(arguments);                                                    \
    return open_fails(path, flags) ? -1 : real(path, flags, mode);        \
  }

// `failing` is what a call does instead, for its return value.
#define FEEDWIRE_CALL(result, name, parameters, arguments, about, failing) \
  result name parameters {                                                 \
    static const auto real = next<result(*) parameters>(#name);            \
    return fails(#name, about) ? (failing) : real arguments;               \
  }

namespace {

template <typename Write>
ssize_t half(Write write, size_t size) {
  const int error = errno;
  if (size > 1) write(size / 2);
  errno = error;
  return -1;
}

}  // namespace

extern "C" {

FEEDWIRE_OPEN(open)
FEEDWIRE_OPEN(open64)

FEEDWIRE_CALL(ssize_t, write, (int fd, const void* bytes, size_t size), (fd, bytes, size), fd,
              half([&](size_t part) { return real(fd, bytes, part); }, size))
FEEDWIRE_CALL(ssize_t, pwrite, (int fd, const void* bytes, size_t size, off_t at),
              (fd, bytes, size, at), fd,
              half([&](size_t part) { return real(fd, bytes, part, at); }, size))
FEEDWIRE_CALL(ssize_t, pwrite64, (int fd, const void* bytes, size_t size, off_t at),
              (fd, bytes, size, at), fd,
              half([&](size_t part) { return real(fd, bytes, part, at); }, size))
FEEDWIRE_CALL(int, fsync, (int fd), (fd), fd, -1)
FEEDWIRE_CALL(int, fdatasync, (int fd), (fd), fd, -1)
FEEDWIRE_CALL(int, ftruncate, (int fd, off_t size) noexcept, (fd, size), fd, -1)
FEEDWIRE_CALL(int, ftruncate64, (int fd, off_t size) noexcept, (fd, size), fd, -1)
FEEDWIRE_CALL(int, fallocate, (int fd, int mode, off_t at, off_t size), (fd, mode, at, size), fd,
              -1)
FEEDWIRE_CALL(int, fallocate64, (int fd, int mode, off_t at, off_t size), (fd, mode, at, size), fd,
              -1)
FEEDWIRE_CALL(int, posix_fallocate, (int fd, off_t at, off_t size), (fd, at, size), fd,
              plan().error)
FEEDWIRE_CALL(int, posix_fallocate64, (int fd, off_t at, off_t size), (fd, at, size), fd,
              plan().error)
FEEDWIRE_CALL(int, fchmod, (int fd, mode_t mode) noexcept, (fd, mode), fd, -1)
FEEDWIRE_CALL(int, rename, (const char* from, const char* to) noexcept, (from, to), to, -1)
FEEDWIRE_CALL(int, link, (const char* from, const char* to) noexcept, (from, to), to, -1)
FEEDWIRE_CALL(int, symlink, (const char* target, const char* link) noexcept, (target, link), link,
              -1)
FEEDWIRE_CALL(int, unlink, (const char* path) noexcept, (path), path, -1)
FEEDWIRE_CALL(int, mkdir, (const char* path, mode_t mode) noexcept, (path, mode), path, -1)

}  // extern "C"
