// Power cuts for a real program: a library for LD_PRELOAD that keeps, beside the files of one
// folder, a second folder with what a disk would hold for certain if the power went now.
//
//   FEEDWIRE_DISK=STATE_DIR:SHADOW_DIR   both exist, SHADOW_DIR is empty, on one file system each
//
// Files are written as ever, so that the program and its readers see what they always see. In the
// shadow folder a file's bytes appear when the file is synced, and names (created, renamed,
// removed) when their folder is: nothing else is promised by POSIX. A test kills the program and
// goes on with SHADOW_DIR in place of STATE_DIR (tests/support/power_cut.h), if it holds
// .inodes/begun: until then the program has not begun.
// RocksDB and the segments are covered alike. Writes through mmap() are not; neither makes any.

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace {

namespace fs = std::filesystem;

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

constexpr char kInodes[] = ".inodes", kBegun[] = "begun";

/// What is known of a file in the state folder. Its bytes on the disk are SHADOW_DIR/.inodes/ID; a
/// name in the shadow folder is a hard link to that.
struct Inode {
  unsigned id = 0;
  off_t dirty_from = 0;  // up to here the disk has what the file has
};

class Disk {
 public:
  Disk(fs::path state, fs::path shadow) : state_(std::move(state)), shadow_(std::move(shadow)) {
    fs::create_directories(inodes());
    // What is there at the start survives.
    for (const auto& entry : fs::recursive_directory_iterator(state_)) {
      if (entry.is_regular_file() && !entry.is_symlink()) sync_file(entry.path());
    }
    sync_tree(state_);
    fs::create_directory(inodes() / kBegun);
  }

  // A new file may have the inode number of one that is gone.
  void created(int fd) {
    const std::lock_guard guard(mutex_);
    struct stat status {};
    if (is_ours(fd, status)) inodes_[status.st_ino] = {++last_id_, 0};
  }
  void written(int fd, off_t from) {
    const std::lock_guard guard(mutex_);
    struct stat status {};
    if (!is_ours(fd, status)) return;
    Inode& inode = inode_of(status);
    inode.dirty_from = std::min(inode.dirty_from, from);
  }
  void synced(int fd) {
    const std::lock_guard guard(mutex_);
    struct stat status {};
    if (::fstat(fd, &status) < 0) return;
    const fs::path path = path_of(fd);
    if (S_ISDIR(status.st_mode) && is_inside(path)) sync_names(path);
    if (is_ours(fd, status)) sync_bytes(fd, status);
  }

 private:
  fs::path inodes() const { return shadow_ / kInodes; }
  fs::path shadow_of(const Inode& inode) const { return inodes() / std::to_string(inode.id); }
  fs::path shadow_of_dir(const fs::path& dir) const;

  static fs::path path_of(int fd) {
    std::error_code gone;
    return fs::read_symlink("/proc/self/fd/" + std::to_string(fd), gone);
  }
  bool is_inside(const fs::path& path) const {
    const std::string& text = path.native();
    return text.starts_with(state_.native()) &&
           (text.size() == state_.native().size() || text[state_.native().size()] == '/');
  }
  bool is_ours(int fd, struct stat& status) const {
    return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && is_inside(path_of(fd));
  }
  Inode& inode_of(const struct stat& status) {
    const auto [place, fresh] = inodes_.try_emplace(status.st_ino);
    if (fresh) place->second.id = ++last_id_;
    return place->second;
  }

  void sync_file(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (fd >= 0 && ::fstat(fd, &status) == 0) sync_bytes(fd, status);
    if (fd >= 0) ::close(fd);
  }
  void sync_bytes(int fd, const struct stat& status);
  void sync_names(const fs::path& dir);
  void sync_tree(const fs::path& dir) {
    for (const auto& entry : fs::directory_iterator(dir))
      if (entry.is_directory() && !entry.is_symlink()) sync_tree(entry.path());
    sync_names(dir);
  }
  void put_name(const fs::directory_entry& entry, const fs::path& shadow_dir);

  const fs::path state_, shadow_;
  std::mutex mutex_;
  std::map<ino_t, Inode> inodes_;
  unsigned last_id_ = 0;
};

void Disk::sync_bytes(int fd, const struct stat& status) {
  Inode& inode = inode_of(status);
  const int to = ::open(shadow_of(inode).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const int from = ::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC);
  off_t at = std::min(inode.dirty_from, status.st_size);
  if (to < 0 || from < 0 || ::lseek(to, at, SEEK_SET) < 0) ::abort();
  while (at < status.st_size) {
    const ssize_t copied = ::sendfile(to, from, &at, static_cast<std::size_t>(status.st_size - at));
    if (copied <= 0) break;
  }
  if (::ftruncate(to, status.st_size) < 0) ::abort();
  ::fchmod(to, status.st_mode & 07777);
  ::close(to);
  ::close(from);
  inode.dirty_from = status.st_size;
}

// Where the names of a folder stand. A folder whose own name is not durable yet waits among the
// inodes, and what is in it is not to be had.
fs::path Disk::shadow_of_dir(const fs::path& dir) const {
  const fs::path place = shadow_ / dir.lexically_relative(state_);
  struct stat status {};
  if (fs::exists(place) || ::stat(dir.c_str(), &status) < 0) return place;
  return inodes() / ("folder-" + std::to_string(status.st_ino));
}

// A name takes its place by rename(), so that a kill leaves the old one or the new one.
void Disk::put_name(const fs::directory_entry& entry, const fs::path& shadow_dir) {
  const fs::path name = shadow_dir / entry.path().filename();
  fs::path fresh = inodes() / "fresh";
  std::error_code failed;
  fs::remove_all(fresh, failed);
  if (entry.is_symlink()) {
    fs::create_symlink(fs::read_symlink(entry.path(), failed), fresh, failed);
  } else if (entry.is_directory()) {
    if (fs::exists(name)) return;
    fresh = shadow_of_dir(entry.path());
    fs::create_directories(fresh, failed);
  } else {
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) < 0) return;
    // A file whose name is synced and whose bytes are not is an empty one.
    const fs::path bytes = shadow_of(inode_of(status));
    const int made = ::open(bytes.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (made >= 0) ::close(made);
    fs::create_hard_link(bytes, fresh, failed);
  }
  if (!failed) ::rename(fresh.c_str(), name.c_str());
}

void Disk::sync_names(const fs::path& dir) {
  std::error_code failed;
  const fs::path shadow = shadow_of_dir(dir);
  fs::create_directories(shadow, failed);
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(dir, failed)) {
    names.insert(entry.path().filename());
    put_name(entry, shadow);
  }
  for (const auto& entry : fs::directory_iterator(shadow, failed)) {
    const std::string name = entry.path().filename();
    if (name != kInodes && !names.contains(name)) fs::remove_all(entry.path(), failed);
  }
}

// Set while this library's own calls are under way.
thread_local bool busy = false;

Disk* disk = nullptr;

template <typename Work>
void tell_disk(Work work) {
  if (disk == nullptr || busy) return;
  busy = true;
  const int kept = errno;
  work(*disk);
  errno = kept;
  busy = false;
}

__attribute__((constructor)) void begin() {
  const char* const folders = ::getenv("FEEDWIRE_DISK");
  if (folders == nullptr) return;
  const std::string_view text = folders;
  const std::size_t colon = text.find(':');
  busy = true;
  disk = new Disk(fs::canonical(text.substr(0, colon)), fs::canonical(text.substr(colon + 1)));
  busy = false;
}

template <typename Offset, typename Call>
auto write_with(int fd, Offset from, Call call) {
  tell_disk([&](Disk& to) { to.written(fd, static_cast<off_t>(from)); });
  return call();
}

int open_with(int dir, const char* path, int flags, mode_t mode) {
  static auto* const call = real<int(int, const char*, int, ...)>("openat");
  const bool maybe_new = disk != nullptr && !busy && (flags & O_CREAT) != 0 &&
                         ::faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
  const int fd = call(dir, path, flags, mode);
  if (fd >= 0 && maybe_new) tell_disk([&](Disk& on) { on.created(fd); });
  if (fd >= 0 && (flags & O_TRUNC) != 0) tell_disk([&](Disk& on) { on.written(fd, 0); });
  return fd;
}

mode_t mode_argument(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

// Syncing for real would only cost time: nobody pulls the plug of the machine.
int sync_with(int fd) {
  if (disk == nullptr) {
    static auto* const call = real<int(int)>("fsync");
    return call(fd);
  }
  tell_disk([&](Disk& on) { on.synced(fd); });
  return 0;
}

off_t position(int fd) { return std::max<off_t>(0, ::lseek(fd, 0, SEEK_CUR)); }

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  static auto* const call = real<ssize_t(int, const void*, size_t)>("write");
  if (disk == nullptr || busy) return call(fd, bytes, size);
  return write_with(fd, position(fd), [&] { return call(fd, bytes, size); });
}
ssize_t writev(int fd, const iovec* parts, int count) {
  static auto* const call = real<ssize_t(int, const iovec*, int)>("writev");
  return write_with(fd, position(fd), [&] { return call(fd, parts, count); });
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  static auto* const call = real<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return write_with(fd, at, [&] { return call(fd, bytes, size, at); });
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  return pwrite(fd, bytes, size, at);
}
ssize_t pwritev(int fd, const iovec* parts, int count, off_t at) {
  static auto* const call = real<ssize_t(int, const iovec*, int, off_t)>("pwritev");
  return write_with(fd, at, [&] { return call(fd, parts, count, at); });
}
ssize_t pwritev64(int fd, const iovec* parts, int count, off64_t at) {
  return pwritev(fd, parts, count, at);
}
int ftruncate(int fd, off_t size) noexcept {
  static auto* const call = real<int(int, off_t)>("ftruncate");
  return write_with(fd, size, [&] { return call(fd, size); });
}
int ftruncate64(int fd, off64_t size) noexcept { return ftruncate(fd, size); }

int fsync(int fd) { return sync_with(fd); }
int fdatasync(int fd) { return sync_with(fd); }

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_with(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_with(AT_FDCWD, path, flags, mode);
}
int openat(int dir, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_with(dir, path, flags, mode);
}
int openat64(int dir, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_with(dir, path, flags, mode);
}
int creat(const char* path, mode_t mode) {
  return open_with(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

}  // extern "C"
