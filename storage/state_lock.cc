#include "storage/state_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/fs.h"

namespace feedwire::storage {

Result<UniqueFd> lock_state_dir(const std::filesystem::path& dir) {
  const std::filesystem::path path = dir / "lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!fd) {
    const bool denied = errno == EACCES;
    Error error = errno_error("open").in(path.native());
    if (denied) error.code = ErrorCode::permission;
    return error;
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) < 0) {
    if (errno != EWOULDBLOCK) return errno_error("lock").in(path.native());
    const Result<std::string> holder = read_file(path, 64);
    const std::string pid = holder ? holder->substr(0, holder->find('\n')) : std::string("?");
    return Error{ErrorCode::busy, dir.native() + ": in use by process " + pid};
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) < 0 ||
      ::pwrite(fd.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return errno_error("write").in(path.native());
  return fd;
}

}  // namespace feedwire::storage
