// The window of a feed: the items of its last documents, by which most of the next document is
// known without a look-up (storage.md 6.1).

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "feeds/feed.h"
#include "storage/identity.h"
#include "storage/schema.h"

namespace feedwire::storage {

/// Where fingerprints of this kind, one of kWindowKinds, are in WindowItem::prints.
std::size_t print_index(feeds::KeyKind kind);

/// A window, for look-ups. It must outlive the index.
class WindowIndex {
 public:
  explicit WindowIndex(const WindowRow& window);

  /// The item with these bytes, or nullptr.
  const WindowItem* by_raw(std::uint64_t raw_hash) const;
  /// The one entry with this key; nothing if there are several (I-6 a).
  std::optional<Hash128> by_key(feeds::KeyKind kind, const Hash128& key) const;
  bool holds(const Hash128& entry) const { return entries_.contains(entry); }

 private:
  // A zero entry key marks a fingerprint that several entries share.
  using Prints = std::unordered_map<std::uint64_t, Hash128>;

  static void add(Prints& prints, std::uint64_t print, const Hash128& entry);

  std::unordered_map<std::uint64_t, const WindowItem*> by_raw_;
  std::array<Prints, kWindowKinds.size()> by_print_;
  std::unordered_set<Hash128, Hash128Hasher> entries_;
};

/// The items of `document` for its feed's next window, in its order. `window` is the one before it.
std::vector<WindowItem> document_items(const feeds::Feed& document,
                                       const std::vector<Match>& matches, const WindowRow& window);

/// Adds to those what is to be kept of the window before: up to 200 items that were in the three
/// documents before this one, or that are missing (storage/retraction.h).
void append_older_items(std::vector<WindowItem>& items, const WindowRow& window);

/// The items of the last document.
std::span<const WindowItem> latest_items(std::span<const WindowItem> items);

}  // namespace feedwire::storage
