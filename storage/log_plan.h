// The events of one commit: numbered, rendered and placed before the batch is written, appended to
// the segments after it (storage/event_log.md, "Commit").

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "storage/database.h"
#include "storage/event.h"
#include "storage/event_log.h"
#include "storage/outbox.h"

namespace feedwire::storage {

/// An event that waits for its number. Views need to live until add() or begin() returns.
struct NewEvent {
  std::string id;
  std::string_view type;  // without "feedwire."
  std::string subject, partition_key;
  std::string_view time;  // RFC 3339
  std::string_view data;  // an object; not looked at by begin()
  Hash128 entry;          // set where the event holds an entry's content
  FeedKey feed = 0;
};

/// Whether a plan goes on in a new segment first. To abandon the active one is to leave its file as
/// it is, without a closing line: bytes of it are lost.
enum class Rotation { if_due, always, abandon };

/// Of which log events are.
struct LogIdentity {
  std::string source;  // "urn:uuid:…"
  std::uint32_t epoch = 1;
};

/// One plan is made, put into one batch, and applied once that is durable. Used by the store
/// thread.
class LogPlan {
 public:
  /// `recorded` is the recordedtime of all its events. Closes the active segment first as
  /// `rotation` says, or begins the log.
  LogPlan(const EventLog& log, WallTime recorded, Rotation rotation = Rotation::if_due);
  /// Closes the active segment and goes on as the log `next`; the EventLog is to be opened anew
  /// once this is applied.
  LogPlan(const EventLog& log, WallTime recorded, LogIdentity next);

  Sequence add(const NewEvent& event);

  /// The same in steps, for `data` that is long: it is appended to the lines, which begin()
  /// returns, and is followed by finish(). `after` is where the content is in the lines; `whole` is
  /// all of it, if it is not all there.
  std::string& begin(const NewEvent& event);
  /// Bytes that the data of the event begun may have.
  std::size_t room(std::uint64_t max_line_bytes) const;
  Sequence finish(Span after = {}, std::string_view whole = {});

  /// The row of an event of this plan; nothing for older ones. Good until the next add().
  std::optional<LogRow> row(Sequence sequence) const;

  bool empty() const { return rows_.empty(); }
  /// Of all lines together.
  std::size_t size_bytes() const { return lines_.size(); }
  /// Everything that is to be known of these events after a crash; `outbox` takes over the rows.
  void put(Batch& batch, Outbox& outbox) const;
  /// Where the log ends once this is applied.
  const LogEnd& end() const { return end_; }
  WallTime recorded() const { return recorded_; }

  /// The lines that follow those of the active segment; empty where this goes on in a new one.
  std::string_view next_lines() const {
    return own_rows_ == 0 ? std::string_view(lines_) : std::string_view{};
  }
  /// Writes the lines. Errors: io.
  Result<void> apply(EventLog& log, MonoTime now) const;

 private:
  struct Row {
    std::uint64_t segment = 0, offset = 0;
    Hash128 entry;
    FeedKey feed = 0;
    Span line;   // in lines_
    Span after;  // in the line
    std::string whole;
  };

  std::string_view line(const Row& row) const;
  void begin_segment(const std::string& previous_file);
  void close_segment(std::uint32_t next_epoch);
  void abandon_segment();
  Sequence add_own(std::string_view verb, std::string_view type, std::string_view data);

  const EventLog& log_;
  const Sequence first_ = log_.end().next;
  const WallTime recorded_;
  const std::string recorded_text_ = format_time(recorded_);
  LogIdentity identity_{log_.source(), log_.epoch()};
  LogEnd end_ = log_.end();
  std::string lines_;         // one after the other, as they will be in the segments
  std::vector<Row> rows_;     // of first_, first_ + 1, …
  std::size_t own_rows_ = 0;  // at the front: the closing line and the header
  std::optional<SegmentRow> sealed_;
};

}  // namespace feedwire::storage
