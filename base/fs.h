// The file system as the event log needs it: few operations, errors as values. An interface, so
// that a simulation can lose unsynced writes and fail the n-th call. RocksDB has its own.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace feedwire {

/// Tells files apart, whatever their names: stat's device and inode.
struct FileId {
  std::uint64_t device = 0, inode = 0;

  bool operator==(const FileId&) const = default;
};

/// The room on a file system.
struct DiskSpace {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;  // that an unprivileged process may still write
};

/// An open file, written at explicit offsets. Used by one thread at a time.
class File {
 public:
  virtual ~File() = default;

  /// Writes all of `bytes` at `offset`. Errors: io (also a full disk), after which an unknown part
  /// has been written.
  virtual Result<void> write_at(std::uint64_t offset, std::string_view bytes) = 0;

  /// Reads up to `size` bytes at `offset`; shorter only at the end of the file. Errors: io.
  virtual Result<std::string> read_at(std::uint64_t offset, std::size_t size) const = 0;

  virtual Result<std::uint64_t> size() const = 0;               // Errors: io
  virtual Result<FileId> id() const = 0;                        // Errors: io
  virtual Result<void> truncate(std::uint64_t size_bytes) = 0;  // Errors: io
  virtual Result<void> set_mode(unsigned mode) = 0;             // Errors: io
  /// Makes the file `size_bytes` large, every one of which takes room on the disk from now on.
  /// Errors: io (also where there is no such room).
  virtual Result<void> allocate(std::uint64_t size_bytes) = 0;

  /// Returns once the content is on the device (fdatasync). Errors: io. Never to be retried: after
  /// one failure Linux may drop the dirty pages and then report success.
  virtual Result<void> sync() = 0;
};

/// Paths and names. May be called from any thread. Nothing follows a symbolic link in the last
/// component but exists() and space().
class Fs {
 public:
  virtual ~Fs() = default;

  /// Creates a file that must not exist yet, for reading and writing. Errors: io.
  virtual Result<std::unique_ptr<File>> create(const std::filesystem::path& path,
                                               unsigned mode) = 0;
  /// Opens an existing file, for reading and, if `writable`, writing. Errors: not_found, io.
  virtual Result<std::unique_ptr<File>> open(const std::filesystem::path& path, bool writable) = 0;
  virtual Result<void> rename(const std::filesystem::path& from,
                              const std::filesystem::path& to) = 0;    // Errors: io
  virtual Result<void> unlink(const std::filesystem::path& path) = 0;  // Errors: not_found, io
  /// Makes `link` point to `target` atomically, replacing what was there. Errors: io.
  virtual Result<void> symlink(const std::string& target, const std::filesystem::path& link) = 0;
  /// Creates what is missing of `dir`, of `mode` whatever the umask is; it lasts. Errors: io.
  virtual Result<void> make_dirs(const std::filesystem::path& dir, unsigned mode) = 0;
  /// Makes created, renamed and removed names in `dir` survive a power cut. Errors: io.
  virtual Result<void> sync_dir(const std::filesystem::path& dir) = 0;
  /// The names in `dir`, sorted, without "." and "..". Errors: not_found, io.
  virtual Result<std::vector<std::string>> list(const std::filesystem::path& dir) const = 0;
  virtual bool exists(const std::filesystem::path& path) const = 0;
  virtual Result<FileId> id(const std::filesystem::path& path) const = 0;  // Errors: not_found, io
  /// The file system that `path`, which must exist, is on. Errors: io.
  virtual Result<DiskSpace> space(const std::filesystem::path& path) const = 0;
};

/// The real file system.
class PosixFs : public Fs {
 public:
  Result<std::unique_ptr<File>> create(const std::filesystem::path& path, unsigned mode) override;
  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, bool writable) override;
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> unlink(const std::filesystem::path& path) override;
  Result<void> symlink(const std::string& target, const std::filesystem::path& link) override;
  Result<void> make_dirs(const std::filesystem::path& dir, unsigned mode) override;
  Result<void> sync_dir(const std::filesystem::path& dir) override;
  Result<std::vector<std::string>> list(const std::filesystem::path& dir) const override;
  bool exists(const std::filesystem::path& path) const override;
  Result<FileId> id(const std::filesystem::path& path) const override;
  Result<DiskSpace> space(const std::filesystem::path& path) const override;
};

/// Reads a whole file of at most `max_bytes`. Errors: not_found, too_large, io.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes);

}  // namespace feedwire
