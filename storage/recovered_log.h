// The segment files as the next start of the daemon will leave them: what a check after a kill or
// a power cut has to judge, for the files themselves may lag behind the last commit until then.

#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/fs.h"
#include "storage/schema.h"

namespace feedwire::storage {

/// A view of a folder of segments, for reading alone: committed lines that are still in the outbox
/// are read from there, and what stands behind a committed end is not seen (R4, R5). All members
/// that would change something fail.
class RecoveredLog : public Fs {
 public:
  /// What recovery does to a segment.
  struct Repair {
    std::uint64_t end = 0;   // committed bytes
    std::uint64_t from = 0;  // `lines` begin here; `end` where there are none
    std::string lines;       // of the outbox, up to `end`
  };

  RecoveredLog(Fs& real, std::filesystem::path dir) : real_(real), dir_(std::move(dir)) {}

  void repair(const SegmentName& segment, Repair repair) {
    repairs_[segment.text()] = std::move(repair);
  }
  /// The segment's file is to be deleted.
  void remove(const SegmentName& segment) { removed_.insert(segment.text()); }
  /// The names of the files that the view shows otherwise than they are. Errors: io.
  Result<std::vector<std::string>> changed() const;

  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, bool writable) override;
  Result<std::vector<std::string>> list(const std::filesystem::path& dir) const override;
  bool exists(const std::filesystem::path& path) const override;

  Result<std::unique_ptr<File>> create(const std::filesystem::path& path, unsigned mode) override;
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> unlink(const std::filesystem::path& path) override;
  Result<void> symlink(const std::string& target, const std::filesystem::path& link) override;
  Result<void> make_dirs(const std::filesystem::path& dir, unsigned mode) override;
  Result<void> sync_dir(const std::filesystem::path& dir) override;
  Result<FileId> id(const std::filesystem::path& path) const override;
  Result<DiskSpace> space(const std::filesystem::path& path) const override;

 private:
  Result<bool> is_changed(const std::string& name, const Repair& repair) const;

  Fs& real_;
  const std::filesystem::path dir_;
  std::map<std::string, Repair> repairs_;  // by file name
  std::set<std::string> removed_;          // file names
};

}  // namespace feedwire::storage
