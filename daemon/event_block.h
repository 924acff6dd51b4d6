// Lines of the event log as streams send them: read and rendered once, sent to many.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "storage/event_filter.h"
#include "storage/segment_name.h"

namespace feedwire::daemon {

using storage::Sequence;

/// Events that follow each other. Built by one thread; once it is shared nobody changes it.
class EventBlock {
 public:
  /// How large a block is to get, not counting the event that takes it there: a client that does
  /// not read holds one.
  static constexpr std::size_t kBytes = 256 << 10;

  struct Event {
    Sequence sequence = 0;
    std::size_t begin = 0, line = 0, end = 0;  // in the text
    bool is_gap = false;                       // a log.gap: nobody knows of which feeds
  };

  /// `line` without LF. Of a gap `sequence` is the last of those that are missing.
  void add(Sequence sequence, std::string_view line, bool is_gap = false);
  /// Notes that the block tells of everything up to there, whether it holds it or not.
  void pass(Sequence sequence) { last_ = sequence; }

  const std::vector<Event>& events() const { return events_; }
  Sequence last() const { return last_; }
  std::size_t bytes() const { return text_.size(); }

  bool passes(const Event& event, const storage::EventFilter& filter) const;
  /// As WHATWG's server-sent events have it: "id: …", "event: …", "data: LINE", an empty line.
  std::string_view as_sse(const Event& event) const { return part(event.begin, event.end); }
  std::string_view as_line(const Event& event) const { return part(event.line, event.end - 1); }

 private:
  std::string_view part(std::size_t begin, std::size_t end) const {
    return std::string_view(text_).substr(begin, end - begin);
  }

  std::string text_;
  std::vector<Event> events_;
  Sequence last_ = 0;
};

}  // namespace feedwire::daemon
