#include "tests/storage/failing_fs.h"

#include <unistd.h>

namespace feedwire::storage {

class FailingFile : public File {
 public:
  FailingFile(FailingFs& fs, std::unique_ptr<File> real) : fs_(fs), real_(std::move(real)) {}

  Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
    if (!fs_.fails()) return real_->write_at(offset, bytes);
    if (Result<void> half = real_->write_at(offset, bytes.substr(0, bytes.size() / 2)); !half)
      return half;
    return fs_.give_up();
  }
  Result<std::string> read_at(std::uint64_t offset, std::size_t size) const override {
    return real_->read_at(offset, size);
  }
  Result<std::uint64_t> size() const override { return real_->size(); }
  Result<FileId> id() const override { return real_->id(); }
  Result<void> allocate(std::uint64_t size_bytes) override {
    return fs_.fails() ? Result<void>(fs_.give_up()) : real_->allocate(size_bytes);
  }
  Result<void> truncate(std::uint64_t size_bytes) override {
    return fs_.fails() ? Result<void>(fs_.give_up()) : real_->truncate(size_bytes);
  }
  Result<void> set_mode(unsigned mode) override {
    return fs_.fails() ? Result<void>(fs_.give_up()) : real_->set_mode(mode);
  }
  Result<void> sync() override { return fs_.fails() ? Result<void>(fs_.give_up()) : real_->sync(); }

 private:
  FailingFs& fs_;
  std::unique_ptr<File> real_;
};

bool FailingFs::fails() {
  const bool now = left_ == 0;
  if (left_ >= 0) --left_;
  return now || (left_ < 0 && then_ == Then::fail);
}

Error FailingFs::give_up() {
  if (then_ == Then::exit) ::_exit(9);
  return Error{ErrorCode::io, "made to fail"};
}

Result<std::unique_ptr<File>> FailingFs::create(const std::filesystem::path& path, unsigned mode) {
  if (fails()) return give_up();
  Result<std::unique_ptr<File>> file = real_.create(path, mode);
  if (!file) return file;
  return std::unique_ptr<File>(std::make_unique<FailingFile>(*this, std::move(*file)));
}

Result<std::unique_ptr<File>> FailingFs::open(const std::filesystem::path& path, bool writable) {
  if (fails()) return give_up();
  Result<std::unique_ptr<File>> file = real_.open(path, writable);
  if (!file) return file;
  return std::unique_ptr<File>(std::make_unique<FailingFile>(*this, std::move(*file)));
}

Result<void> FailingFs::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  return fails() ? Result<void>(give_up()) : real_.rename(from, to);
}
Result<void> FailingFs::unlink(const std::filesystem::path& path) {
  return fails() ? Result<void>(give_up()) : real_.unlink(path);
}
Result<void> FailingFs::symlink(const std::string& target, const std::filesystem::path& link) {
  return fails() ? Result<void>(give_up()) : real_.symlink(target, link);
}
Result<void> FailingFs::make_dirs(const std::filesystem::path& dir, unsigned mode) {
  return fails() ? Result<void>(give_up()) : real_.make_dirs(dir, mode);
}
Result<void> FailingFs::sync_dir(const std::filesystem::path& dir) {
  return fails() ? Result<void>(give_up()) : real_.sync_dir(dir);
}
Result<std::vector<std::string>> FailingFs::list(const std::filesystem::path& dir) const {
  return real_.list(dir);
}
bool FailingFs::exists(const std::filesystem::path& path) const { return real_.exists(path); }
Result<FileId> FailingFs::id(const std::filesystem::path& path) const { return real_.id(path); }
Result<DiskSpace> FailingFs::space(const std::filesystem::path& path) const {
  return real_.space(path);
}

}  // namespace feedwire::storage
