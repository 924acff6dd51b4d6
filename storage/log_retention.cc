#include "storage/log_retention.h"

#include <algorithm>
#include <limits>

#include "base/bytes.h"
#include "storage/event_log.h"

namespace feedwire::storage {
namespace {

constexpr std::chrono::minutes kLookInterval{1};

}  // namespace

LogRetention::LogRetention(const Options& options, Database& database, Fs& fs)
    : options_(options), database_(database), fs_(fs), dir_(events_dir(options.dir)) {}

Result<void> LogRetention::start() {
  Result<Segments> segments = read();
  if (!segments) return std::move(segments).error();
  for (const auto& [number, row] : *segments)
    if (row.removed) going_.emplace(number, row);
  std::erase_if(*segments, [](const auto& segment) { return segment.second.removed; });
  note_first(*segments);
  return apply();
}

// Rows of segments that are gone lie before the first one: they are not walked over again (DB-3).
Result<LogRetention::Segments> LogRetention::read() const {
  Segments segments;
  Result<void> result;
  Result<void> scanned =
      database_.scan(Family::segments, number_key(first_number_), {}, Database::Order::ascending,
                     [&](std::string_view key, std::string_view value) {
                       Result<SegmentRow> row = decode_row<SegmentRow>(Family::segments, value);
                       if (row)
                         segments.emplace(get_u64(key), std::move(*row));
                       else
                         result = std::move(row).error();
                       return static_cast<bool>(result);
                     });
  if (scanned) scanned = std::move(result);
  if (!scanned) return std::move(scanned).error();
  return segments;
}

// The first sequence that a cursor still holds.
Result<Sequence> LogRetention::held_from() const {
  Sequence from = std::numeric_limits<Sequence>::max();
  Result<void> result;
  Result<void> scanned = database_.scan(Family::cursors, {}, {}, Database::Order::ascending,
                                        [&](std::string_view, std::string_view value) {
                                          const Result<CursorRow> row =
                                              decode_row<CursorRow>(Family::cursors, value);
                                          if (row && row->hold && row->acked < from)
                                            from = row->acked + 1;
                                          if (!row) result = row.error();
                                          return static_cast<bool>(result);
                                        });
  if (scanned) scanned = std::move(result);
  if (!scanned) return std::move(scanned).error();
  return from;
}

void LogRetention::note_first(const Segments& segments) {
  if (segments.empty()) return;  // the log is yet to be begun
  const auto& [number, row] = *segments.begin();
  first_number_ = number;
  first_ = row.name.first;
  begins_ = row.opened;
}

Result<bool> LogRetention::choose(Now now, std::uint64_t active_bytes) {
  if (now.mono < next_look_) return false;
  next_look_ = now.mono + kLookInterval;
  Result<Segments> segments = read();
  if (!segments) return std::move(segments).error();
  Result<Sequence> held = held_from();
  if (!held) return std::move(held).error();

  std::uint64_t bytes = active_bytes;
  for (const auto& [number, row] : *segments) bytes += row.end;
  for (auto at = segments->begin(); at != segments->end() && at->second.sealed;) {
    // The next one was opened when this one was closed; the active one is the last.
    const SegmentRow& next = std::next(at)->second;
    const auto age = now.wall - next.opened;
    const bool due = age >= options_.keep_segments || bytes > options_.keep_segments_bytes;
    const bool held_back = *held < next.name.first && bytes <= options_.hold_max_bytes;
    if (age < kMinSealedTime || !due || held_back) break;
    bytes -= at->second.end;
    going_.insert(segments->extract(at++));
  }
  note_first(*segments);
  return !going_.empty();
}

void LogRetention::put(Batch& batch, Outbox& outbox) const {
  for (const auto& [number, row] : going_) {
    SegmentRow removed = row;
    removed.removed = true;
    batch.put(Family::segments, number_key(number), encode(removed));
  }
  outbox.forget_before(first_, batch);
}

Result<void> LogRetention::apply() {
  if (going_.empty()) return {};
  for (const auto& [number, row] : going_) {
    Result<void> removed = fs_.unlink(dir_ / row.name.text());
    // Somebody else may have deleted it, or a crash came after that.
    if (!removed && removed.error().code != ErrorCode::not_found)
      return std::move(removed).error().in("remove " + row.name.text());
  }
  // A file that a power cut brings back must have its row.
  if (Result<void> synced = fs_.sync_dir(dir_); !synced) return synced;
  Batch batch = database_.batch();
  for (const auto& [number, row] : going_) batch.remove(Family::segments, number_key(number));
  going_.clear();
  return database_.write(batch);
}

}  // namespace feedwire::storage
