#include "storage/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <unordered_set>

#include "base/bytes.h"
#include "base/kill_point.h"
#include "base/unique_fd.h"
#include "storage/database.h"
#include "storage/entry_retention.h"
#include "storage/event_log.h"
#include "storage/group.h"
#include "storage/log_plan.h"
#include "storage/log_reader.h"
#include "storage/log_retention.h"
#include "storage/outbox.h"
#include "storage/queries.h"
#include "storage/recovery.h"
#include "storage/state_lock.h"

namespace feedwire::storage {
namespace {

/// A base before the one that owns the database: the lock outlives it.
struct HeldLock {
  UniqueFd lock;
};

class RocksStore : private HeldLock, public Answers<Store> {
 public:
  RocksStore(Options options, Fs& fs, const Clock& clock, Rng& rng, UniqueFd lock_fd,
             std::unique_ptr<Database> database)
      : HeldLock{std::move(lock_fd)},
        Answers(std::move(database)),
        options_(std::move(options)),
        fs_(fs),
        clock_(clock),
        rng_(rng),
        outbox_(1),
        log_retention_(options_, *database_, fs),
        entry_retention_(options_, *database_, feeds_) {}

  Result<void> start();

  Result<void> subscribe(std::span<const FeedRef> feeds) override;
  Result<CommitSummary> commit(std::span<const PollOutcome> outcomes) override;
  Result<void> tick(Now now) override;
  Result<void> seal(Now now) override;
  Result<void> close() override;
  Result<void> set_cursor(const std::string& name, const CursorRow& row) override;
  Result<void> delete_cursor(const std::string& name) override;

  LogStatus log_status() const override {
    const std::lock_guard guard(status_mutex_);
    return status_;
  }
  bool unclean_start() const override { return unclean_start_; }
  WallTime last_commit_before_start() const override { return last_commit_before_start_; }

 private:
  Result<void> begin_log();
  Result<void> resume_log();
  Result<void> load_outbox();
  Result<void> load_feeds();
  WallTime recorded_time(WallTime not_before) const;
  Result<void> write(LogPlan& plan, Batch& batch, std::span<const Sequence> superseded, Now now);
  Result<void> trim_log(Now now);
  Result<void> look(Now now);
  void publish_status();

  const Options options_;
  Fs& fs_;
  const Clock& clock_;
  Rng& rng_;
  MetaRow meta_;
  std::unique_ptr<EventLog> log_;
  Outbox outbox_;
  FeedRows feeds_;
  LogRetention log_retention_;
  EntryRetention entry_retention_;
  bool unclean_start_ = false;
  WallTime last_commit_before_start_{};
  MonoTime look_at_{};
  std::uint64_t disturbances_ = 0;
  std::string last_disturbance_;

  mutable std::mutex status_mutex_;
  LogStatus status_;  // guarded by status_mutex_
};

constexpr std::chrono::seconds kLookEvery{1};  // at the active segment's file

Result<void> RocksStore::start() {
  Result<std::optional<MetaRow>> meta = read_row<MetaRow>(*database_, Family::meta, kMetaKey);
  if (!meta) return std::move(meta).error();
  if (*meta && (*meta)->schema > kSchemaVersion)
    return Error{ErrorCode::unsupported,
                 fmt::format("{}: made by a newer feedwire (schema {}, this one knows {})",
                             options_.dir.native(), (*meta)->schema, kSchemaVersion)};
  if (*meta) meta_ = **meta;
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
  Result<std::unique_ptr<EventLog>> log = EventLog::open(fs_, rng_, options_, meta_, LogEnd{});
  if (!log) return std::move(log).error();
  log_ = std::move(*log);
  const Now now = clock_.now();
  LogPlan plan(*log_, now.wall);
  Batch batch = database_->batch();
  return write(plan, batch, {}, now);
}

Result<void> RocksStore::resume_log() {
  unclean_start_ = !meta_.clean;
  last_commit_before_start_ = meta_.last_commit;
  Result<LogEnd> end = recover_log(*database_, fs_, events_dir(options_.dir), rng_, meta_);
  if (!end) return std::move(end).error();
  Result<std::unique_ptr<EventLog>> log = EventLog::open(fs_, rng_, options_, meta_, *end);
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

WallTime RocksStore::recorded_time(WallTime not_before) const {
  return std::max({clock_.now().wall, not_before, meta_.last_commit});
}

Result<void> RocksStore::write(LogPlan& plan, Batch& batch, std::span<const Sequence> superseded,
                               Now now) {
  plan.put(batch, outbox_);
  for (const Sequence sequence : superseded) outbox_.supersede(sequence, batch);
  outbox_.trim(log_->synced(), batch);
  meta_.next = plan.end().next;
  meta_.active_segment = plan.end().segment;
  meta_.active_end = plan.end().offset;
  meta_.synced = log_->synced();
  meta_.outbox = outbox_.from();
  meta_.last_commit = plan.recorded();
  batch.put(Family::meta, kMetaKey, encode(meta_));
  // The commit point: a line is in a file only after its row is on stable storage.
  kill_point("commit-decided");
  Result<void> written = database_->write(batch);
  kill_point("commit-batch-written");
  if (written) written = plan.apply(*log_, now.mono);
  if (written && !log_->disturbed().empty()) written = look(now);
  if (!written) return written;
  kill_point("commit-applied");
  publish_status();
  return {};
}

// FL-6. The log goes on in a new segment, so that no reader meets the old one half-way.
Result<void> RocksStore::look(Now now) {
  if (Result<void> looked = log_->look(); !looked || log_->disturbed().empty()) return looked;
  const Result<bool> whole = log_->restore(*database_, meta_.outbox);
  if (!whole) return whole.error();
  ++disturbances_;
  last_disturbance_ =
      log_->disturbed() +
      (*whole ? "; it is whole again, and the log goes on in a new segment"
              : "; events are gone from the files, as feedwire fsck tells; readers meet a gap");
  LogPlan plan(*log_, recorded_time(now.wall), *whole ? Rotation::always : Rotation::abandon);
  Batch batch = database_->batch();
  return write(plan, batch, {}, now);
}

void RocksStore::publish_status() {
  LogStatus status;
  status.source = log_->source();
  status.epoch = log_->epoch();
  status.first = log_retention_.first_sequence();
  status.last = log_->end().next - 1;
  status.active_segment = log_->active_path();
  status.active_bytes = log_->end().offset;
  status.unsynced_events = status.last - log_->synced();
  status.disturbances = disturbances_;
  status.last_disturbance = last_disturbance_;
  const std::lock_guard guard(status_mutex_);
  status_ = std::move(status);
}

Result<void> RocksStore::subscribe(std::span<const FeedRef> feeds) {
  const Now now = clock_.now();
  LogPlan plan(*log_, recorded_time(now.wall));
  Batch batch = database_->batch();
  const auto log_change = [&](FeedRow& row, std::string_view verb, const FeedRef* before,
                              const FeedRef* after) {
    ++row.rev;
    const std::string data = feed_data(row.rev, before, after);
    const std::string key = hex64(row.ref.key);
    const std::string time = format_time(now.wall);
    const std::string type = fmt::format("feed.{}", verb);
    NewEvent event;
    event.id = fmt::format("f-{}-{}-{}", key, row.rev, verb);
    event.type = type;
    event.subject = "f-" + key;
    event.partition_key = key;
    event.time = time;
    event.data = data;
    event.feed = row.ref.key;
    plan.add(event);
    if (after != nullptr) row.ref = *after;
    row.subscribed = after != nullptr;
    batch.put(Family::feeds, number_key(row.ref.key), encode(row));
  };

  std::unordered_set<FeedKey> wanted;
  for (const FeedRef& feed : feeds) {
    if (!wanted.insert(feed.key).second) continue;
    FeedRow& row = feeds_[feed.key];
    row.ref.key = feed.key;
    const FeedRef before = row.ref;
    if (!row.subscribed && row.refreshed == WallTime{}) row.refreshed = now.wall;  // no window yet
    if (!row.subscribed)
      log_change(row, "added", nullptr, &feed);
    else if (row.ref != feed)
      log_change(row, "changed", &before, &feed);
  }
  // In the order of their keys, so that the same input gives the same events.
  std::map<FeedKey, FeedRow*> removed;
  for (auto& [key, row] : feeds_)
    if (row.subscribed && !wanted.contains(key)) removed.emplace(key, &row);
  for (auto& [key, row] : removed) log_change(*row, "removed", &row->ref, nullptr);
  if (plan.empty()) return {};
  return write(plan, batch, {}, now);
}

Result<CommitSummary> RocksStore::commit(std::span<const PollOutcome> outcomes) {
  const Now now = clock_.now();
  WallTime latest{};
  for (const PollOutcome& outcome : outcomes) latest = std::max(latest, outcome.fetched_at);
  if (log_->rotation_due(recorded_time(latest)))  // what is sealed must be whole
    if (Result<void> looked = look(now); !looked) return std::move(looked).error();
  LogPlan plan(*log_, recorded_time(latest));
  Group group(options_, *database_, feeds_, plan, entry_retention_.keys_before());
  Result<CommitSummary> summary = group.decide(outcomes);
  if (!summary) return summary;
  Batch batch = database_->batch(plan.size_bytes() + plan.size_bytes() / 4);
  group.put(batch);
  if (Result<void> written = write(plan, batch, group.superseded(), now); !written)
    return std::move(written).error();
  summary->last_sequence = log_->end().next - 1;
  return summary;
}

Result<void> RocksStore::tick(Now now) {
  const bool rotate = log_->rotation_due(now.wall);
  if (rotate || now.mono >= look_at_) {
    if (Result<void> looked = look(now); !looked) return looked;
    look_at_ = now.mono + kLookEvery;
  }
  if (rotate && log_->rotation_due(now.wall)) {
    LogPlan plan(*log_, recorded_time(now.wall));
    Batch batch = database_->batch();
    if (Result<void> written = write(plan, batch, {}, now); !written) return written;
  }
  Result<void> step = log_->sync_if_due(now.mono);
  if (step) step = trim_log(now);
  if (step) step = entry_retention_.step(now, log_retention_.begins(), outbox_);
  if (step) publish_status();
  return step;
}

Result<void> RocksStore::trim_log(Now now) {
  Result<bool> due = log_retention_.choose(now, log_->end().offset);
  if (!due) return std::move(due).error();
  if (!*due) return {};
  Batch batch = database_->batch();
  log_retention_.put(batch, outbox_);
  meta_.outbox = outbox_.from();
  batch.put(Family::meta, kMetaKey, encode(meta_));
  Result<void> step = database_->write(batch);
  return step ? log_retention_.apply() : std::move(step);
}

Result<void> RocksStore::seal(Now now) {
  if (!log_->may_rotate(now.wall)) return {};
  LogPlan plan(*log_, recorded_time(now.wall), Rotation::always);
  Batch batch = database_->batch();
  return write(plan, batch, {}, now);
}

Result<void> RocksStore::close() {
  if (Result<void> synced = log_->sync(); !synced) return synced;
  meta_.synced = log_->synced();
  meta_.clean = true;
  Batch batch = database_->batch();
  batch.put(Family::meta, kMetaKey, encode(meta_));
  kill_point("close-synced");
  Result<void> written = database_->write(batch);
  kill_point("close-noted");
  return written;
}

Result<void> RocksStore::set_cursor(const std::string& name, const CursorRow& row) {
  if (!is_cursor_name(name))
    return Error{ErrorCode::invalid_argument,
                 "cursor name: 1 to 64 of a-z, 0-9, '.', '_', '-', a letter or digit first"};
  Batch batch = database_->batch();
  batch.put(Family::cursors, name, encode(row));
  kill_point("cursor-decided");
  Result<void> written = database_->write(batch);
  kill_point("cursor-written");
  return written;
}

Result<void> RocksStore::delete_cursor(const std::string& name) {
  Result<std::optional<std::string>> found = database_->get(Family::cursors, name);
  if (!found) return std::move(found).error();
  if (!*found) return Error{ErrorCode::not_found, "no cursor " + name};
  Batch batch = database_->batch();
  batch.remove(Family::cursors, name);
  return database_->write(batch);
}

}  // namespace

CommitSummary& CommitSummary::operator+=(const CommitSummary& other) {
  created += other.created;
  updated += other.updated;
  sighted += other.sighted;
  unchanged += other.unchanged;
  deleted += other.deleted;
  restored += other.restored;
  last_sequence = std::max(last_sequence, other.last_sequence);
  return *this;
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
