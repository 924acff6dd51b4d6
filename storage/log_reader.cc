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
// Of a line, to see its sequence; it is within the first 200 bytes.
constexpr std::size_t kProbeBytes = 4096;

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
    if (is_placed_ && segment_->first <= last_)
      if (Result<void> skipped = skip_passed(); !skipped) return std::move(skipped).error();
    return true;
  }
}

// By bisection: a reader that goes on near the end of a segment does not read all of it.
Result<void> LogReader::skip_passed() {
  Result<std::uint64_t> size = file_->size();
  if (!size) return std::move(size).error();
  // A line that was passed begins at `low`, or the segment; none that was passed behind `high`.
  std::uint64_t low = 0;
  for (std::uint64_t high = *size; high - low > kReadBytes;) {
    const std::uint64_t middle = low + (high - low) / 2;
    Result<std::optional<Place>> place = place_behind(middle);
    if (!place) return std::move(place).error();
    if (*place && (*place)->offset < high && (*place)->sequence <= last_)
      low = (*place)->offset;
    else
      high = middle;
  }
  offset_ = low;
  return {};
}

// Nothing also where a line is no event: that is for who reads it to say.
Result<std::optional<LogReader::Place>> LogReader::place_behind(std::uint64_t offset) const {
  for (;;) {
    Result<std::string> bytes = file_->read_at(offset, kProbeBytes);
    if (!bytes) return std::move(bytes).error().in((dir_ / segment_->text()).native());
    if (bytes->empty()) return std::optional<Place>{};
    const std::size_t end = bytes->find('\n');
    offset += end == bytes->npos ? bytes->size() : end + 1;
    if (end != bytes->npos) break;
  }
  Result<std::string> head = file_->read_at(offset, kProbeBytes);
  if (!head) return std::move(head).error().in((dir_ / segment_->text()).native());
  const std::string_view line = std::string_view(*head).substr(0, head->find('\n'));
  const std::optional<Sequence> sequence = sequence_of_line(line);
  return sequence ? std::optional(Place{offset, *sequence}) : std::nullopt;
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
