#include "tests/sim/sim_fs.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace feedwire::sim {

class SimFile : public File {
 public:
  SimFile(SimFs& fs, std::string path, std::shared_ptr<SimFs::Node> node)
      : fs_(fs), path_(std::move(path)), node_(std::move(node)) {}

  Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
    bool half = false;
    if (!fs_.may_change(fmt::format("write {} {:x}", offset, xxh3_64(bytes)), path_, &half))
      return fs_.stopped();
    if (half) bytes = bytes.substr(0, bytes.size() / 2);
    const auto at = static_cast<std::size_t>(offset);
    std::string& content = node_->bytes;
    if (content.size() < at + bytes.size()) content.resize(at + bytes.size());
    content.replace(at, bytes.size(), bytes);
    node_->dirty_from = std::min(node_->dirty_from, at);
    return half ? Result<void>(fs_.stopped()) : Result<void>();
  }

  Result<std::string> read_at(std::uint64_t offset, std::size_t size) const override {
    const auto at = static_cast<std::size_t>(offset);
    return at < node_->bytes.size() ? node_->bytes.substr(at, size) : std::string();
  }

  Result<std::uint64_t> size() const override { return node_->bytes.size(); }

  Result<FileId> id() const override { return SimFs::id_of(*node_); }

  // Room there is without end, and no store asks for more than that.
  Result<void> allocate(std::uint64_t) override { return {}; }

  Result<void> truncate(std::uint64_t size_bytes) override {
    if (!fs_.may_change(fmt::format("truncate {}", size_bytes), path_)) return fs_.stopped();
    node_->bytes.resize(static_cast<std::size_t>(size_bytes));
    node_->dirty_from = std::min(node_->dirty_from, node_->bytes.size());
    return {};
  }

  Result<void> set_mode(unsigned) override {
    return fs_.may_change("mode", path_) ? Result<void>() : fs_.stopped();
  }

  Result<void> sync() override {
    if (!fs_.may_change("sync", path_)) return fs_.stopped();
    node_->durable.resize(std::min(node_->dirty_from, node_->durable.size()));
    node_->durable.append(node_->bytes, node_->durable.size());
    node_->dirty_from = node_->bytes.size();
    return {};
  }

 private:
  SimFs& fs_;
  const std::string path_;
  const std::shared_ptr<SimFs::Node> node_;
};

bool SimFs::may_change(std::string_view what, const std::string& path, bool* half) {
  if (dead_) return false;
  if (left_ && (*left_)-- == 0) {
    dead_ = true;
    if (half == nullptr) return false;
    *half = true;
  }
  trace_.add(fmt::format("{} {}", what, std::filesystem::path(path).filename().native()));
  return true;
}

void SimFs::revive() {
  dead_ = false;
  left_.reset();
}

void SimFs::apply(const NameChange& change, Names& names) {
  names.erase(change.gone);
  if (!change.added.empty()) names[change.added] = change.node;
}

void SimFs::change_name(NameChange change) {
  apply(change, names_);
  unsynced_.push_back(std::move(change));
}

// Of the bytes that were not synced all, none or the first ones have reached the disk, or it has
// room for them that was never written.
void SimFs::tear(Node& node) {
  const std::size_t agreed = std::min(node.dirty_from, node.bytes.size());
  const std::size_t reached = agreed + rng_.next() % (node.bytes.size() - agreed + 1);
  std::string after = node.bytes.substr(0, reached);
  switch (rng_.next() % 4) {
    case 0:
      after = node.durable;
      break;
    case 1:
      after = node.bytes;
      break;
    case 2:
      if (reached < node.durable.size()) after.append(node.durable, reached);
      break;
    default:
      if (reached < node.durable.size()) after.append(node.durable, reached);
      after.resize(std::max(after.size(), node.bytes.size()), '\0');
  }
  node.bytes = node.durable = std::move(after);
  node.dirty_from = node.bytes.size();
}

void SimFs::cut_power() {
  const std::size_t reached = rng_.next() % (unsynced_.size() + 1);
  for (std::size_t i = 0; i < reached; ++i) apply(unsynced_[i], durable_names_);
  unsynced_.clear();
  names_ = durable_names_;
  for (const auto& [path, node] : names_) tear(*node);
  trace_.add("power cut");
}

std::map<std::string, std::string> SimFs::contents() const {
  std::map<std::string, std::string> contents;
  for (const auto& [path, node] : names_) contents[path] = node->bytes;
  return contents;
}

Result<std::unique_ptr<File>> SimFs::create(const std::filesystem::path& path, unsigned) {
  if (!may_change("create", path)) return stopped();
  if (names_.contains(path)) return Error{ErrorCode::io, path.native() + ": exists"};
  auto node = std::make_shared<Node>();
  change_name({path.parent_path(), "", path, node});
  return std::unique_ptr<File>(std::make_unique<SimFile>(*this, path, std::move(node)));
}

Result<std::unique_ptr<File>> SimFs::open(const std::filesystem::path& path, bool) {
  const auto found = names_.find(path);
  if (found == names_.end()) return Error{ErrorCode::not_found, path.native() + ": no such file"};
  return std::unique_ptr<File>(std::make_unique<SimFile>(*this, path, found->second));
}

Result<void> SimFs::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (!may_change("rename", to)) return stopped();
  const auto found = names_.find(from);
  if (found == names_.end()) return Error{ErrorCode::not_found, from.native() + ": no such file"};
  change_name({to.parent_path(), from, to, found->second});
  return {};
}

Result<void> SimFs::unlink(const std::filesystem::path& path) {
  if (!may_change("unlink", path)) return stopped();
  if (!names_.contains(path)) return Error{ErrorCode::not_found, path.native() + ": no such file"};
  change_name({path.parent_path(), path, "", nullptr});
  return {};
}

Result<void> SimFs::symlink(const std::string& target, const std::filesystem::path& link) {
  if (!may_change("symlink", link)) return stopped();
  auto node = std::make_shared<Node>();
  node->bytes = node->durable = target;
  node->dirty_from = target.size();
  change_name({link.parent_path(), "", link, std::move(node)});
  return {};
}

Result<void> SimFs::make_dirs(const std::filesystem::path& dir, unsigned mode) {
  return real_.make_dirs(dir, mode);
}

Result<void> SimFs::sync_dir(const std::filesystem::path& dir) {
  if (!may_change("sync folder", "")) return stopped();  // the root has a name of its own each time
  for (const NameChange& change : unsynced_)
    if (change.dir == dir) apply(change, durable_names_);
  std::erase_if(unsynced_, [&](const NameChange& change) { return change.dir == dir; });
  return {};
}

Result<std::vector<std::string>> SimFs::list(const std::filesystem::path& dir) const {
  std::vector<std::string> names;
  for (const auto& [name, node] : names_) {
    const std::filesystem::path path = name;
    if (path.parent_path() == dir) names.push_back(path.filename());
  }
  return names;
}

bool SimFs::exists(const std::filesystem::path& path) const { return names_.contains(path); }

Result<FileId> SimFs::id(const std::filesystem::path& path) const {
  const auto found = names_.find(path);
  if (found == names_.end()) return Error{ErrorCode::not_found, path.native() + ": no such file"};
  return id_of(*found->second);
}

Result<DiskSpace> SimFs::space(const std::filesystem::path&) const {
  return DiskSpace{std::uint64_t{1} << 41, std::uint64_t{1} << 40};
}

}  // namespace feedwire::sim
