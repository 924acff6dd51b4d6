#include "storage/segment.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "base/kill_point.h"

namespace feedwire::storage {

Result<std::unique_ptr<File>> create_segment(Fs& fs, const std::filesystem::path& dir,
                                             const SegmentName& name, std::string_view header,
                                             Rng& rng) {
  const std::filesystem::path fresh = dir / fmt::format("{}{:016x}", kNewPrefix, rng.next());
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

Result<void> seal_segment(File& file) {
  if (Result<void> synced = file.sync(); !synced) return synced;
  kill_point("seal-synced");
  return file.set_mode(kSealedMode);
}

Result<std::string> hash_segment(const File& file, std::uint64_t size) {
  constexpr std::uint64_t kBlock = 1024 * 1024;
  Sha256 sha;
  for (std::uint64_t at = 0; at < size;) {
    Result<std::string> bytes =
        file.read_at(at, static_cast<std::size_t>(std::min(kBlock, size - at)));
    if (!bytes) return bytes;
    if (bytes->empty()) return Error{ErrorCode::corrupt, "shorter than what was committed"};
    sha.update(*bytes);
    at += bytes->size();
  }
  return sha.hex();
}

}  // namespace feedwire::storage
