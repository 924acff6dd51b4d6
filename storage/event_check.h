// Whether a line of the event log keeps the contract of storage/event_log.md, "Events", checked by
// hand: strict JSON, safe text, the envelope's members in order and form, the members of `data`.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "feeds/keys.h"
#include "storage/segment_name.h"

namespace feedwire::storage {

/// What an event says of itself. The views point into the line.
struct EventFacts {
  std::string_view id, source, subject, partition_key, time, recorded, data;
  std::string_view type;  // without "feedwire."
  Sequence sequence = 0;
  char op = 0;              // 0 where `data` has none
  std::uint64_t rev = 0;    // 0 where `data` has none
  Hash128 entry;            // of events of an entry
  feeds::FeedKey feed = 0;  // of events of an entry or feed
};

struct EventFault {
  std::string_view code;  // as of a Finding
  std::string text;       // what is wrong, without the place
};

/// The first thing that is wrong with `line`, which is without its LF; nothing if all is well.
/// Types that a later version may add have their envelope checked alone.
std::optional<EventFault> check_event(std::string_view line, EventFacts& facts);

/// The text of the first member `name` that is a plain string in the line: right for members that
/// stand before `data`, whatever the rest of the line is. Empty if there is none.
std::string_view head_member(std::string_view line, std::string_view name);

/// A JSON number without sign, fraction and exponent.
std::optional<std::uint64_t> plain_number(std::string_view json);

}  // namespace feedwire::storage
