#include "storage/recovered_log.h"

#include <algorithm>
#include <utility>

namespace feedwire::storage {
namespace {

Error read_only() { return Error{ErrorCode::io, "a check changes nothing"}; }

class RecoveredFile : public File {
 public:
  /// `real` may be null: the file is gone, and all of it is in the outbox.
  RecoveredFile(std::unique_ptr<File> real, const RecoveredLog::Repair& repair)
      : real_(std::move(real)), repair_(repair) {}

  Result<std::string> read_at(std::uint64_t offset, std::size_t size) const override {
    std::string bytes;
    if (offset < repair_.from && real_) {
      const std::uint64_t left = repair_.from - offset;
      Result<std::string> old =
          real_->read_at(offset, static_cast<std::size_t>(std::min<std::uint64_t>(size, left)));
      // Lost bytes are the end of the file, as they are its end for recovery.
      if (!old || old->size() < std::min<std::uint64_t>(size, left)) return old;
      bytes = std::move(*old);
    }
    const std::uint64_t at = offset + bytes.size();
    if (at >= repair_.from && at < repair_.end)
      bytes +=
          repair_.lines.substr(static_cast<std::size_t>(at - repair_.from), size - bytes.size());
    return bytes;
  }

  Result<std::uint64_t> size() const override {
    if (!real_) return repair_.end;
    Result<std::uint64_t> size = real_->size();
    return !size || *size < repair_.from ? std::move(size) : repair_.end;
  }

  // A file that is yet to be made again is none so far.
  Result<FileId> id() const override { return real_ ? real_->id() : FileId{}; }

  Result<void> write_at(std::uint64_t, std::string_view) override { return read_only(); }
  Result<void> allocate(std::uint64_t) override { return read_only(); }
  Result<void> truncate(std::uint64_t) override { return read_only(); }
  Result<void> set_mode(unsigned) override { return read_only(); }
  Result<void> sync() override { return read_only(); }

 private:
  const std::unique_ptr<File> real_;
  const RecoveredLog::Repair& repair_;
};

}  // namespace

Result<std::unique_ptr<File>> RecoveredLog::open(const std::filesystem::path& path, bool writable) {
  if (writable) return read_only();
  Result<std::unique_ptr<File>> file = real_.open(path, false);
  const auto repair = repairs_.find(path.filename().native());
  if (repair == repairs_.end()) return file;
  if (file) return {std::make_unique<RecoveredFile>(std::move(*file), repair->second)};
  if (file.error().code != ErrorCode::not_found || repair->second.from != 0) return file;
  return {std::make_unique<RecoveredFile>(nullptr, repair->second)};
}

Result<std::vector<std::string>> RecoveredLog::list(const std::filesystem::path& dir) const {
  Result<std::vector<std::string>> names = real_.list(dir);
  if (!names) return names;
  for (const auto& [name, repair] : repairs_)
    if (repair.from == 0) names->push_back(name);
  std::erase_if(*names, [&](const std::string& name) { return removed_.contains(name); });
  std::sort(names->begin(), names->end());
  names->erase(std::unique(names->begin(), names->end()), names->end());
  return names;
}

bool RecoveredLog::exists(const std::filesystem::path& path) const { return real_.exists(path); }

Result<std::vector<std::string>> RecoveredLog::changed() const {
  std::vector<std::string> names;
  for (const auto& [name, repair] : repairs_) {
    Result<bool> differs = is_changed(name, repair);
    if (!differs) return std::move(differs).error();
    if (*differs) names.push_back(name);
  }
  for (const std::string& name : removed_)
    if (real_.exists(dir_ / name)) names.push_back(name);
  return names;
}

Result<bool> RecoveredLog::is_changed(const std::string& name, const Repair& repair) const {
  Result<std::unique_ptr<File>> file = real_.open(dir_ / name, false);
  if (!file && file.error().code == ErrorCode::not_found) return repair.from == 0;
  if (!file) return std::move(file).error();
  Result<std::string> bytes = (*file)->read_at(repair.from, repair.lines.size() + 1);
  if (!bytes) return std::move(bytes).error();
  return *bytes != repair.lines;
}

Result<std::unique_ptr<File>> RecoveredLog::create(const std::filesystem::path&, unsigned) {
  return read_only();
}
Result<void> RecoveredLog::rename(const std::filesystem::path&, const std::filesystem::path&) {
  return read_only();
}
Result<void> RecoveredLog::unlink(const std::filesystem::path&) { return read_only(); }
Result<void> RecoveredLog::symlink(const std::string&, const std::filesystem::path&) {
  return read_only();
}
Result<void> RecoveredLog::make_dirs(const std::filesystem::path&, unsigned) { return read_only(); }
Result<void> RecoveredLog::sync_dir(const std::filesystem::path&) { return read_only(); }
Result<FileId> RecoveredLog::id(const std::filesystem::path& path) const { return real_.id(path); }
Result<DiskSpace> RecoveredLog::space(const std::filesystem::path& path) const {
  return real_.space(path);
}

}  // namespace feedwire::storage
