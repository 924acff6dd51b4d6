// What a poll hands to the store, and what comes of it.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "feeds/feed.h"
#include "feeds/keys.h"
#include "storage/feed_life.h"
#include "storage/poll_row.h"
#include "storage/segment_name.h"

namespace feedwire::storage {

using feeds::FeedKey;

/// What a document is decided by of the row that the feed had before.
struct PollBefore {
  WallTime last_success{};               // epoch = none
  std::chrono::microseconds interval{};  // from its last poll to the next planned; 0 = none planned

  static PollBefore of(const PollRow& row) {
    if (row.next_poll == WallTime{}) return {row.last_success, {}};
    return {row.last_success, row.next_poll - row.last_poll};
  }
};

/// The result of one poll, ready to be committed; or, without a poll, a row to be kept.
struct PollOutcome {
  FeedKey feed = 0;
  WallTime fetched_at{};  // end of the fetch: `time` of its events; epoch = there was no poll
  PollRow row;            // the feed's new row
  std::optional<feeds::Feed>
      document;                   // a document that was read; absent for 304, failure, same body
  std::vector<FeedTurn> turns{};  // an event each
  // `document` is not all that the feed shows: what it lacks is neither gone nor missed, and it
  // tells nothing of the feed itself. The first document of a feed counts as whole.
  bool partial = false;
  // `document` is the one at row.backfill->page: of it only missed entries count (I-18).
  bool page = false;
  std::string older_page{};  // URL to be tried for the page before `document`; empty = none
  // Of whoever knows it; else it is read from the store.
  std::optional<PollBefore> before{};
};

struct CommitSummary {
  std::uint64_t created = 0, updated = 0, sighted = 0, unchanged = 0;
  std::uint64_t deleted = 0, restored = 0;
  Sequence last_sequence = 0;  // of the log after the commit
  /// The entries of the documents, older pages included, by what became of each: one that is new;
  /// one that changed or came back; one that had nothing new; one that is left alone, since there
  /// is nothing to make an entry of.
  struct Items {
    std::uint64_t created = 0, updated = 0, duplicate = 0, rejected = 0;
    bool operator==(const Items&) const = default;
  };
  Items items{};

  CommitSummary& operator+=(const CommitSummary& other);
};

}  // namespace feedwire::storage
