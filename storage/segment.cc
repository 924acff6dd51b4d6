#include "storage/segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/kill_point.h"

namespace feedwire::storage {
namespace {

constexpr std::size_t kBlock = 1024 * 1024;

std::filesystem::path fresh_path(const std::filesystem::path& dir, Rng& rng) {
  return dir / fmt::format("{}{:016x}", kNewPrefix, rng.next());
}

}  // namespace

Result<std::vector<SegmentName>> list_segments(const Fs& fs, const std::filesystem::path& dir) {
  Result<std::vector<std::string>> names = fs.list(dir);
  if (!names && names.error().code == ErrorCode::not_found) return std::vector<SegmentName>{};
  if (!names) return std::move(names).error();
  std::vector<SegmentName> segments;
  for (const std::string& name : *names)
    if (const auto segment = parse_segment_name(name)) segments.push_back(*segment);
  return segments;
}

Result<std::unique_ptr<File>> create_segment(Fs& fs, const std::filesystem::path& dir,
                                             const SegmentName& name, std::string_view header,
                                             Rng& rng) {
  const std::filesystem::path fresh = fresh_path(dir, rng);
  Result<std::unique_ptr<File>> file = fs.create(fresh, kActiveMode);
  if (!file) return file;
  kill_point("segment-created");
  Result<void> step = (*file)->write_at(0, header);
  kill_point("segment-header-written");
  if (step) step = (*file)->sync();
  kill_point("segment-header-synced");
  if (step) step = (*file)->set_mode(kActiveMode);
  if (step) step = fs.rename(fresh, dir / name.text());
  kill_point("segment-renamed");
  if (step) step = fs.sync_dir(dir);
  kill_point("segment-folder-synced");
  if (step) step = fs.symlink(name.text(), dir / kCurrentLink);
  kill_point("segment-made-current");
  if (!step) return std::move(step).error().in("create " + (dir / name.text()).native());
  return file;
}

Result<void> copy_segment(Fs& fs, const File& from, const std::filesystem::path& dir,
                          const SegmentName& name, Rng& rng) {
  const std::filesystem::path fresh = fresh_path(dir, rng);
  Result<std::unique_ptr<File>> copy = fs.create(fresh, kActiveMode);
  if (!copy) return std::move(copy).error();
  for (std::uint64_t at = 0;;) {
    Result<std::string> bytes = from.read_at(at, kBlock);
    if (!bytes) return std::move(bytes).error();
    if (bytes->empty()) break;
    if (Result<void> written = (*copy)->write_at(at, *bytes); !written) return written;
    at += bytes->size();
  }
  Result<void> step = seal_segment(**copy);
  if (step) step = fs.rename(fresh, dir / name.text());
  if (step) step = fs.sync_dir(dir);
  return step;
}

Result<void> seal_segment(File& file) {
  if (Result<void> synced = file.sync(); !synced) return synced;
  kill_point("seal-synced");
  return file.set_mode(kSealedMode);
}

Result<std::string> hash_segment(const File& file, std::uint64_t size) {
  Sha256 sha;
  for (std::uint64_t at = 0; at < size;) {
    Result<std::string> bytes =
        file.read_at(at, static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, size - at)));
    if (!bytes) return bytes;
    if (bytes->empty()) return Error{ErrorCode::corrupt, "shorter than what was committed"};
    sha.update(*bytes);
    at += bytes->size();
  }
  return sha.hex();
}

}  // namespace feedwire::storage
