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

/// An event that waits for its number. Views need to live until add() returns.
struct NewEvent {
  std::string id;
  std::string_view type;  // without "feedwire."
  std::string subject, partition_key;
  std::string_view time;                     // RFC 3339
  std::string_view data;                     // an object
  Hash128 entry;                             // set where the event holds an entry's content …
  std::size_t after_at = 0, after_size = 0;  // … which is here in `data` …
  std::string_view whole;                    // … or here, if the line does not hold all of it
  FeedKey feed = 0;
};

/// One plan is made, put into one batch, and applied once that is durable. Used by the store
/// thread.
class LogPlan {
 public:
  /// `recorded` is the recordedtime of all its events. Closes the active segment first if that is
  /// due, or begins the log.
  LogPlan(const EventLog& log, WallTime recorded);

  Sequence add(const NewEvent& event);

  /// The row of an event of this plan; nothing for older ones. Good until the next add().
  std::optional<LogRow> row(Sequence sequence) const;

  bool empty() const { return rows_.empty(); }
  /// Bytes that `data` may have in a line of this event; what data it has now does not matter.
  std::size_t longest_data(const NewEvent& event, std::uint64_t max_line_bytes) const;

  /// Everything that is to be known of these events after a crash; `outbox` takes over the rows.
  void put(Batch& batch, Outbox& outbox) const;
  /// Where the log ends once this is applied.
  const LogEnd& end() const { return end_; }
  WallTime recorded() const { return recorded_; }

  /// Writes the lines. Errors: io.
  Result<void> apply(EventLog& log, MonoTime now) const;

 private:
  struct Row {
    std::uint64_t segment, offset;
    Hash128 entry;
    FeedKey feed;
    std::size_t after_at, after_size;
    std::string line, whole;
  };

  Envelope envelope(const NewEvent& event) const;
  void begin_segment(const std::string& previous_file);
  void close_segment();
  Sequence add_own(std::string_view verb, std::string_view type, std::string_view data);

  const EventLog& log_;
  const Sequence first_;
  const WallTime recorded_;
  const std::string recorded_text_;
  LogEnd end_;
  std::vector<Row> rows_;     // of first_, first_ + 1, …
  std::size_t own_rows_ = 0;  // at the front: the closing line and the header
  std::optional<SegmentRow> sealed_;
};

}  // namespace feedwire::storage
