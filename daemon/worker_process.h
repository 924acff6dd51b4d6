// One parse worker as the daemon sees it: a process, three pipes, two regions of shared memory that
// live and die with it, so that a process that is being killed cannot write to its successor's.

#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace feedwire::daemon {

/// Memory that both processes map. Its size is sealed: a worker that could shrink it would have the
/// daemon die of SIGBUS.
class SharedRegion {
 public:
  static Result<SharedRegion> create(const char* name, std::size_t size_bytes);  // Errors: io
  SharedRegion(SharedRegion&& other) noexcept;
  SharedRegion& operator=(SharedRegion&&) = delete;
  ~SharedRegion();

  int fd() const { return fd_.get(); }
  std::span<char> bytes() const { return {memory_, size_}; }

  /// Gives memory beyond the first few MiB back to the system, if there is any: one large document
  /// must not cost its memory for ever. The bytes there become zero.
  void trim();

 private:
  SharedRegion(UniqueFd fd, char* memory, std::size_t size)
      : fd_(std::move(fd)), memory_(memory), size_(size) {}

  UniqueFd fd_;
  char* memory_;
  std::size_t size_;
};

/// Used by one thread. No member but bury() waits for the worker.
class WorkerProcess {
 public:
  /// Starts `program --worker …`, which inherits its ends of the pipes (one of them its stderr),
  /// the two regions, an empty environment and /dev/null, and dies with the thread that called
  /// this. Errors: io.
  static Result<std::unique_ptr<WorkerProcess>> start(const std::filesystem::path& program);
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;
  /// Kills the process. The caller reaps pid(), which takes the kernel a moment.
  ~WorkerProcess();

  pid_t pid() const { return pid_; }                  // -1 after bury()
  int reply_fd() const { return reply_pipe_.get(); }  // readable: a batch is done, or it is dead
  SharedRegion& request() { return request_; }
  SharedRegion& reply() { return reply_; }

  void ring();  // the request region holds a batch
  /// Whether the worker heard the last ring: what happens to it before is not that batch's fault.
  bool heard_ring() const;

  enum class Bell { silent, rung, dead };
  Bell listen();  // takes one ring of the worker's

  /// How it ended: "was killed by SIGSEGV", "ended with exit code 70". To be called once, after
  /// Bell::dead: what is left of the process ends within moments. Reaps it.
  std::string bury();
  /// What it said on stderr since the last call, at most kMaxWordsBytes; whatever bytes they are.
  std::string last_words();
  static constexpr std::size_t kMaxWordsBytes = 4096;

 private:
  WorkerProcess(SharedRegion request, SharedRegion reply)
      : request_(std::move(request)), reply_(std::move(reply)) {}

  SharedRegion request_, reply_;
  // The daemon keeps the worker's end of the request pipe open, too: writing to a dead worker then
  // raises no SIGPIPE.
  UniqueFd request_pipe_, request_pipe_end_, reply_pipe_, stderr_pipe_;
  pid_t pid_ = -1;
};

/// feedwire-parse beside the running executable, else the installed one.
std::filesystem::path find_parse_program();

}  // namespace feedwire::daemon
