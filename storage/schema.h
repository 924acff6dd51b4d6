// The rows of the store: what they hold and how they are written. Every value begins with a format
// byte of its own, so that one kind of row can change without the others (storage.md 6.1). Keys are
// the bytes of hashes, or numbers big-endian.

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "feeds/feed.h"
#include "storage/store.h"
#include "storage/zone_clue.h"

namespace feedwire::storage {

inline constexpr std::uint32_t kSchemaVersion = 1;  // of the families and what they mean together

/// Column families, in the order in which they are opened.
enum class Family : std::uint8_t {
  meta,      // RocksDB's default family: "meta" -> MetaRow
  log,       // sequence -> LogRow: outbox and content store in one
  entries,   // entry key -> EntryRow
  keys,      // key hash -> KeyRow: lasting keys that are not themselves the entry key
  window,    // feed key -> WindowRow
  poll,      // feed key -> PollRow
  feeds,     // feed key -> FeedRow
  segments,  // segment number -> SegmentRow
  cursors,   // name -> CursorRow
};
inline constexpr std::array<std::string_view, 9> kFamilyNames = {
    "default", "log", "entries", "keys", "window", "poll", "feeds", "segments", "cursors"};
inline constexpr std::string_view kMetaKey = "meta";

struct MetaRow {
  std::uint32_t schema = kSchemaVersion;
  Hash128 log_uuid;
  std::uint32_t epoch = 1;
  Sequence next = 1;                 // the next sequence to be given out
  std::uint64_t active_segment = 0;  // numbers count from 1
  std::uint64_t active_end = 0;      // committed bytes of it
  Sequence synced = 0;               // every event up to here is on the device in its segment
  Sequence outbox = 1;               // from here on every row of `log` is kept for recovery
  WallTime last_commit{};            // recordedtime of the last event
  bool clean = false;                // written by close(), taken back by open()
  Crash last_crash;                  // noted by open()
};

/// The events that are not of an entry's content have no entry.
struct LogRow {
  std::uint64_t segment = 0, offset = 0;
  Hash128 entry;
  FeedKey feed = 0;                            // of the event; 0 for those of the log itself
  std::uint32_t after_at = 0, after_size = 0;  // where `after` is in the line
  std::string_view line;                       // exactly as in the segment, with the LF
  std::string_view whole;                      // the item, where the line does not hold all of it

  std::string_view item() const {
    return whole.empty() ? line.substr(after_at, after_size) : whole;
  }
};

struct EntryRow {
  std::uint64_t rev = 0;
  Sequence content = 0;                // of the event with the latest content; 0 = no longer kept
  std::array<Hash128, 4> revisions;    // the last four, newest first
  std::uint64_t link = 0;              // prefix of L's hash: whether the canonical link changed
  WallTime first_seen{}, last_seen{};  // last_seen lags behind (storage/entry_retention.h)
  FeedKey owner = 0;
  bool owner_at_home = false;  // the link's registrable domain is the owner's (I-12)
  bool gone = false;           // its last event says that it was deleted (I-17)
  std::uint8_t flaps = 0;      // returns to an older revision since first_flap (I-15)
  WallTime first_flap{};
  Hash128 replaced_by;  // set where it has expired and was created again under this key (I-11)
  WallTime updated{};   // when its content last changed, or it was deleted
  std::vector<FeedKey> sighted_by;  // at most kMaxSightings; the others have a row in `keys`
};
inline constexpr std::size_t kMaxSightings = 32;

/// When anything was last heard of the entry: from then on its lifetime counts.
inline WallTime last_heard(const EntryRow& row) { return std::max(row.last_seen, row.updated); }

/// Whether the row says that the feed owns or has sighted the entry.
bool carries(const EntryRow& row, FeedKey feed);

/// Whom a lasting key stands for. There are as many of these as entries, so the row holds half of
/// the entry's key: of several entries that begin alike the feed has one, the others are
/// strangers'.
struct KeyRow {
  std::uint64_t entry = 0;  // Hash128::prefix() of its key
};

/// Fingerprints that a window keeps: 64 bits of each key's hash, 0 where there is none. Of guids
/// only feeds whose primary kind is another have them: where guids are the primary kind the store
/// answers for them. The order is stored: append only.
inline constexpr std::array kWindowKinds = {
    feeds::KeyKind::guid_alias,    feeds::KeyKind::guid_path, feeds::KeyKind::link,
    feeds::KeyKind::loose_link,    feeds::KeyKind::enclosure, feeds::KeyKind::title_date,
    feeds::KeyKind::title_content, feeds::KeyKind::guid};

/// Where fingerprints of this kind, one of kWindowKinds, are in WindowItem::prints.
constexpr std::size_t print_index(feeds::KeyKind kind) {
  return static_cast<std::size_t>(std::find(kWindowKinds.begin(), kWindowKinds.end(), kind) -
                                  kWindowKinds.begin());
}
inline constexpr std::size_t kGuidPrint = print_index(feeds::KeyKind::guid);
static_assert(kGuidPrint + 1 == kWindowKinds.size());  // old rows without it end before it

struct WindowItem {
  Hash128 entry;
  std::uint64_t raw_hash = 0;
  std::uint8_t age = 0;        // documents since it was last in one; 0 = in the last
  bool in_part = false;        // a part has brought it since the last whole document
  std::int64_t published = 0;  // declared date in seconds; 0 = none
  WallTime missing_since{};    // set while it may have been taken out of the feed (I-17 c)
  std::array<std::uint64_t, kWindowKinds.size()> prints{};  // in the order of kWindowKinds

  bool operator==(const WindowItem&) const = default;
};

/// The kinds among which a feed's primary one is chosen, in this order (I-2).
inline constexpr std::array kPrimaryKinds = {feeds::KeyKind::guid, feeds::KeyKind::link,
                                             feeds::KeyKind::enclosure, feeds::KeyKind::title_date,
                                             feeds::KeyKind::title_content};

/// Where one of them stands among them; their number for any other kind.
constexpr std::size_t primary_index(feeds::KeyKind kind) {
  return static_cast<std::size_t>(std::find(kPrimaryKinds.begin(), kPrimaryKinds.end(), kind) -
                                  kPrimaryKinds.begin());
}

/// Of FeedRow::earlier_kinds.
constexpr std::uint8_t kind_bit(feeds::KeyKind kind) {
  return static_cast<std::uint8_t>(1u << primary_index(kind));
}

/// How well each of kPrimaryKinds told the entries of one changed document apart (I-1).
struct DocumentQuality {
  struct Kind {
    std::uint32_t missing = 0, repeated = 0;  // entries
    // Entries that were there before, by the word of another kind, and those of them whose own key
    // is still the same.
    std::uint32_t met = 0, kept = 0;

    bool operator==(const Kind&) const = default;
  };
  std::uint32_t entries = 0;
  std::array<Kind, kPrimaryKinds.size()> kinds;

  bool operator==(const DocumentQuality&) const = default;
};
inline constexpr std::size_t kQualityDocuments = 10;

/// An update that is not told yet, because its entry changes to and fro (I-15).
struct HeldUpdate {
  Hash128 entry, revision, story_key;
  WallTime due{};              // when it may be told
  std::uint64_t link = 0;      // as EntryRow::link
  std::int64_t published = 0;  // as WindowItem::published
  std::string canonical_url, json;

  bool operator==(const HeldUpdate&) const = default;
};

struct WindowRow {
  WallTime refreshed{};           // when last_seen of the entries was last brought up to date
  std::vector<WindowItem> items;  // the last document's first, in its order
  std::vector<DocumentQuality> quality;  // the last kQualityDocuments, newest last
  std::vector<HeldUpdate> held;
  ZoneClue zone;
};

struct FeedRow {
  FeedRef ref;
  std::uint64_t rev = 0;
  bool subscribed = false;
  bool distrust_guids = false;                // more guids repeat than are worth remembering
  std::vector<std::uint64_t> repeated_guids;  // sorted prefixes of G that are non-unique (I-4)
  // What entries are recognised by. Learnt, it only ever goes on in kPrimaryKinds (I-5); where
  // ref.identity says otherwise, it is that from the next document on.
  feeds::KeyKind primary = feeds::KeyKind::guid;
  std::uint8_t earlier_kinds = 0;  // bit k: it was kPrimaryKinds[k]; some entries have no newer key
  bool doubt_told = false;         // that ref.identity does not tell the entries apart
  bool flapping = false;           // an entry of it changed to and fro (I-15)
  // When its window is to be looked at although no document came: an update is held, or an entry
  // is missing. Epoch = never.
  WallTime review{};
  // No entry of its window has a `last_seen` before then (storage/entry_retention.h). Epoch = not
  // known.
  WallTime refreshed{};
  // Why it is subscribed: the configuration names it, the operator has added it at run time.
  bool configured = false, added = false;
  // Between two polls, as feed.schedule last told, or as it was first planned (S-10); 0 = not yet.
  std::chrono::seconds told_interval{};
};
inline constexpr std::size_t kMaxRepeatedGuids = 4096;

struct SegmentRow {
  SegmentName name;
  WallTime opened{};
  bool sealed = false;
  bool removed = false;  // its file is being deleted; of a sealed one (storage/log_retention.h)
  bool lost = false;     // sealed without a closing line: somebody else took bytes out of it (FL-6)
  // Of a sealed one: its bytes, those before its last line, and SHA-256 of these in hex.
  std::uint64_t end = 0, hashed = 0;
  std::string sha256;
};

std::string encode(const MetaRow& row);
std::string encode(const LogRow& row);
/// What encode() puts before the line and the whole item, which are long.
std::string encode_head(const LogRow& row);
std::string encode(const EntryRow& row);
std::string encode(const WindowRow& row);
std::string encode(const PollRow& row);
std::string encode(const FeedRow& row);
std::string encode(const SegmentRow& row);
std::string encode(const CursorRow& row);
std::string encode(const KeyRow& row);

/// False if the bytes are no such row, or one of a format this version does not know. The views of
/// a LogRow point into `bytes`.
[[nodiscard]] bool decode(std::string_view bytes, MetaRow& row);
[[nodiscard]] bool decode(std::string_view bytes, LogRow& row);
[[nodiscard]] bool decode(std::string_view bytes, EntryRow& row);
[[nodiscard]] bool decode(std::string_view bytes, WindowRow& row);
[[nodiscard]] bool decode(std::string_view bytes, PollRow& row);
[[nodiscard]] bool decode(std::string_view bytes, FeedRow& row);
[[nodiscard]] bool decode(std::string_view bytes, SegmentRow& row);
[[nodiscard]] bool decode(std::string_view bytes, CursorRow& row);
[[nodiscard]] bool decode(std::string_view bytes, KeyRow& row);

/// 1 to 64 of a-z, 0-9, '.', '_' and '-', a letter or digit first.
bool is_cursor_name(std::string_view name);

/// Eight bytes, big-endian: the key of a sequence, a feed or a segment.
std::string number_key(std::uint64_t number);

/// The row of `keys` that notes a sighting beyond those an entry's own row has room for.
Hash128 sighting_key(FeedKey feed, const Hash128& entry);

/// The entry key in place of `expired`, which an entry had until it was forgotten, for one that is
/// created again when `next` is the next sequence (I-11): event ids are given once.
Hash128 recreated_key(const Hash128& expired, Sequence next);

}  // namespace feedwire::storage
