#include "daemon/unix_listener.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace feedwire::daemon {
namespace {

constexpr int kBacklog = 128;

/// Unlinks a socket file that nobody listens at. Errors: busy, io.
Result<void> remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) < 0) {
    if (errno == ENOENT) return {};
    return errno_error("look for an old socket");
  }
  if (!S_ISSOCK(status.st_mode))
    return Error{ErrorCode::busy, "there is a file of another kind; remove it"};
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return errno_error("socket");
  // A full backlog (EAGAIN) is somebody listening, too.
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno != ECONNREFUSED)
    return Error{ErrorCode::busy, "another process listens there; stop it or set runtime_dir"};
  if (::unlink(path.c_str()) < 0) return errno_error("remove the old socket");
  return {};
}

Result<void> make_folder(const std::string& dir) {
  if (::mkdir(dir.c_str(), 0755) < 0)
    return errno == EEXIST ? Result<void>() : errno_error("make the folder of the socket");
  // Whatever the umask says, clients of other users must get through.
  if (::chmod(dir.c_str(), 0755) < 0) return errno_error("open the folder of the socket");
  return {};
}

}  // namespace

Result<UnixListener> UnixListener::open(const std::filesystem::path& path) {
  const std::string& name = path.native();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof address.sun_path)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{}: a socket's path has at most {} bytes, this one {}; set a shorter "
                             "runtime_dir",
                             name, sizeof address.sun_path - 1, name.size())};
  std::memcpy(address.sun_path, name.data(), name.size());

  if (Result<void> made = make_folder(path.parent_path().native()); !made)
    return std::move(made).error().in(name);
  if (Result<void> removed = remove_stale(name, address); !removed)
    return std::move(removed).error().in(name);

  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno_error("socket").in(name);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    return errno_error("bind").in(name);
  struct stat status {};
  if (::chmod(name.c_str(), 0666) < 0 || ::lstat(name.c_str(), &status) < 0)
    return errno_error("open the socket to clients").in(name);
  if (::listen(fd.get(), kBacklog) < 0) return errno_error("listen").in(name);
  return UnixListener(path, std::move(fd), status.st_dev, status.st_ino);
}

UnixListener::~UnixListener() {
  struct stat status {};
  if (fd_ && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
      status.st_ino == inode_)
    ::unlink(path_.c_str());
}

}  // namespace feedwire::daemon
