// A disk that a test can fill: a tmpfs of its own.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"

namespace feedwire::tests {

/// Mounted over a folder until destroyed, in a mount namespace of this process, which the processes
/// it starts share: nobody else sees it, and it cannot be left behind.
class SmallDisk {
 public:
  /// Makes `dir`. Needs root, or user namespaces, and that no thread runs yet. Errors: permission
  /// (a mount is not permitted here), io.
  static Result<std::unique_ptr<SmallDisk>> mount(const std::filesystem::path& dir,
                                                  std::uint64_t size_bytes);
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk();

  std::uint64_t free_bytes() const;
  /// Takes all room but `leave_bytes`, in a file of its own.
  void fill(std::uint64_t leave_bytes) const;
  void empty() const;  // takes fill() back

 private:
  explicit SmallDisk(std::filesystem::path dir) : dir_(std::move(dir)) {}
  std::filesystem::path filler() const { return dir_ / "filler"; }

  const std::filesystem::path dir_;
};

}  // namespace feedwire::tests
