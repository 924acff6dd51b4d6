#include "daemon/worker_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "feeds/worker_protocol.h"

namespace feedwire::daemon {
namespace {

constexpr std::size_t kKeptBytes = 4 * 1024 * 1024;  // of a region between batches

// What the worker finds its ends at; everything from kFirstClosed on is closed.
enum ChildFd { kRequestPipe = 3, kReplyPipe, kRequestMemory, kReplyMemory, kFirstClosed };

struct Pipe {
  UniqueFd read_end, write_end;
};

// Moves a descriptor out of the range that the child's are dup2()ed to, lest one overwrites
// another's source.
Result<UniqueFd> out_of_the_way(UniqueFd fd) {
  if (fd.get() >= kFirstClosed) return fd;
  UniqueFd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kFirstClosed));
  if (!moved) return errno_error("move a file descriptor");
  return moved;
}

Result<Pipe> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) < 0) return errno_error("pipe");
  UniqueFd first(fds[0]), second(fds[1]);
  Result<UniqueFd> read_end = out_of_the_way(std::move(first));
  if (!read_end) return std::move(read_end).error();
  Result<UniqueFd> write_end = out_of_the_way(std::move(second));
  if (!write_end) return std::move(write_end).error();
  return Pipe{*std::move(read_end), *std::move(write_end)};
}

Error spawn_error(const std::filesystem::path& program, int number) {
  return Error{ErrorCode::io, fmt::format("start parse worker {}: {}", program.native(),
                                          std::generic_category().message(number))};
}

// What posix_spawn() does in the child before exec.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    // Not the daemon's signal mask and handlers, nor its process group: a Ctrl-C on the terminal is
    // for the daemon, which ends the workers.
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  void give(int fd, int child_fd) { ::posix_spawn_file_actions_adddup2(&actions_, fd, child_fd); }

  /// 0 or an errno.
  int spawn(pid_t& pid, const std::filesystem::path& program, std::vector<std::string> args) {
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    give(STDIN_FILENO, STDOUT_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, kFirstClosed);
    std::vector<char*> argv;
    for (std::string& arg : args) argv.push_back(arg.data());
    argv.push_back(nullptr);
    std::array<char*, 1> environment = {nullptr};
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, argv.data(),
                         environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

Result<SharedRegion> SharedRegion::create(const char* name, std::size_t size_bytes) {
  UniqueFd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return errno_error("memfd_create");
  if (::ftruncate(fd.get(), static_cast<off_t>(size_bytes)) < 0)
    return errno_error("size shared memory");
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
    return errno_error("seal shared memory");
  Result<UniqueFd> moved = out_of_the_way(std::move(fd));
  if (!moved) return std::move(moved).error();
  void* const memory =
      ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, moved->get(), 0);
  if (memory == MAP_FAILED) return errno_error("map shared memory");
  return SharedRegion(*std::move(moved), static_cast<char*>(memory), size_bytes);
}

SharedRegion::SharedRegion(SharedRegion&& other) noexcept
    : fd_(std::move(other.fd_)),
      memory_(std::exchange(other.memory_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

SharedRegion::~SharedRegion() {
  if (memory_ != nullptr) ::munmap(memory_, size_);
}

void SharedRegion::trim() {
  // Asked of the kernel: a worker may have written more than it said.
  struct stat status {};
  if (::fstat(fd_.get(), &status) < 0) return;
  if (static_cast<std::size_t>(status.st_blocks) * 512 <= kKeptBytes) return;
  // Where it fails, the memory stays in use until the worker is renewed.
  ::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, kKeptBytes,
              static_cast<off_t>(size_ - kKeptBytes));
}

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(const std::filesystem::path& program) {
  Result<SharedRegion> request = SharedRegion::create("parse-request", feeds::kRequestBytes);
  if (!request) return std::move(request).error();
  Result<SharedRegion> reply = SharedRegion::create("parse-reply", feeds::kReplyBytes);
  if (!reply) return std::move(reply).error();
  Result<Pipe> request_pipe = make_pipe();
  if (!request_pipe) return std::move(request_pipe).error();
  Result<Pipe> reply_pipe = make_pipe();
  if (!reply_pipe) return std::move(reply_pipe).error();

  Result<Pipe> stderr_pipe = make_pipe();
  if (!stderr_pipe) return std::move(stderr_pipe).error();

  // Each end has flags of its own: the worker's reads and replies do wait. What it says on stderr
  // does not: nobody listens before its end.
  for (const int fd : {request_pipe->write_end.get(), reply_pipe->read_end.get(),
                       stderr_pipe->read_end.get(), stderr_pipe->write_end.get()})
    if (::fcntl(fd, F_SETFL, O_NONBLOCK) < 0) return errno_error("make a pipe non-blocking");

  SpawnPlan plan;
  plan.give(request_pipe->read_end.get(), kRequestPipe);
  plan.give(reply_pipe->write_end.get(), kReplyPipe);
  plan.give(stderr_pipe->write_end.get(), STDERR_FILENO);
  plan.give(request->fd(), kRequestMemory);
  plan.give(reply->fd(), kReplyMemory);
  pid_t pid = -1;
  const int error = plan.spawn(
      pid, program,
      {program.native(), "--worker", std::to_string(::getpid()), std::to_string(kRequestPipe),
       std::to_string(kReplyPipe), std::to_string(kRequestMemory), std::to_string(kReplyMemory)});
  if (error != 0) return spawn_error(program, error);

  std::unique_ptr<WorkerProcess> worker(new WorkerProcess(*std::move(request), *std::move(reply)));
  worker->pid_ = pid;
  worker->request_pipe_ = std::move(request_pipe->write_end);
  worker->request_pipe_end_ = std::move(request_pipe->read_end);
  worker->reply_pipe_ = std::move(reply_pipe->read_end);
  worker->stderr_pipe_ = std::move(stderr_pipe->read_end);
  return worker;
}

WorkerProcess::~WorkerProcess() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

void WorkerProcess::ring() {
  const char bell = 1;
  // At most one ring is on its way, so there is room; a dead worker shows at listen().
  [[maybe_unused]] const ssize_t size = ::write(request_pipe_.get(), &bell, 1);
}

WorkerProcess::Bell WorkerProcess::listen() {
  char bell = 0;
  const ssize_t size = ::read(reply_pipe_.get(), &bell, 1);
  if (size > 0) return Bell::rung;
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return Bell::silent;
  return Bell::dead;
}

bool WorkerProcess::heard_ring() const {
  int unread = 0;
  return ::ioctl(request_pipe_end_.get(), FIONREAD, &unread) == 0 && unread == 0;
}

std::string WorkerProcess::bury() {
  // Its pipes close at its end, or because it closed them.
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
  if (!WIFSIGNALED(status)) return fmt::format("ended with exit code {}", WEXITSTATUS(status));
  if (WTERMSIG(status) == SIGSYS)
    return "was killed by SIGSYS: its sandbox forbids the system call that it made";
  const char* const name = ::sigabbrev_np(WTERMSIG(status));
  return fmt::format("was killed by SIG{}", name == nullptr ? "?" : name);
}

std::string WorkerProcess::last_words() {
  std::string words(kMaxWordsBytes, '\0');
  const ssize_t size = ::read(stderr_pipe_.get(), words.data(), words.size());
  words.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return words;
}

std::filesystem::path find_parse_program() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path beside = self.parent_path() / "feedwire-parse";
  if (!error && std::filesystem::exists(beside, error)) return beside;
  return "/usr/libexec/feedwire/feedwire-parse";
}

}  // namespace feedwire::daemon
