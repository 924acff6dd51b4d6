// A file system in memory that loses what was not synced when the power goes, and that stops dead
// at an operation of the simulation's choice. RocksDB and the lock have real files beside it.

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/rng.h"
#include "tests/sim/trace.h"

namespace feedwire::sim {

class SimFs : public Fs {
 public:
  SimFs(Rng& rng, Trace& trace) : rng_(rng), trace_(trace) {}

  /// The operation that comes after `count` further ones is done by half, and from then on all
  /// fail, as for a process that is being killed.
  void die_after(std::uint64_t count) { left_ = count; }
  bool dead() const { return dead_; }
  /// The next process starts: operations work again.
  void revive();

  /// Forgets what was not synced, or part of it: of each file a part behind the synced bytes may
  /// have reached the disk, of the changes of a folder the first few. Open files are void.
  void cut_power();

  /// Names and content of all files, for comparison.
  std::map<std::string, std::string> contents() const;

  Result<std::unique_ptr<File>> create(const std::filesystem::path& path, unsigned mode) override;
  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, bool writable) override;
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> unlink(const std::filesystem::path& path) override;
  Result<void> symlink(const std::string& target, const std::filesystem::path& link) override;
  /// Also in the real file system.
  Result<void> make_dirs(const std::filesystem::path& dir, unsigned mode) override;
  Result<void> sync_dir(const std::filesystem::path& dir) override;
  Result<std::vector<std::string>> list(const std::filesystem::path& dir) const override;
  bool exists(const std::filesystem::path& path) const override;
  Result<FileId> id(const std::filesystem::path& path) const override;
  Result<DiskSpace> space(const std::filesystem::path& path) const override;

 private:
  friend class SimFile;
  struct Node {
    std::string bytes;
    std::string durable;         // what a power cut leaves for certain
    std::size_t dirty_from = 0;  // up to here `bytes` and `durable` agree
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;  // by path
  /// One change of a folder: `gone` goes, `added` is there.
  struct NameChange {
    std::string dir, gone, added;
    std::shared_ptr<Node> node;
  };

  static FileId id_of(const Node& node) { return {0, reinterpret_cast<std::uintptr_t>(&node)}; }
  /// Counts a changing operation. False once the process is dead; sets `half` if it dies now.
  bool may_change(std::string_view what, const std::string& path, bool* half = nullptr);
  Error stopped() const { return {ErrorCode::io, "the simulated process is dead"}; }
  void change_name(NameChange change);
  static void apply(const NameChange& change, Names& names);
  void tear(Node& node);

  Rng& rng_;
  Trace& trace_;
  PosixFs real_;
  Names names_, durable_names_;
  std::vector<NameChange> unsynced_;  // in order
  std::optional<std::uint64_t> left_;
  bool dead_ = false;
};

}  // namespace feedwire::sim
