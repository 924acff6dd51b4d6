#pragma once

#include <filesystem>

#include "base/clock.h"
#include "base/fs.h"
#include "base/result.h"
#include "storage/segment_name.h"

namespace feedwire::storage {

/// The sequence behind which the events begin that were recorded at `time` or later: that of the
/// last one before. 0 for an empty log. Reads one segment, and the first line of those after it.
/// Errors: corrupt, io.
Result<Sequence> last_recorded_before(Fs& fs, const std::filesystem::path& events_dir,
                                      WallTime time);

}  // namespace feedwire::storage
