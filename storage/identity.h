// Which stored entry each entry of a document is (identity rules 4.3: I-2 to I-4, I-6 to I-8, I-10,
// I-12).
// Decides only; what follows from it for the log is storage/group.cc's affair.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "feeds/feed.h"
#include "storage/schema.h"

namespace feedwire::storage {

/// What the guards of I-6 compare of a stored entry.
struct EntryFacts {
  bool kept = true;  // false: its content is no longer kept, and speaks against nothing
  std::string title;
  std::optional<std::chrono::sys_seconds> published;
};

/// What identity asks of the store. Errors of all: corrupt, io.
class KeyIndex {
 public:
  virtual ~KeyIndex() = default;
  /// The stored entry, or nullptr, also for one that has expired; good until the next call that
  /// changes the store.
  virtual Result<const EntryRow*> entry(const Hash128& entry_key) = 0;
  /// Of a key whose entry has expired and is still remembered: that of the entry created again in
  /// its place, zero if there is none. Nothing for any other key.
  virtual Result<std::optional<Hash128>> successor(const Hash128& entry_key) = 0;
  /// The stored entry of `feed` that one of its lasting keys stands for, if that is not itself the
  /// entry's key.
  virtual Result<std::optional<Hash128>> alias(FeedKey feed, const Hash128& key) = 0;
  virtual Result<EntryFacts> facts(const Hash128& entry_key) = 0;
};

class RawIndex;  // storage/window.h

struct Match {
  enum class How {
    unchanged,  // the window has the same bytes
    known,      // by its primary key
    renamed,    // by an alias or its URL: the primary key is new
    story,      // by its URL: an entry that came from another feed and is new to this one
    fresh,      // a new entry
    repeated,   // the same as an earlier one of this document
  };
  How how = How::fresh;
  Hash128 entry;     // its key; of a fresh one the key it is to get; zero: to be left alone
  Hash128 primary;   // the lasting key by which this feed knows it
  Hash128 replaces;  // of a fresh one: the expired entry that had its key; zero = none
  bool replay_suspect = false;  // of a fresh one: it may have been there before (I-10)
};

/// The primary key of an entry (I-2 to I-4): of the feed's primary kind, else of the first after it
/// that the entry has; the same for the same entry in any document. Zero only for an unchanged
/// entry of which no key is known.
Hash128 primary_key(const feeds::EntryView& entry, const FeedRow& feed);

/// What it would be, were `kind` the feed's primary one.
Hash128 primary_key(const feeds::EntryView& entry, const FeedRow& feed, feeds::KeyKind kind);

/// Whether the guid with this key is among those that are non-unique for the feed for ever (I-4).
bool guid_repeats(const FeedRow& feed, const Hash128& guid);

/// Adds the guids that repeat within `document`; says whether any was new.
bool note_repeated_guids(FeedRow& feed, const feeds::Feed& document);

/// How to look at a document.
struct MatchOptions {
  bool dedupe_by_url = true;
  /// Many new entries from before then, of a feed that was polled all the time, are likely to be
  /// old ones under new keys (I-10). Epoch = nothing can be told.
  WallTime replay_before{};
  Sequence next = 0;  // that the next event is to have
};

/// One Match for each entry of `document`, in its order. `feed` has had note_repeated_guids();
/// `known` is made of `window`.
Result<std::vector<Match>> match_entries(const feeds::Feed& document, const FeedRow& feed,
                                         const WindowRow& window, const RawIndex& known,
                                         const MatchOptions& options, KeyIndex& index);

}  // namespace feedwire::storage
