// The part of fsck that looks at the rows of entries, keys, windows, feeds and cursors.

#pragma once

#include "storage/database.h"
#include "storage/fsck.h"

namespace feedwire::storage {

/// Checks the rows against each other and against what the log tells, and counts them in `check`.
/// Errors: corrupt (the database cannot be read on), io.
Result<void> check_rows(const Database& database, const VerifiedLog& log, StoreCheck& check);

}  // namespace feedwire::storage
