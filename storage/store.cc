#include "storage/store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/kill_point.h"
#include "storage/rocks_store.h"

namespace feedwire::storage {
namespace {

constexpr std::chrono::seconds kLookEvery{1};  // at the active segment's file

}  // namespace

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
  log_->hash_ahead(plan.next_lines());
  Result<void> written = database_->write(batch);
  log_->hashed();
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

StoreFigures RocksStore::figures() const {
  StoreFigures figures;
  figures.commits = commits_.get();
  figures.syncs = syncs_.get();
  figures.recovery = recovery_;
  figures.rewritten_lines = rewritten_lines_;
  database_->weigh(figures);
  return figures;
}

Result<CommitSummary> RocksStore::commit(std::span<const PollOutcome> outcomes) {
  const Stopwatch watch;
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
  commits_.add(watch.elapsed());
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

Result<void> RocksStore::new_epoch() {
  const Now now = clock_.now();
  meta_.log_uuid = random_uuid(rng_);
  ++meta_.epoch;
  LogPlan plan(*log_, recorded_time(now.wall), {source_urn(meta_.log_uuid), meta_.epoch});
  Batch batch = database_->batch();
  Result<void> step = write(plan, batch, {}, now);
  if (step) step = log_->sync();  // one that is opened takes everything for synced
  if (!step) return step;
  Result<std::unique_ptr<EventLog>> log =
      EventLog::open(fs_, rng_, options_, meta_, plan.end(), syncs_);
  if (!log) return std::move(log).error();
  log_ = std::move(*log);
  publish_status();
  return {};
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
  return written ? database_->stop_background_work() : std::move(written);
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

Result<BackupSummary> RocksStore::backup(const std::filesystem::path& dir,
                                         const std::function<bool()>& go_on) const {
  const auto appended = [this] { return log_status().last; };
  return make_backup({*database_, options_.dir, appended, clock_.now().wall}, dir, go_on);
}

CommitSummary& CommitSummary::operator+=(const CommitSummary& other) {
  created += other.created;
  updated += other.updated;
  sighted += other.sighted;
  unchanged += other.unchanged;
  deleted += other.deleted;
  restored += other.restored;
  last_sequence = std::max(last_sequence, other.last_sequence);
  items.created += other.items.created;
  items.updated += other.items.updated;
  items.duplicate += other.items.duplicate;
  items.rejected += other.items.rejected;
  return *this;
}

}  // namespace feedwire::storage
