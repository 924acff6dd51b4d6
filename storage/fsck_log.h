// The part of fsck that holds meta, the rows of `segments` and those of `log` against the segment
// files.

#pragma once

#include <filesystem>

#include "storage/database.h"
#include "storage/fsck.h"

namespace feedwire::storage {

/// Reads the files, deep, and checks those rows against them. After an unclean stop the files are
/// judged as the next start will leave them, which is noted in `check`.
/// Errors: corrupt (the database cannot be read on), io.
Result<VerifiedLog> check_log(const Database& database, Fs& fs, const std::filesystem::path& dir,
                              const MetaRow& meta, const VerifyOptions& options, StoreCheck& check);

}  // namespace feedwire::storage
