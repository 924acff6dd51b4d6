// What a log tells of each entry and feed, to be followed event by event: one event for each
// revision, revisions without gaps, ids given once (I5), recorded times that never step back.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "storage/event_check.h"

namespace feedwire::storage {

/// Takes some 100 bytes of memory for each entry in the log. Used by one thread.
class LogHistory {
 public:
  /// An entry as its last event left it.
  struct Past {
    std::uint64_t rev = 0;
    Sequence content = 0;  // of the last event with content; 0 if that is no longer in the log
  };
  using Entries = std::unordered_map<Hash128, Past, Hash128Hasher>;
  using Feeds = std::unordered_map<feeds::FeedKey, std::uint64_t>;  // the last revision

  /// `complete`: the log goes back to its first event, so that every first revision is 1.
  void begin(bool complete) { complete_ = complete; }

  /// The next event, in the order of the log; what does not fit those before it.
  std::optional<EventFault> add(const EventFacts& event);

  const Entries& entries() const { return entries_; }
  const Feeds& feeds() const { return feeds_; }

 private:
  std::optional<EventFault> add_entry(const EventFacts& event);
  std::optional<EventFault> add_feed(const EventFacts& event);

  bool complete_ = true;
  std::string recorded_;
  Entries entries_;
  Feeds feeds_;
  std::unordered_set<Hash128, Hash128Hasher> sightings_;  // hashes of their ids
};

}  // namespace feedwire::storage
