// The lock that one process at a time holds on a state folder.

#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/unique_fd.h"

namespace feedwire::storage {

/// Takes the lock file of `dir` (flock, so that it ends with the process) and writes our pid into
/// it. Errors: busy, naming the holder; permission, io.
Result<UniqueFd> lock_state_dir(const std::filesystem::path& dir);

/// Keeps others from taking that lock, for who only reads `dir`. Nothing is created or written: in
/// a folder without lock file there is nobody to hold off. Errors: busy, permission, not_found (no
/// such folder), io.
Result<UniqueFd> share_state_dir(const std::filesystem::path& dir);

}  // namespace feedwire::storage
