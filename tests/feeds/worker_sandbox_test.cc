#include "feeds/worker_sandbox.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>

#include "base/fs.h"
#include "base/unique_fd.h"
#include "feeds/encoding_names.h"
#include "feeds/read_feed.h"

namespace feedwire::feeds {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    read_end = UniqueFd(ends[0]);
    write_end = UniqueFd(ends[1]);
  }
  UniqueFd read_end, write_end;
};

bool write_byte(int fd) { return ::write(fd, "x", 1) == 1; }
bool read_byte(int fd) {
  char byte = 0;
  return ::read(fd, &byte, 1) == 1;
}

// A child process that does something within the real sandbox. It exits with what `action` returns.
class Confined {
 public:
  explicit Confined(const std::function<int(int input, int output)>& action) {
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ > 0) return;
    const int input = to_child_.read_end.get(), output = from_child_.write_end.get();
    ::signal(SIGABRT, SIG_DFL);  // not Catch2's
    if (!rehearse() || !enter_sandbox(input, output)) ::_exit(99);
    ::_exit(action(input, output));
  }
  Confined(const Confined&) = delete;
  Confined& operator=(const Confined&) = delete;
  ~Confined() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  bool send() const { return write_byte(to_child_.write_end.get()); }
  bool receive() const { return read_byte(from_child_.read_end.get()); }

  /// The exit code, or 128 + the signal that ended it.
  int end() const {
    siginfo_t info{};
    // Left for the destructor to reap.
    REQUIRE(::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) == 0);
    return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  }
  std::string proc_file(const std::string& name) const {
    return read_file("/proc/" + std::to_string(pid_) + "/" + name, 64 * 1024).value();
  }

 private:
  Pipe to_child_, from_child_;
  pid_t pid_ = -1;
};

int end_of(const std::function<int(int input, int output)>& action) {
  return Confined(action).end();
}

// What a call that is not allowed comes to. Under a sanitizer it fails, and the action returns -1.
constexpr int kKilled = FEEDWIRE_HAS_SANITIZER ? 255 : 128 + SIGSYS;

}  // namespace

TEST_CASE("S12 a confined process reads, parses and answers", "[worker_sandbox]") {
  const Confined worker([](int input, int output) {
    if (!read_byte(input)) return 1;
    ReadRequest request;
    request.source.url = request.subscribed_url = "https://example.org/feed";
    const std::string title(4 * 1024 * 1024, 'x');
    const auto feed = read_feed(
        "<rss version=\"2.0\"><channel><title>" + title + "</title></channel></rss>", request);
    if (!feed || feed->size() < title.size()) return 2;
    return write_byte(output) ? 0 : 3;
  });
  CHECK(worker.send());
  CHECK(worker.receive());
  CHECK(worker.end() == 0);
}

TEST_CASE("P-10 a confined process has every converter and library that a document may need",
          "[worker_sandbox]") {
  const auto read = [](const std::string& content_type, const std::string& title) {
    ReadRequest request;
    request.source = {.url = "https://example.org/feed", .content_type = content_type};
    request.subscribed_url = request.source.url;
    // What it comes to is not the question here: a missing one gets the process killed.
    [[maybe_unused]] const Result<std::string> feed =
        read_feed("<rss version=\"2.0\"><channel><title>" + title +
                      "</title><item><title>&nbsp; & </item></channel>",
                  request);
  };
  const Confined worker([&](int, int) {
    for (int round = 0; round < 3; ++round) {  // a converter that is closed may be unloaded
      read("", "undeclared \xc7\xf2\xee \xfd\xf2\xee");
      for (const char* const name : all_converters())
        read(std::string("text/xml; charset=") + name, "\xb0\xa1\x80\x1b$B\x0e\xff");
    }
    return 0;
  });
  CHECK(worker.end() == 0);
}

TEST_CASE("S12 a confined process that calls the system for more is killed", "[worker_sandbox]") {
  const auto call = [](long number, long a = 0, long b = 0, long c = 0) {
    return end_of([=](int, int) { return static_cast<int>(::syscall(number, a, b, c)); });
  };
  const auto path = reinterpret_cast<long>("/etc/passwd");
  CHECK(call(SYS_openat, AT_FDCWD, path, O_RDONLY) == kKilled);
  CHECK(call(SYS_socket, AF_INET, SOCK_STREAM) == kKilled);
  CHECK(call(SYS_socket, AF_UNIX, SOCK_STREAM) == kKilled);
  CHECK(call(SYS_execve, path) == kKilled);
  CHECK(call(SYS_clone, SIGCHLD) == kKilled);
  CHECK(call(SYS_clone3) == kKilled);
  CHECK(call(SYS_kill, ::getppid(), 0) == kKilled);
  CHECK(call(SYS_tgkill, ::getpid(), ::getpid(), SIGABRT) == kKilled);  // not itself
  CHECK(call(SYS_ptrace, 16, ::getpid()) == kKilled);
  CHECK(call(SYS_process_vm_readv, ::getpid()) == kKilled);
  CHECK(call(SYS_prctl, 4, 1) == kKilled);
  CHECK(call(SYS_prlimit64, 0, 9) == kKilled);
  CHECK(call(SYS_dup, STDERR_FILENO) == kKilled);
  CHECK(call(SYS_close, STDERR_FILENO) == kKilled);
  CHECK(call(SYS_unlinkat, AT_FDCWD, path) == kKilled);
  CHECK(call(SYS_memfd_create, path) == kKilled);
  CHECK(call(SYS_io_uring_setup, 1) == kKilled);
#ifdef SYS_open
  CHECK(call(SYS_open, path) == kKilled);
#endif
}

TEST_CASE("S12 a confined process has the pipes it was given and stderr, no other file",
          "[worker_sandbox]") {
  CHECK(end_of([](int, int) { return read_byte(STDIN_FILENO) ? 0 : -1; }) == kKilled);
  CHECK(end_of([](int, int) { return write_byte(STDOUT_FILENO) ? 0 : -1; }) == kKilled);
  CHECK(end_of([](int input, int) { return write_byte(input) ? 0 : -1; }) == kKilled);
  CHECK(end_of([](int, int output) { return read_byte(output) ? 0 : -1; }) == kKilled);
  CHECK(end_of([](int, int) { return static_cast<int>(::write(STDERR_FILENO, "", 0)); }) == 0);
}

TEST_CASE("S12 a confined process has no memory that it could execute or share",
          "[worker_sandbox]") {
  const auto map = [](int protection, int flags, bool of_a_file) {
    return end_of([=](int input, int) {
      const int fd = of_a_file ? input : -1;
      return ::mmap(nullptr, 4096, protection, flags, fd, 0) == MAP_FAILED ? -1 : 0;
    });
  };
  CHECK(map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, false) == 0);
  CHECK(map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, false) == kKilled);
  CHECK(map(PROT_READ, MAP_PRIVATE, true) == kKilled);
  alignas(4096) static char page[4096];
  CHECK(end_of([](int, int) { return ::mprotect(page, sizeof page, PROT_READ | PROT_EXEC); }) ==
        kKilled);
}

TEST_CASE("S12 a confined process that wants too much memory gets std::bad_alloc",
          "[worker_sandbox]") {
  if (FEEDWIRE_HAS_SANITIZER) return;
  const auto hoard = [](int, int) {
    try {
      for (std::size_t taken = 0; taken < kMaxAddressSpaceBytes; taken += 1 << 20)
        static_cast<char*>(::operator new(1 << 20))[0] = 1;  // kept until the process ends
      return 1;
    } catch (const std::bad_alloc&) {
      return 0;
    }
  };
  CHECK(end_of(hoard) == 0);
}

TEST_CASE("a confined process that aborts is seen to have aborted", "[worker_sandbox]") {
  CHECK(end_of([](int, int) -> int { std::abort(); }) == 128 + SIGABRT);
}

TEST_CASE("the system knows a confined process as such", "[worker_sandbox]") {
  const Confined worker([](int input, int output) {
    const bool met = write_byte(output) && read_byte(input);
    return met ? 0 : 1;
  });
  REQUIRE(worker.receive());
  const std::string status = worker.proc_file("status");
  CHECK(status.find("Seccomp:\t2\n") != std::string::npos);
  CHECK(status.find("NoNewPrivs:\t1\n") != std::string::npos);
  const std::string limits = worker.proc_file("limits");
  CHECK(limits.find("Max core file size        0                    0 ") != std::string::npos);
  if (!FEEDWIRE_HAS_SANITIZER)
    CHECK(limits.find("Max address space         536870912            536870912 ") !=
          std::string::npos);
}

}  // namespace feedwire::feeds
