#include "daemon/event_block.h"

#include <fmt/format.h>

#include <iterator>

#include "storage/event_check.h"

namespace feedwire::daemon {

// A line has no CR and no LF in it (storage/event_log.md, "Text"), so it is one line of data.
void EventBlock::add(Sequence sequence, std::string_view line, bool is_gap) {
  Event event{sequence, text_.size(), 0, 0, is_gap};
  fmt::format_to(std::back_inserter(text_), "id: {:020}\nevent: {}\ndata: ", sequence,
                 storage::head_member(line, "type"));
  event.line = text_.size();
  text_.append(line).append("\n\n");
  event.end = text_.size();
  events_.push_back(event);
  last_ = sequence;
}

bool EventBlock::passes(const Event& event, const storage::EventFilter& filter) const {
  if (filter.is_all()) return true;
  const std::string_view line = part(event.line, event.end - 2);
  return event.is_gap ? filter.passes_type(line) : filter.passes(line);
}

}  // namespace feedwire::daemon
