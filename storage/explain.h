// Why an entry is the one it is: the keys that lead to it, feed by feed.

#pragma once

#include "storage/database.h"
#include "storage/store.h"

namespace feedwire::storage {

/// Errors: corrupt, io.
Result<EntryExplanation> explain_entry(const Database& database, StoredEntry entry);

}  // namespace feedwire::storage
