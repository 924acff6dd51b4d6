#include "storage/state_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/fs.h"

namespace feedwire::storage {
namespace {

constexpr const char* kLockFile = "lock";

Error open_error(const std::filesystem::path& path) {
  const int number = errno;
  Error error = errno_error("open").in(path.native());
  if (number == EACCES) error.code = ErrorCode::permission;
  if (number == ENOENT) error.code = ErrorCode::not_found;
  return error;
}

Error held_error(const std::filesystem::path& dir) {
  const Result<std::string> holder = read_file(dir / kLockFile, 64);
  const std::string pid = holder ? holder->substr(0, holder->find('\n')) : std::string("?");
  return Error{ErrorCode::busy, dir.native() + ": in use by process " + pid};
}

}  // namespace

Result<UniqueFd> lock_state_dir(const std::filesystem::path& dir) {
  const std::filesystem::path path = dir / kLockFile;
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!fd) return open_error(path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) < 0) {
    if (errno != EWOULDBLOCK) return errno_error("lock").in(path.native());
    // The pid in the file is that of the last one who did not share.
    if (::flock(fd.get(), LOCK_SH | LOCK_NB) == 0)
      return Error{ErrorCode::busy, dir.native() + ": feedwire fsck is checking it"};
    return held_error(dir);
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) < 0 ||
      ::pwrite(fd.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return errno_error("write").in(path.native());
  return fd;
}

Result<UniqueFd> share_state_dir(const std::filesystem::path& dir) {
  const std::filesystem::path path = dir / kLockFile;
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno == ENOENT && ::access(dir.c_str(), F_OK) == 0) return UniqueFd();
  if (!fd) return open_error(path);
  if (::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return fd;
  return errno == EWOULDBLOCK ? held_error(dir) : errno_error("lock").in(path.native());
}

}  // namespace feedwire::storage
