// Reads the event log from its files, as any other program may: whole lines, in the order of
// sequences, across segments, also while the daemon appends (storage/event_log.md, "Reading").

#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/fs.h"
#include "base/result.h"
#include "storage/segment_name.h"

namespace feedwire::storage {

struct LogLine {
  Sequence sequence = 0;
  std::string_view line;  // without the LF; good until the next call of the reader
};

/// Events that are no longer in the log: `first` to `last`, both included.
struct Gap {
  Sequence first = 0, last = 0;
  std::uint32_t epoch = 1;  // of the event behind it

  bool operator==(const Gap&) const = default;
};

/// The feedwire.log.gap in place of those events, without LF, with the sequence of the last of them
/// (storage/event_log.md, "Retention"). `next_line` is the event behind the gap.
std::string gap_event(const Gap& gap, std::string_view next_line);

/// The sequences the files hold; 0, 0 while there are none.
struct LogBounds {
  Sequence first = 0, last = 0;

  bool operator==(const LogBounds&) const = default;
};

/// A missing folder is an empty log. Errors: corrupt, io.
Result<LogBounds> log_bounds(Fs& fs, const std::filesystem::path& events_dir);

/// Used by one thread at a time. The Fs must outlive the reader.
class LogReader {
 public:
  /// Starts behind the sequence `after`, or with the earliest event there is. Past the end it waits
  /// for the event after+1. A missing folder is an empty log. Errors: io.
  static Result<LogReader> open(Fs& fs, std::filesystem::path events_dir,
                                std::optional<Sequence> after);

  /// The next whole line; nothing if there is none for now: call again to follow. Sequences go up
  /// by one, but for gaps, and but for a log that was restored from a backup meanwhile: then its
  /// new epoch begins with sequences that were returned before, and is returned from its beginning.
  /// Errors: corrupt (a line that is no event, a sequence missing within the files), io.
  Result<std::optional<LogLine>> next();

  /// The events that retention removed before the line next() just returned, once. None before the
  /// earliest event of a reader that asked for that.
  std::optional<Gap> take_gap();

  /// The last sequence found in the files, also if it was passed over; 0: none yet.
  Sequence last_found() const { return last_found_; }

 private:
  LogReader(Fs& fs, std::filesystem::path dir, std::optional<Sequence> after)
      : fs_(&fs), dir_(std::move(dir)), last_(after.value_or(0)), is_placed_(after.has_value()) {}

  Result<bool> advance();  // opens the segment that holds or follows last_ + 1
  Result<std::optional<SegmentName>> next_segment() const;  // that one
  Result<void> skip_passed();  // goes to a place in the open segment that is not behind last_ + 1
  /// The first line that begins behind `offset` in the open segment.
  struct Place {
    std::uint64_t offset = 0;
    Sequence sequence = 0;
  };
  Result<std::optional<Place>> place_behind(std::uint64_t offset) const;
  Result<bool> fill();                         // reads more of the open segment; false at its end
  Result<std::optional<LogLine>> take_line();  // from the buffer; nothing if no whole line is there
  std::string_view unread() const { return std::string_view(buffer_).substr(consumed_); }

  Fs* fs_;
  std::filesystem::path dir_;
  Sequence last_;   // the last one returned
  bool is_placed_;  // last_ + 1 is wanted; else whatever is the earliest
  Sequence last_found_ = 0;
  std::optional<SegmentName> segment_;  // the open one
  std::unique_ptr<File> file_;
  std::uint64_t offset_ = 0;  // in file_, of the end of buffer_
  std::string buffer_;
  std::size_t consumed_ = 0;  // bytes of buffer_ already returned
  std::optional<Gap> gap_;
};

}  // namespace feedwire::storage
