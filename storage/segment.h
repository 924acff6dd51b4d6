// One segment file of the event log: how it comes to be, and how it is closed
// (storage/event_log.md, "Life of a segment").

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "base/rng.h"
#include "storage/segment_name.h"

namespace feedwire::storage {

inline constexpr unsigned kActiveMode = 0640;
inline constexpr unsigned kSealedMode = 0440;
inline constexpr std::string_view kNewPrefix = ".new-";      // of a file that is not a segment yet
inline constexpr std::string_view kCurrentLink = "current";  // to the active segment, for people

/// The segments in `dir`, in the order of their names, which is that of their events. A missing
/// folder has none. Errors: io.
Result<std::vector<SegmentName>> list_segments(const Fs& fs, const std::filesystem::path& dir);

/// Creates a segment that holds `header`, whole lines, and points `current` to it. The name never
/// exists with less in it. Errors: io.
Result<std::unique_ptr<File>> create_segment(Fs& fs, const std::filesystem::path& dir,
                                             const SegmentName& name, std::string_view header,
                                             Rng& rng);

/// Makes a sealed segment of what `from` holds, in place of whatever has its name. Errors: io.
Result<void> copy_segment(Fs& fs, const File& from, const std::filesystem::path& dir,
                          const SegmentName& name, Rng& rng);

/// Syncs a finished segment and makes it read-only. Errors: io.
Result<void> seal_segment(File& file);

/// SHA-256 of the first `size` bytes, in hex. Errors: io, corrupt (the file is shorter).
Result<std::string> hash_segment(const File& file, std::uint64_t size);

}  // namespace feedwire::storage
