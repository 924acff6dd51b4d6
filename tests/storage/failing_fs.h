// A file system that fails, or kills the process, at its n-th operation that opens or changes a
// file.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/fs.h"

namespace feedwire::storage {

class FailingFs : public Fs {
 public:
  enum class Then { fail, fail_once, exit };

  /// Operation number `nth`, counting from 0, writes half of what it should, if it writes, and then
  /// fails, as all later ones do but for `fail_once`, or calls _exit(9).
  FailingFs(Fs& real, int nth, Then then) : real_(real), left_(nth), then_(then) {}

  bool failed() const { return left_ < 0; }

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

 private:
  friend class FailingFile;
  bool fails();     // counts one operation
  Error give_up();  // what a failing operation returns, if it returns

  Fs& real_;
  int left_;
  const Then then_;
};

}  // namespace feedwire::storage
