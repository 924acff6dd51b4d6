// The window of a feed: the items of its last documents, by which most of the next document is
// known without a look-up (storage.md 6.1).

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "feeds/feed.h"
#include "storage/hash_table.h"
#include "storage/schema.h"

namespace feedwire::storage {

struct Match;

/// The items of a window by their bytes, which is all that most documents need of it. The window
/// must outlive it.
class RawIndex {
 public:
  explicit RawIndex(const WindowRow& window);

  /// The first item with these bytes, or nullptr.
  const WindowItem* find(std::uint64_t raw_hash) const;

 private:
  HashTable<std::uint64_t, const WindowItem*> items_;
};

/// The items of a window by their fingerprints, for the entries whose bytes are not in it. A kind
/// is indexed when it is first asked for. The window must outlive it.
class PrintIndex {
 public:
  explicit PrintIndex(const WindowRow& window) : window_(window) {}

  /// The one entry with this key; nothing if there are several (I-6 a).
  std::optional<Hash128> find(feeds::KeyKind kind, const Hash128& key);
  bool holds(const Hash128& entry);

 private:
  using Prints = HashTable<std::uint64_t, const Hash128*>;  // nullptr: of several entries

  const WindowRow& window_;
  std::array<std::optional<Prints>, kWindowKinds.size()> prints_;
  std::optional<HashSet<Hash128>> entries_;
};

/// The items of `document` for its feed's next window, in its order. `known` are those of the
/// window before it, `primary` is the feed's kind from now on.
std::vector<WindowItem> document_items(const feeds::Feed& document,
                                       const std::vector<Match>& matches, const RawIndex& known,
                                       feeds::KeyKind primary);

/// Adds to those what is to be kept of the window before: up to 200 items that were in the three
/// documents before this one, or that are missing (storage/retraction.h).
void append_older_items(std::vector<WindowItem>& items, const WindowRow& window);

/// Adds the items of a partial document to the window. They are not among latest_items(), unless
/// they were before.
void add_part(WindowRow& window, const std::vector<WindowItem>& part);

/// The items of the last document.
std::span<const WindowItem> latest_items(std::span<const WindowItem> items);

}  // namespace feedwire::storage
