// A listening Unix socket and the file it is reached by.

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"

namespace feedwire::daemon {

/// Used by one thread at a time.
class UnixListener {
 public:
  /// Listens at `path`, whose folder is made (0755) if it is absent. Anybody may connect: the one
  /// who accepts asks who it is. The socket file of a process that is gone is replaced. Errors:
  /// invalid_argument (the path is too long), busy (somebody listens there; or no socket), io.
  static Result<UnixListener> open(const std::filesystem::path& path);

  UnixListener(UnixListener&&) = default;
  UnixListener& operator=(UnixListener&&) = delete;
  /// Removes the file, unless another process has put its own there.
  ~UnixListener();

  int fd() const { return fd_.get(); }

 private:
  UnixListener(std::filesystem::path path, UniqueFd fd, dev_t device, ino_t inode)
      : path_(std::move(path)), fd_(std::move(fd)), device_(device), inode_(inode) {}

  std::filesystem::path path_;
  UniqueFd fd_;
  dev_t device_;
  ino_t inode_;
};

}  // namespace feedwire::daemon
