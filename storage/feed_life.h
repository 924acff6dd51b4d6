// What becomes of a feed beyond single polls: it fails for long, is gone, moves (http.md H-48,
// H-63, H-66). Kept in its poll row; each turn is told once, as an event.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/clock.h"

namespace feedwire::storage {

struct FeedLife {
  bool failing = false;   // it has failed for so long that feed.failing was told
  WallTime gone_since{};  // the first 410 since it last was there; epoch = none
  bool gone = false;      // another one confirmed it: the feed is polled no more
  WallTime renewed{};     // when the operator asked for it anew, as renew() notes; epoch = never

  std::string moved_to;  // where it is polled; empty = at the URL that was subscribed
  bool linked = false;   // that is a page, which linked to the feed (parsed-feed P-12)
  /// Where permanent redirects lead to, before the feed is taken to have moved there.
  struct Candidate {
    std::string to;           // empty = nowhere
    WallTime since{};         // when it was first seen …
    std::uint32_t polls = 0;  // … and on how many polls; 0 = what is there is not this feed
    bool operator==(const Candidate&) const = default;
  } candidate;

  bool operator==(const FeedLife&) const = default;
};

/// A turn in the life of a feed, to be told.
struct FeedTurn {
  enum class Kind : std::uint8_t { failing, recovered, gone, moved, patience };
  Kind kind = Kind::failing;
  WallTime since{};             // of all but `moved`: when the failures, or the 410s, began
  std::uint32_t failures = 0;   // of `failing` and `recovered`: in a row
  std::string error;            // of `failing`: the last one
  std::string from, to, cause;  // of `moved`
  std::chrono::seconds wait{};  // of `patience`: what the server has asked for
};

}  // namespace feedwire::storage
