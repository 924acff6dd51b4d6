#include "tests/support/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <stdexcept>

#include "base/unique_fd.h"

namespace feedwire::tests {
namespace {

Error mount_error(const char* what) {
  const bool denied = errno == EPERM || errno == EACCES || errno == ENOSYS;
  Error error = errno_error(what);
  if (denied) error.code = ErrorCode::permission;
  return error;
}

// A mount namespace for this process alone; without root in a user namespace in which it is root.
Result<void> enter_own_namespace() {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (::unshare(user == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) < 0)
    return mount_error("unshare");
  if (user != 0) {
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
    std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
  }
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0)
    return mount_error("make mounts private");
  return {};
}

}  // namespace

Result<std::unique_ptr<SmallDisk>> SmallDisk::mount(const std::filesystem::path& dir,
                                                    std::uint64_t size_bytes) {
  static const Result<void> kEntered = enter_own_namespace();
  if (!kEntered) return kEntered.error();
  std::filesystem::create_directories(dir);
  const std::string size = "mode=0750,size=" + std::to_string(size_bytes);
  if (::mount("feedwire-test", dir.c_str(), "tmpfs", 0, size.c_str()) < 0)
    return mount_error("mount").in(dir.native());
  return std::unique_ptr<SmallDisk>(new SmallDisk(dir));
}

SmallDisk::~SmallDisk() { ::umount2(dir_.c_str(), MNT_DETACH); }

std::uint64_t SmallDisk::free_bytes() const {
  struct statvfs status {};
  if (::statvfs(dir_.c_str(), &status) < 0) throw std::runtime_error("statvfs");
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

void SmallDisk::fill(std::uint64_t leave_bytes) const {
  const UniqueFd fd(::open(filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const std::string block(4096, 'x');
  while (free_bytes() >= leave_bytes + block.size())
    if (::write(fd.get(), block.data(), block.size()) < 0) {
      if (errno == ENOSPC) return;
      throw std::runtime_error("cannot fill the disk");
    }
}

void SmallDisk::empty() const { std::filesystem::remove(filler()); }

}  // namespace feedwire::tests
