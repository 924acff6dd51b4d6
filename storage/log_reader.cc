#include "storage/log_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "storage/event.h"
#include "storage/event_check.h"
#include "storage/segment.h"

namespace feedwire::storage {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

}  // namespace

Result<LogReader> LogReader::open(Fs& fs, std::filesystem::path events_dir,
                                  std::optional<Sequence> after) {
  LogReader reader(fs, std::move(events_dir), after);
  if (Result<bool> opened = reader.advance(); !opened) return std::move(opened).error();
  return reader;
}

Result<bool> LogReader::advance() {
  std::optional<SegmentName> missing;
  for (;;) {
    Result<std::optional<SegmentName>> chosen = next_segment();
    if (!chosen) return std::move(chosen).error();
    if (!*chosen || *chosen == missing) return false;
    if (segment_) {
      // What was appended to the old segment since its end was met: it is complete by now.
      Result<bool> more = fill();
      if (!more || *more) return more;
    }
    Result<std::unique_ptr<File>> file = fs_->open(dir_ / (*chosen)->text(), false);
    // Retention has removed it just now: the log goes on with a later one.
    if (!file && file.error().code == ErrorCode::not_found) {
      missing = *chosen;
      continue;
    }
    if (!file) return std::move(file).error();
    file_ = std::move(*file);
    // A backup was put in the log's place: its new epoch gives out once more what was read here.
    if (segment_ && (*chosen)->epoch > segment_->epoch && (*chosen)->first <= last_)
      last_ = (*chosen)->first - 1;
    segment_ = **chosen;
    offset_ = 0;
    buffer_.clear();
    consumed_ = 0;
    return true;
  }
}

// The last segment that may hold the wanted event, else the first behind the open one.
Result<std::optional<SegmentName>> LogReader::next_segment() const {
  Result<std::vector<SegmentName>> segments = list_segments(*fs_, dir_);
  if (!segments) return std::move(segments).error();
  std::optional<SegmentName> chosen;
  for (const SegmentName& segment : *segments) {
    if (segment_ && segment <= *segment_) continue;
    if (!chosen || (!segment_ && segment.first <= last_ + 1)) chosen = segment;
  }
  return chosen;
}

Result<bool> LogReader::fill() {
  buffer_.erase(0, consumed_);
  consumed_ = 0;
  Result<std::string> bytes = file_->read_at(offset_, kReadBytes);
  if (!bytes) return std::move(bytes).error().in((dir_ / segment_->text()).native());
  offset_ += bytes->size();
  buffer_ += *bytes;
  return !bytes->empty();
}

Result<std::optional<LogLine>> LogReader::take_line() {
  for (;;) {
    const std::string_view rest = unread();
    const std::size_t size = rest.find('\n');
    if (size == rest.npos) return std::optional<LogLine>{};
    consumed_ += size + 1;
    const std::string_view line = rest.substr(0, size);
    const std::optional<Sequence> sequence = sequence_of_line(line);
    if (!sequence)
      return Error{ErrorCode::corrupt,
                   fmt::format("{}: a line after sequence {} is no event; run feedwire log verify",
                               (dir_ / segment_->text()).native(), last_)};
    last_found_ = *sequence;
    if (*sequence <= last_) continue;
    if (is_placed_ && *sequence > last_ + 1) {
      if (*sequence != segment_->first)
        return Error{ErrorCode::corrupt,
                     fmt::format("{}: sequence {} follows {}; run feedwire log verify",
                                 (dir_ / segment_->text()).native(), *sequence, last_)};
      gap_ = Gap{last_ + 1, *sequence - 1, segment_->epoch};
    }
    last_ = *sequence;
    is_placed_ = true;
    return std::optional(LogLine{*sequence, line});
  }
}

Result<std::optional<LogLine>> LogReader::next() {
  for (;;) {
    if (file_) {
      Result<std::optional<LogLine>> line = take_line();
      if (!line || *line) return line;
      Result<bool> more = fill();
      if (!more) return std::move(more).error();
      if (*more) continue;
    }
    Result<bool> moved = advance();
    if (!moved) return std::move(moved).error();
    if (!*moved) return std::optional<LogLine>{};
  }
}

std::string gap_event(const Gap& gap, std::string_view next_line) {
  const std::string id = fmt::format("s-{}-{}-gap", gap.epoch, gap.first);
  Envelope envelope;
  envelope.id = id;
  envelope.source = head_member(next_line, "source");
  envelope.type = "log.gap";
  envelope.sequence = gap.last;
  envelope.time = head_member(next_line, "time");
  envelope.recorded = head_member(next_line, "recordedtime");
  std::string line;
  append_line_start(line, envelope);
  line.append(gap_data(gap.epoch, gap.first, gap.last)).append("}");
  return line;
}

std::optional<Gap> LogReader::take_gap() { return std::exchange(gap_, std::nullopt); }

Result<LogBounds> log_bounds(Fs& fs, const std::filesystem::path& events_dir) {
  Result<std::vector<SegmentName>> segments = list_segments(fs, events_dir);
  if (!segments) return std::move(segments).error();
  if (segments->empty()) return LogBounds{};
  // The newest segment alone names the last event; its header is the event before the first line.
  Result<LogReader> reader = LogReader::open(fs, events_dir, segments->back().first - 1);
  if (!reader) return std::move(reader).error();
  LogBounds bounds{segments->front().first, segments->back().first};
  for (;;) {
    Result<std::optional<LogLine>> line = reader->next();
    if (!line) return std::move(line).error();
    if (!*line) return bounds;
    bounds.last = (*line)->sequence;
  }
}

}  // namespace feedwire::storage
