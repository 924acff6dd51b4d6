#include "storage/log_since.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "storage/event_check.h"
#include "storage/log_reader.h"
#include "storage/segment.h"

namespace feedwire::storage {
namespace {

// recordedtime never steps back within a log, and its form sorts as text.
std::string_view recorded_time(std::string_view line) { return head_member(line, "recordedtime"); }

}  // namespace

Result<Sequence> last_recorded_before(Fs& fs, const std::filesystem::path& events_dir,
                                      WallTime time) {
  const std::string wanted = format_time(time);
  Result<std::vector<SegmentName>> segments = list_segments(fs, events_dir);
  if (!segments) return std::move(segments).error();
  if (segments->empty()) return Sequence{0};
  // The last segment that begins before that time, else the first one.
  Sequence before = segments->front().first - 1;
  for (auto segment = segments->rbegin(); segment != segments->rend(); ++segment) {
    Result<LogReader> reader = LogReader::open(fs, events_dir, segment->first - 1);
    if (!reader) return std::move(reader).error();
    bool begins_before = false;
    for (;;) {
      Result<std::optional<LogLine>> line = reader->next();
      if (!line) return std::move(line).error();
      if (!*line || recorded_time((*line)->line) >= wanted) break;
      begins_before = true;
      before = (*line)->sequence;
    }
    if (begins_before) break;
  }
  return before;
}

}  // namespace feedwire::storage
