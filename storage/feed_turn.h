// The turns in the life of a feed as events tell them (storage/event_log.md).

#pragma once

#include <string>
#include <string_view>

#include "storage/feed_life.h"

namespace feedwire::storage {

/// The verb of the event's type: "moved" of feedwire.feed.moved.
std::string_view turn_verb(FeedTurn::Kind kind);

/// The members of `data` that are its own, as feed_note_data() takes them; URLs without credentials
/// (OP-13).
std::string turn_members(const FeedTurn& turn);

}  // namespace feedwire::storage
