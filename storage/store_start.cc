// How a store is opened: its lock, its database, the recovery of its log.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/kill_point.h"
#include "storage/log_reader.h"
#include "storage/recovery.h"
#include "storage/rocks_store.h"
#include "storage/state_lock.h"

namespace feedwire::storage {

Result<void> RocksStore::start() {
  Result<std::optional<MetaRow>> meta = read_row<MetaRow>(*database_, Family::meta, kMetaKey);
  if (!meta) return std::move(meta).error();
  if (*meta) {
    if (Result<void> known = check_schema(**meta, options_.dir); !known) return known;
    meta_ = **meta;
  }
  kill_point("start-meta-read");
  Result<void> started = *meta ? resume_log() : begin_log();
  if (started) started = log_retention_.start();
  if (started) started = load_feeds();
  if (!started) return started;
  publish_status();
  return {};
}

Result<void> RocksStore::begin_log() {
  Result<LogBounds> bounds = log_bounds(fs_, events_dir(options_.dir));
  if (!bounds) return std::move(bounds).error();
  if (bounds->last != 0)
    return Error{ErrorCode::corrupt,
                 events_dir(options_.dir).native() +
                     ": holds events, but the database beside it is empty; restore a backup, or "
                     "move the folder away to begin anew"};
  meta_.log_uuid = random_uuid(rng_);
  Result<std::unique_ptr<EventLog>> log =
      EventLog::open(fs_, rng_, options_, meta_, LogEnd{}, syncs_);
  if (!log) return std::move(log).error();
  log_ = std::move(*log);
  const Now now = clock_.now();
  LogPlan plan(*log_, now.wall);
  Batch batch = database_->batch();
  return write(plan, batch, {}, now);
}

Result<void> RocksStore::resume_log() {
  unclean_start_ = !meta_.clean;
  if (unclean_start_) note_crash();
  const Stopwatch watch;
  Result<Recovered> recovered = recover_log(*database_, fs_, events_dir(options_.dir), rng_, meta_);
  if (!recovered) return std::move(recovered).error();
  recovery_ = watch.elapsed();
  rewritten_lines_ = recovered->rewritten_lines;
  Result<std::unique_ptr<EventLog>> log =
      EventLog::open(fs_, rng_, options_, meta_, recovered->end, syncs_);
  if (!log) return std::move(log).error();
  log_ = std::move(*log);
  if (Result<void> loaded = load_outbox(); !loaded) return loaded;
  // From here on, until close(), a stop is not a clean one. What recovery wrote is synced.
  meta_.clean = false;
  meta_.synced = log_->synced();
  Batch batch = database_->batch();
  batch.put(Family::meta, kMetaKey, encode(meta_));
  kill_point("start-recovered");
  Result<void> written = database_->write(batch);
  kill_point("start-noted");
  return written;
}

// The one before may have left things undone that were to wait until its time is over.
void RocksStore::note_crash() {
  const WallTime now = clock_.now().wall;
  const Crash before = std::exchange(meta_.last_crash, {meta_.last_commit, now});
  if (before.noticed != WallTime{} && now - before.noticed < options_.crash_memory)
    meta_.last_crash.last_commit = std::min(before.last_commit, meta_.last_commit);
}

Result<void> RocksStore::load_outbox() {
  outbox_ = Outbox(meta_.outbox);
  Result<void> result;
  Result<void> read = database_->scan(
      Family::log, number_key(meta_.outbox), {}, Database::Order::ascending,
      [&](std::string_view key, std::string_view value) {
        Result<LogRow> row = decode_row<LogRow>(Family::log, value);
        Result<std::optional<EntryRow>> entry = std::optional<EntryRow>{};
        if (row && row->entry)
          entry = read_row<EntryRow>(*database_, Family::entries, row->entry.view());
        if (!row) result = row.error();
        if (!entry) result = entry.error();
        if (result) outbox_.add(row->line.size(), *entry && (*entry)->content == get_u64(key));
        return static_cast<bool>(result);
      });
  return read ? std::move(result) : std::move(read);
}

Result<void> RocksStore::load_feeds() {
  Result<void> result;
  Result<void> read = database_->scan(Family::feeds, {}, {}, Database::Order::ascending,
                                      [&](std::string_view key, std::string_view value) {
                                        Result<FeedRow> row =
                                            decode_row<FeedRow>(Family::feeds, value);
                                        if (row)
                                          feeds_[get_u64(key)] = std::move(*row);
                                        else
                                          result = row.error();
                                        return static_cast<bool>(result);
                                      });
  return read ? std::move(result) : std::move(read);
}

Result<std::unique_ptr<Store>> Store::open(Options options, Fs& fs, const Clock& clock, Rng& rng) {
  if (Result<void> made = fs.make_dirs(options.dir, 0750); !made) return std::move(made).error();
  Result<UniqueFd> lock = lock_state_dir(options.dir);
  if (!lock) return std::move(lock).error();
  // Before the database is opened: on a full disk RocksDB aborts in there (DB-1).
  Result<DiskSpace> space = fs.space(options.dir);
  if (!space) return std::move(space).error();
  if (space->free_bytes < options.min_free_bytes)
    return Error{
        ErrorCode::no_space,
        fmt::format("{}: {} MiB free, {} MiB needed; free some, or lower store.min_free",
                    options.dir.native(), space->free_bytes >> 20, options.min_free_bytes >> 20)};
  kill_point("start-locked");
  const std::filesystem::path database_dir = options.dir / "db";
  Result<void> made = fs.make_dirs(database_dir, 0700);
  if (made) made = fs.make_dirs(events_dir(options.dir), 0750);
  // Also if an earlier start made them and was killed: without their names all below is lost.
  if (made) made = fs.sync_dir(options.dir);
  if (!made) return std::move(made).error();
  Result<std::unique_ptr<Database>> database = Database::open(database_dir, options.cache_bytes);
  if (!database) return std::move(database).error();
  kill_point("start-database-opened");
  auto store = std::make_unique<RocksStore>(std::move(options), fs, clock, rng, std::move(*lock),
                                            std::move(*database));
  if (Result<void> started = store->start(); !started) return std::move(started).error();
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace feedwire::storage
