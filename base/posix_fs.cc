#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/fs.h"
#include "base/unique_fd.h"

namespace feedwire {
namespace {

// The Error for errno, told apart only where a caller branches.
Error path_error(std::string_view what, const std::filesystem::path& path) {
  const bool missing = errno == ENOENT;
  Error error = errno_error(what).in(path.native());
  if (missing) error.code = ErrorCode::not_found;
  return error;
}

std::filesystem::path parent_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

FileId id_of(const struct stat& status) { return {status.st_dev, status.st_ino}; }

class PosixFile : public File {
 public:
  explicit PosixFile(UniqueFd fd) : fd_(std::move(fd)) {}

  Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t put =
          ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return errno_error("write");
      bytes.remove_prefix(static_cast<std::size_t>(put));
      offset += static_cast<std::uint64_t>(put);
    }
    return {};
  }

  Result<std::string> read_at(std::uint64_t offset, std::size_t size) const override {
    std::string bytes(size, '\0');
    std::size_t have = 0;
    while (have < size) {
      const ssize_t got =
          ::pread(fd_.get(), bytes.data() + have, size - have, static_cast<off_t>(offset + have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno_error("read");
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
  }

  Result<std::uint64_t> size() const override {
    struct stat status {};
    if (::fstat(fd_.get(), &status) < 0) return errno_error("stat");
    return static_cast<std::uint64_t>(status.st_size);
  }

  Result<FileId> id() const override {
    struct stat status {};
    if (::fstat(fd_.get(), &status) < 0) return errno_error("stat");
    return id_of(status);
  }

  Result<void> truncate(std::uint64_t size_bytes) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size_bytes)) < 0) return errno_error("truncate");
    return {};
  }

  Result<void> set_mode(unsigned mode) override {
    if (::fchmod(fd_.get(), mode) < 0) return errno_error("change mode");
    return {};
  }

  Result<void> allocate(std::uint64_t size_bytes) override {
    errno = ::posix_fallocate(fd_.get(), 0, static_cast<off_t>(size_bytes));
    if (errno != 0) return errno_error("allocate");
    return {};
  }

  Result<void> sync() override {
    if (::fdatasync(fd_.get()) < 0) return errno_error("sync");
    return {};
  }

 private:
  UniqueFd fd_;
};

}  // namespace

Result<std::unique_ptr<File>> PosixFs::create(const std::filesystem::path& path, unsigned mode) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return errno_error("create").in(path.native());
  return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(fd)));
}

Result<std::unique_ptr<File>> PosixFs::open(const std::filesystem::path& path, bool writable) {
  UniqueFd fd(::open(path.c_str(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return path_error("open", path);
  return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(fd)));
}

Result<void> PosixFs::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) < 0) return errno_error("rename").in(from.native());
  return {};
}

Result<void> PosixFs::unlink(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) < 0) return path_error("remove", path);
  return {};
}

Result<void> PosixFs::symlink(const std::string& target, const std::filesystem::path& link) {
  // symlink(2) never replaces, rename(2) does; the name between is this process's alone.
  const std::filesystem::path fresh = link.native() + ".new";
  if (::unlink(fresh.c_str()) < 0 && errno != ENOENT)
    return errno_error("remove").in(fresh.native());
  if (::symlink(target.c_str(), fresh.c_str()) < 0)
    return errno_error("symlink").in(fresh.native());
  return rename(fresh, link);
}

Result<void> PosixFs::make_dirs(const std::filesystem::path& dir, unsigned mode) {
  int made = ::mkdir(dir.c_str(), mode);
  struct stat status {};
  if (made < 0 && errno == EEXIST && ::stat(dir.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
    return {};
  if (made < 0 && errno == ENOENT && dir.has_parent_path()) {
    if (Result<void> parent = make_dirs(dir.parent_path(), mode); !parent) return parent;
    made = ::mkdir(dir.c_str(), mode);
    if (made < 0 && errno == EEXIST) return {};
  }
  if (made < 0 || ::chmod(dir.c_str(), mode) < 0)
    return errno_error("make folder").in(dir.native());
  return sync_dir(parent_of(dir));
}

Result<void> PosixFs::sync_dir(const std::filesystem::path& dir) {
  const UniqueFd fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) < 0) return errno_error("sync").in(dir.native());
  return {};
}

Result<std::vector<std::string>> PosixFs::list(const std::filesystem::path& dir) const {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(dir.c_str()), ::closedir);
  if (!stream) return path_error("list", dir);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return errno_error("list").in(dir.native());
  std::sort(names.begin(), names.end());
  return names;
}

bool PosixFs::exists(const std::filesystem::path& path) const {
  return ::access(path.c_str(), F_OK) == 0;
}

Result<FileId> PosixFs::id(const std::filesystem::path& path) const {
  struct stat status {};
  if (::lstat(path.c_str(), &status) < 0) return path_error("stat", path);
  return id_of(status);
}

Result<DiskSpace> PosixFs::space(const std::filesystem::path& path) const {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) < 0) return errno_error("statvfs").in(path.native());
  const std::uint64_t block = status.f_frsize;
  return DiskSpace{status.f_blocks * block, status.f_bavail * block};
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return path_error("open", path);
  std::string bytes;
  struct stat about {};
  if (::fstat(fd.get(), &about) == 0 && about.st_size > 0)  // 0 under /proc, too
    bytes.reserve(std::min(static_cast<std::size_t>(about.st_size), max_bytes) + 1);
  char block[64 * 1024];
  for (;;) {
    const ssize_t got = ::read(fd.get(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("read").in(path.native());
    if (got == 0) return bytes;
    bytes.append(block, static_cast<std::size_t>(got));
    if (bytes.size() > max_bytes)
      return Error{ErrorCode::too_large, fmt::format("more than {} bytes", max_bytes)}.in(
          path.native());
  }
}

}  // namespace feedwire
