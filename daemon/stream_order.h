// What a client wants of the event log.

#pragma once

#include <cstdint>
#include <optional>

#include "storage/event_filter.h"
#include "storage/segment_name.h"

namespace feedwire::daemon {

struct StreamOrder {
  std::optional<storage::Sequence> after;  // none: from the earliest event there is
  storage::EventFilter filter;
  bool is_sse = false;      // server-sent events; else NDJSON
  bool follows = false;     // goes on with what is added
  std::uint64_t limit = 0;  // of events; 0 = none
  // What the log held when it was asked for; 0, 0 while it is empty.
  storage::Sequence earliest = 0, latest = 0;
};

}  // namespace feedwire::daemon
