#include "storage/window.h"

#include <algorithm>

namespace feedwire::storage {
namespace {

using feeds::EntryView;
using feeds::KeyKind;

constexpr std::uint8_t kMaxAge = 3;  // documents
constexpr std::size_t kMaxOlder = 200;

WindowItem window_item(const EntryView& entry, const Match& match, const WindowIndex& window) {
  if (match.how == Match::How::unchanged)
    if (const WindowItem* same = window.by_raw(entry.raw_hash)) {
      WindowItem item = *same;
      item.age = 0;
      item.missing_since = {};
      return item;
    }
  WindowItem item;
  item.entry = match.entry;
  // Of an entry without its content, the window that knew it is gone: it must be seen in full.
  if (!entry.unchanged) item.raw_hash = entry.raw_hash;
  if (entry.published) item.published = entry.published->time_since_epoch().count();
  for (std::size_t kind = 0; kind < kWindowKinds.size(); ++kind)
    item.prints[kind] = entry.keys[kWindowKinds[kind]].prefix();
  return item;
}

}  // namespace

std::size_t print_index(KeyKind kind) {
  return static_cast<std::size_t>(std::find(kWindowKinds.begin(), kWindowKinds.end(), kind) -
                                  kWindowKinds.begin());
}

WindowIndex::WindowIndex(const WindowRow& window) {
  for (const WindowItem& item : window.items) {
    if (item.raw_hash != 0) by_raw_.emplace(item.raw_hash, &item);
    entries_.insert(item.entry);
    for (std::size_t kind = 0; kind < kWindowKinds.size(); ++kind)
      if (item.prints[kind] != 0) add(by_print_[kind], item.prints[kind], item.entry);
  }
}

void WindowIndex::add(Prints& prints, std::uint64_t print, const Hash128& entry) {
  const auto [at, added] = prints.emplace(print, entry);
  if (!added && at->second != entry) at->second = Hash128{};
}

const WindowItem* WindowIndex::by_raw(std::uint64_t raw_hash) const {
  const auto found = by_raw_.find(raw_hash);
  return found == by_raw_.end() ? nullptr : found->second;
}

std::optional<Hash128> WindowIndex::by_key(KeyKind kind, const Hash128& key) const {
  const Prints& prints = by_print_[print_index(kind)];
  const auto found = prints.find(key.prefix());
  if (found == prints.end() || !found->second) return std::nullopt;
  return found->second;
}

std::vector<WindowItem> document_items(const feeds::Feed& document,
                                       const std::vector<Match>& matches, const WindowRow& window) {
  const WindowIndex index(window);
  std::vector<WindowItem> items;
  items.reserve(document.size() + kMaxOlder);
  for (std::size_t i = 0; i < document.size(); ++i)
    if (matches[i].entry) items.push_back(window_item(document.entry(i), matches[i], index));
  return items;
}

void append_older_items(std::vector<WindowItem>& items, const WindowRow& window) {
  std::unordered_set<Hash128, Hash128Hasher> present;
  for (const WindowItem& item : items) present.insert(item.entry);
  // Those of the latest documents come first in the old window.
  std::size_t older = 0;
  for (const WindowItem& item : window.items) {
    const bool missing = item.missing_since != WallTime{};
    if ((item.age >= kMaxAge && !missing) || older == kMaxOlder || present.contains(item.entry))
      continue;
    items.push_back(item);
    if (item.age < kMaxAge) ++items.back().age;
    ++older;
  }
}

std::span<const WindowItem> latest_items(std::span<const WindowItem> items) {
  const auto older = std::find_if(items.begin(), items.end(),
                                  [](const WindowItem& item) { return item.age != 0; });
  return items.first(static_cast<std::size_t>(older - items.begin()));
}

}  // namespace feedwire::storage
