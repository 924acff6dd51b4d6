// The lock that one process at a time holds on a state folder.

#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/unique_fd.h"

namespace feedwire::storage {

/// Takes the lock file of `dir` (flock, so that it ends with the process) and writes our pid into
/// it. Errors: busy, naming the holder; permission, io.
Result<UniqueFd> lock_state_dir(const std::filesystem::path& dir);

}  // namespace feedwire::storage
