#include "storage/event_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/kill_point.h"

namespace feedwire::storage {
namespace {

constexpr std::chrono::seconds kMaxUnsyncedTime{1};
constexpr std::uint64_t kMaxUnsyncedEvents = 1000;
constexpr Sequence kOwnEvents = 1;  // a segment that holds its header alone stays open

}  // namespace

std::filesystem::path events_dir(const std::filesystem::path& state_dir) {
  return state_dir / "events";
}

Hash128 random_uuid(Rng& rng) {
  std::string bytes;
  put_u64(bytes, rng.next());
  put_u64(bytes, rng.next());
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);  // RFC 4122 4.4: version 4
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  return Hash128::from_bytes(bytes);
}

std::string source_urn(const Hash128& log_uuid) {
  const std::string hex = log_uuid.hex();
  return fmt::format("urn:uuid:{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4),
                     hex.substr(12, 4), hex.substr(16, 4), hex.substr(20));
}

EventLog::EventLog(Fs& fs, Rng& rng, const Options& options, const MetaRow& meta, const LogEnd& end,
                   DurationTally& syncs)
    : fs_(fs),
      rng_(rng),
      options_(options),
      dir_(events_dir(options.dir)),
      source_(source_urn(meta.log_uuid)),
      epoch_(meta.epoch),
      end_(end),
      syncs_(syncs),
      synced_(end.next - 1) {}

Result<std::unique_ptr<EventLog>> EventLog::open(Fs& fs, Rng& rng, const Options& options,
                                                 const MetaRow& meta, const LogEnd& end,
                                                 DurationTally& syncs) {
  std::unique_ptr<EventLog> log(new EventLog(fs, rng, options, meta, end, syncs));
  if (end.segment == 0) return log;
  Result<std::unique_ptr<File>> file = fs.open(log->active_path(), true);
  if (!file) return std::move(file).error();
  log->file_ = std::move(*file);
  constexpr std::uint64_t kBlock = 1024 * 1024;
  for (std::uint64_t at = 0; at < end.offset;) {
    Result<std::string> bytes =
        log->file_->read_at(at, static_cast<std::size_t>(std::min(kBlock, end.offset - at)));
    if (!bytes) return std::move(bytes).error().in(log->active_path().native());
    if (bytes->empty())
      return Error{ErrorCode::corrupt, log->active_path().native() + ": shorter than committed"};
    log->hash_.update(*bytes);
    at += bytes->size();
  }
  return log;
}

bool EventLog::may_rotate(WallTime now) const {
  return now - end_.row.opened >= options_.segment_min_age &&
         end_.next - end_.row.name.first > kOwnEvents;
}

bool EventLog::rotation_due(WallTime now) const {
  if (end_.offset > options_.segment_hard_bytes) return true;
  return may_rotate(now) && (now - end_.row.opened >= options_.segment_age ||
                             end_.offset >= options_.segment_size_bytes);
}

Result<void> EventLog::rotate(std::string_view closing_line, const SegmentRow& next,
                              std::string_view header_line) {
  if (file_)
    if (Result<void> closed = seal(closing_line); !closed)
      return std::move(closed).error().in("close " + active_path().native());
  Result<std::unique_ptr<File>> file = create_segment(fs_, dir_, next.name, header_line, rng_);
  if (!file) return std::move(file).error();
  file_ = std::move(*file);
  hash_.restart();
  hash_.update(header_line);
  end_ = LogEnd{end_.next + 1, end_.segment + 1, header_line.size(), next};
  synced_ = end_.next - 1;
  disturbed_.clear();
  return {};
}

Result<void> EventLog::seal(std::string_view closing_line) {
  if (closing_line.empty()) return file_->set_mode(kSealedMode);
  Result<void> step = file_->write_at(end_.offset, closing_line);
  kill_point("rotate-closing-line-written");
  const Stopwatch watch;
  if (step) step = seal_segment(*file_);
  syncs_.add(watch.elapsed());
  if (!step) return step;
  kill_point("rotate-sealed");
  ++end_.next;
  Result<bool> placed = in_place();
  if (!placed) return std::move(placed).error();
  // Who has the renamed or removed file open reads the same bytes.
  return *placed ? Result<void>() : copy_segment(fs_, *file_, dir_, end_.row.name, rng_);
}

Result<void> EventLog::look_at_size() {
  Result<std::uint64_t> size = file_->size();
  if (!size) return std::move(size).error().in(active_path().native());
  if (*size != end_.offset)
    disturbed_ = fmt::format("{} was changed: it has {} bytes, {} were committed",
                             active_path().native(), *size, end_.offset);
  return {};
}

Result<bool> EventLog::in_place() const {
  Result<FileId> ours = file_->id();
  if (!ours) return std::move(ours).error();
  Result<FileId> there = fs_.id(active_path());
  if (there) return *there == *ours;
  if (there.error().code == ErrorCode::not_found) return false;
  return std::move(there).error();
}

Result<void> EventLog::look() {
  if (!disturbed_.empty()) return {};
  Result<void> sized = look_at_size();
  if (!sized || !disturbed_.empty()) return sized;
  Result<bool> placed = in_place();
  if (!placed) return std::move(placed).error();
  if (!*placed) disturbed_ = active_path().native() + " was removed, renamed or replaced";
  return {};
}

Result<bool> EventLog::restore(const Database& database, Sequence outbox) {
  std::uint64_t from = end_.offset;
  std::string lines;
  bool good = true;
  Result<void> step = database.scan(Family::log, number_key(outbox), {}, Database::Order::ascending,
                                    [&](std::string_view, std::string_view value) {
                                      LogRow row;
                                      good = decode(value, row);
                                      if (!good || row.segment != end_.segment) return good;
                                      if (lines.empty()) from = row.offset;
                                      lines += row.line;
                                      return true;
                                    });
  if (!step) return std::move(step).error();
  Result<std::uint64_t> size = file_->size();
  if (!size) return size.error();
  if (!good || *size < from) return false;
  if (*size > end_.offset) step = file_->truncate(end_.offset);
  if (*size < end_.offset)
    step = file_->write_at(*size, std::string_view(lines).substr(*size - from));
  Result<std::string> hash = step ? hash_segment(*file_, end_.offset) : step.error();
  if (!hash) return std::move(hash).error().in(active_path().native());
  return *hash == hash_.hex();
}

Result<void> EventLog::append(std::string_view lines, std::size_t count, MonoTime now) {
  if (count == 0) return {};
  Result<void> written = look_at_size();  // a write behind its end would leave a hole
  if (written && disturbed_.empty()) written = file_->write_at(end_.offset, lines);
  if (!written) return std::move(written).error().in("append to " + active_path().native());
  kill_point("commit-lines-written");
  if (synced_ + 1 == end_.next) unsynced_since_ = now;
  end_.offset += lines.size();
  if (hash_.size() < end_.offset) hash_.update(lines);  // else ahead
  end_.next += count;
  return options_.sync_each_commit ? sync() : sync_if_due(now);
}

Result<void> EventLog::sync() {
  if (synced_ + 1 == end_.next) return {};
  kill_point("sync-due");
  const Stopwatch watch;
  if (Result<void> synced = file_->sync(); !synced)
    return std::move(synced).error().in(active_path().native());
  syncs_.add(watch.elapsed());
  kill_point("sync-done");
  synced_ = end_.next - 1;
  return {};
}

Result<void> EventLog::sync_if_due(MonoTime now) {
  const std::uint64_t waiting = end_.next - 1 - synced_;
  if (waiting < kMaxUnsyncedEvents && now - unsynced_since_ < kMaxUnsyncedTime) return {};
  return sync();
}

}  // namespace feedwire::storage
