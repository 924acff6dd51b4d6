// Copies of a store: made while it is in use, restored as the beginning of another log
// (storage/event_log.md, "Backup"; DB-10). On the real file system alone, for RocksDB's files are
// in it.

#pragma once

#include <filesystem>
#include <functional>

#include "base/clock.h"
#include "base/result.h"
#include "storage/backup_manifest.h"
#include "storage/database.h"
#include "storage/store.h"

namespace feedwire::storage {

/// What Store::backup() needs of its store.
struct BackupSource {
  const Database& database;
  std::filesystem::path state_dir;
  std::function<Sequence()> appended;  // the last event that is in a segment
  WallTime now;
};

/// Store::backup(), for any thread while another one commits.
Result<BackupSummary> make_backup(const BackupSource& source, const std::filesystem::path& dir,
                                  const std::function<bool()>& go_on);

/// Makes the store of `options.dir`, which must not have one yet, out of the backup in `dir`, and
/// begins a new epoch there: what was logged after the backup is not in it, so the same sequences
/// will be given out again, under another source. Nothing is left behind after an error.
/// Errors: those of read_manifest(), check_backup() and Store::open(); invalid_argument (there is a
/// store already).
Result<BackupManifest> restore_backup(const std::filesystem::path& dir, const Options& options,
                                      const Clock& clock, Rng& rng, const Progress& progress);

}  // namespace feedwire::storage
