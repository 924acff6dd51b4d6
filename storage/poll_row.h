// What is kept of a feed between two polls: CF poll.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/hash.h"
#include "base/rare.h"
#include "storage/backfill.h"
#include "storage/feed_life.h"
#include "storage/hub_subscription.h"
#include "storage/server_notes.h"

namespace feedwire::storage {

/// What the last document of a feed asks of those who poll it (H-36 to H-38).
struct PollHints {
  std::uint32_t ttl_minutes = 0, update_minutes = 0;  // 0 = it asks for nothing
  std::uint32_t skip_hours = 0;                       // bit h: hour h of GMT
  std::uint32_t skip_days = 0;                        // bit d: weekday d, Sunday = 0

  bool operator==(const PollHints&) const = default;
};

/// When a feed publishes, as far as its documents have shown (S-1). Counts are decayed, and as of
/// `as_of`; the time of outages is no part of what they are counts of (S-20). Kept by
/// daemon/habit.h.
struct Habit {
  static constexpr std::size_t kBins = 48;  // hours of the day in UTC: of weekdays, of weekends
  WallTime as_of{};                         // epoch = nothing is known
  WallTime newest{};                        // when the newest entry was published; epoch = unknown
  float days = 0;                           // for which the feed was watched, or its dates tell
  float lasting = 0, recent = 0;            // entries, decayed over 28 and over 3 days
  float lasting_close = 0, recent_close = 0;  // those of them right after another one
  std::uint32_t window = 0;                   // entries in the last document
  float bins_day = 0;  // the day of `days` whose entries count as 8 in `bins`; later ones as more
  std::array<std::uint16_t, kBins> bins{};

  bool operator==(const Habit&) const = default;
};

/// What decided when a feed is polled next. The numbers are stored.
enum class PollRule : std::uint8_t {
  none = 0,            // it was not polled yet
  floor = 1,           // [schedule]
  interval = 2,        // the feed's own
  freshness = 3,       // Cache-Control or Expires (H-30)
  ttl = 4,             // RSS (H-36)
  update_period = 5,   // sy:updatePeriod (H-37)
  skipped_time = 6,    // skipHours, skipDays (H-38)
  no_conditional = 7,  // the server always sends the whole document (H-21)
  strain = 8,          // it has answered 429 (H-53)
  failure = 9,         // back-off (H-60)
  retry_after = 10,    // the server named a time (H-51)
  learned = 11,        // when the feed publishes, and the budget (S-3)
  max_interval = 12,   // [schedule], or a dormant feed's
  window = 13,         // or else entries might come and go between two polls (S-5)
  host_share = 14,     // the feeds of its host ask for more than the host's gap allows (S-5)
  gone = 15,           // never again: its server says that it is gone (H-48)
  same_url = 16,       // not by itself: another feed is polled at the URL it moved to (H-69)
  host_hold = 17,      // its host asked several feeds for patience (H-56)
  hub = 18,            // its hub pushes, or has begun to: W-7, W-5
  discovered = 19,     // at once: the page that was subscribed links to it (P-12)
};
inline constexpr std::uint8_t kPollRules = 20;
std::string_view poll_rule_name(PollRule rule);  // "update-period"

/// CF poll: what the poll stage remembers of a feed between polls; <= 450 bytes stored where the
/// validators are of ordinary length.
struct PollRow {
  std::uint64_t polls = 0;  // requests made so far; fetch_id counts them
  WallTime next_poll{};     // epoch = never polled, or by `rule` not to be polled
  WallTime last_poll{}, last_success{};
  std::uint32_t failures = 0;       // in a row …
  WallTime failing_since{};         // … and when the first of them was; epoch = none
  std::uint32_t last_status = 0;    // of HTTP; 0 = no answer
  std::string last_error;           // short; empty after a success
  std::string etag, last_modified;  // byte for byte as received (H-11)
  std::string validators_url;       // the final URL they belong to (H-18)
  Hash128 body_hash;                // XXH3 of the last decoded body that was read as a feed (H-22)
  bool had_document = false;  // a first document was committed; the next ones are not `initial`
  PollHints hints;
  PollRule rule = PollRule::none;    // what decided next_poll
  std::uint32_t repeats = 0;         // conditional polls in a row that got the same body (H-21)
  std::uint64_t repeated_bytes = 0;  // of that body
  std::chrono::seconds strain{};     // what stands in for the floor since 429s (H-53); 0 = none
  WallTime strain_since{};           // when it last grew or shrank
  bool answers_304 = false;          // the last answer that showed it did
  std::chrono::seconds interval{};   // planned between two polls that go well; 0 = not yet …
  float expected = 0;                // … when so many entries a day were expected (S-2)
  // What the last answer, and the settings it was judged by, ask for at least; the rest of the
  // lower bounds follows from the above (storage/lower_bounds.h).
  std::chrono::seconds floor{};  // of the operator, or what the feed has earned (S-6)
  bool own_interval = false;     // `floor` is the interval that the operator chose for this feed
  std::optional<std::chrono::seconds> fresh_for{};  // H-30; nothing: it did not say
  std::chrono::seconds retry_after{};               // H-50; 0 = it did not say
  Habit habit;
  std::uint64_t title_print = 0;  // of the last document's title; 0 = it had none
  std::uint64_t id_print = 0;     // likewise, of its own id (H-66)
  FeedLife life;
  Rare<HubSubscription> hub;
  Rare<Backfill> backfill;   // of the last gap for which there were older pages
  Rare<HubOffer> hub_offer;  // of the last document, while no hub is asked for anything
  Rare<ServerNotes> server;

  bool operator==(const PollRow&) const = default;
};

/// Whether the feed is to be polled at all: it is not gone, and no other one is polled in its
/// place.
bool is_scheduled(const PollRow& row);

/// The operator asks for a feed anew, by other settings or, `added`, after it was not subscribed:
/// one that is gone is tried again, an hour after its last poll at the earliest; one that is added
/// is polled at its own URL again. False if the row says nothing to the contrary.
bool renew(PollRow& row, bool added, WallTime now);

}  // namespace feedwire::storage
