// The lines of the event log: CloudEvents 1.0 with Debezium's `data` (storage/event_log.md,
// "Events"). Rendering only; who says what when is decided elsewhere.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "feeds/feed.h"
#include "storage/schema.h"
#include "storage/store.h"

namespace feedwire::storage {

/// What stands before `data`. Subject and partition key are absent from events of the log itself.
/// All of it is of our own making and needs no escapes.
struct Envelope {
  std::string_view source;  // "urn:uuid:…"
  std::string_view id;
  std::string_view type;  // without "feedwire."
  Sequence sequence = 0;  // 0 = absent, as in what is not of the log
  std::string_view subject, partition_key;
  std::string_view time, recorded;  // RFC 3339
};

/// Appends a line up to the value of `data`, a JSON object that is to follow, and then kLineEnd.
void append_line_start(std::string& out, const Envelope& envelope);
inline constexpr std::string_view kLineEnd = "}\n";

/// "{…}" with feed_id, url, name, title and tags, as every event of a feed carries it. Here as in
/// all that is rendered below, URLs of feeds are without credentials (OP-13).
std::string feed_object(const FeedRef& feed);

std::string feed_id(FeedKey feed);                                // "f-<16 hex digits>"
std::string fetch_id(FeedKey feed, std::uint64_t polls);          // "x-<16 hex digits>-<n>"
std::string entry_path(const Hash128& entry, std::uint64_t rev);  // of the HTTP API

/// What the store knows of an entry beyond its document: members of `_feedwire`.
struct StoreFacts {
  WallTime first_seen{};
  std::optional<std::chrono::sys_seconds> declared;  // date_published
  WallTime observed{};                               // end of the fetch
  WallTime appeared_by{};       // of an entry that was missed: the end of the gap; epoch = observed
  WallTime previous_success{};  // of the feed's polls: the entry appeared after it; epoch = never
  std::vector<FeedKey> also_in;
  Hash128 story_key;  // where identity does not go by URL; zero = absent
};

/// The item with the facts in its `_feedwire`. `item` ends in "}}", which closes it and the item.
std::string add_store_facts(std::string_view item, const StoreFacts& facts);

/// `after` of an entry that is deleted.
inline constexpr std::string_view kNoItem = "null";

/// `data` of an event about an entry's content.
struct EntryData {
  char op = 'c';
  std::uint64_t rev = 1, prev_rev = 0;  // 0 = absent
  std::string_view feed;                // feed_object()
  std::string fetch;
  Hash128 entry;
  std::string_view canonical_url;
  std::vector<std::string> changed;  // sorted; empty = absent
  std::string_view significance, cause, confidence;
  bool replay_suspect = false, initial = false;
  std::string before;                // an object; empty = absent
  std::string_view after;            // add_store_facts(), or kNoItem
  std::vector<std::string> omitted;  // what the line lacks; filled by fit_entry_data()
};

/// A part of a text.
struct Span {
  std::size_t at = 0, size = 0;
};

/// Appends `data`, leaving out what `content` says and then what makes it longer than `max_bytes`,
/// in the order of events 1.3. If key fields alone are longer, those are appended. Returns where
/// the value of `after` is in `out`.
Span fit_entry_data(std::string& out, EntryData& data, Options::Content content,
                    std::size_t max_bytes);

/// `data` of entry.sighted: `feed` carries the entry too. Long texts are cut.
std::string sighting_data(std::string_view feed, const Hash128& entry, std::uint64_t rev,
                          const feeds::EntryView& seen);

/// `data` of feed.added, feed.changed and feed.removed; a null pointer says there is no such side.
std::string feed_data(std::uint64_t rev, const FeedRef* before, const FeedRef* after);

/// `data` of the other events of a feed; `members` are those that are its own, as "name":value.
std::string feed_note_data(std::uint64_t rev, std::string_view feed, std::string_view fetch,
                           std::string_view members);

/// `data` of the log's own events. The one of an opened segment is padded so that the line is at
/// least kMinHeaderBytes long: shippers tell files apart by their first 1,024 bytes.
inline constexpr std::size_t kMinHeaderBytes = 1100;
std::string segment_opened_data(std::uint64_t segment, const SegmentName& name,
                                std::string_view previous_file);
std::string segment_closed_data(std::uint64_t segment, std::uint64_t events,
                                std::string_view sha256, std::string_view next_file);
std::string epoch_started_data(std::uint32_t epoch);
/// `data` of log.gap, which no segment holds: the events `from` to `to` are gone.
std::string gap_data(std::uint32_t epoch, Sequence from, Sequence to);

}  // namespace feedwire::storage
