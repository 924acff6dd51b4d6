// All entries at one moment, for `feedwire snapshot` (storage/event_log.md, "Snapshot").

#pragma once

#include <memory>

#include "storage/database.h"
#include "storage/store.h"

namespace feedwire::storage {

/// The moment is that of the call. `database` must outlive the snapshot. Errors: not_found (an
/// empty store), corrupt, io.
Result<std::unique_ptr<EntrySnapshot>> take_entry_snapshot(const Database& database);

}  // namespace feedwire::storage
