#include "storage/window.h"

#include <algorithm>
#include <memory_resource>
#include <unordered_set>

#include "storage/identity.h"

namespace feedwire::storage {
namespace {

using feeds::EntryView;
using feeds::KeyKind;

constexpr std::uint8_t kMaxAge = 3;  // documents
constexpr std::size_t kMaxOlder = 200;

WindowItem window_item(const EntryView& entry, const Match& match, const RawIndex& known) {
  if (match.how == Match::How::unchanged)
    if (const WindowItem* same = known.find(entry.raw_hash)) {
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

RawIndex::RawIndex(const WindowRow& window) {
  items_.reserve(window.items.size());
  for (const WindowItem& item : window.items)
    if (item.raw_hash != 0) items_.emplace_back(item.raw_hash, &item);
  // By address too: the first of the window comes first.
  std::sort(items_.begin(), items_.end());
}

const WindowItem* RawIndex::find(std::uint64_t raw_hash) const {
  const auto found =
      std::lower_bound(items_.begin(), items_.end(), raw_hash,
                       [](const auto& item, std::uint64_t wanted) { return item.first < wanted; });
  return found == items_.end() || found->first != raw_hash ? nullptr : found->second;
}

std::optional<Hash128> PrintIndex::find(KeyKind kind, const Hash128& key) {
  const std::size_t at = print_index(kind);
  std::optional<Prints>& prints = prints_[at];
  if (!prints) {
    prints.emplace();
    for (const WindowItem& item : window_.items)
      if (item.prints[at] != 0) prints->emplace_back(item.prints[at], item.entry);
    std::sort(prints->begin(), prints->end());
  }
  const std::uint64_t print = key.prefix();
  const auto first = std::lower_bound(prints->begin(), prints->end(), std::pair{print, Hash128{}});
  if (first == prints->end() || first->first != print) return std::nullopt;
  const auto last = std::upper_bound(first, prints->end(), *first);
  if (last != prints->end() && last->first == print) return std::nullopt;
  return first->second;
}

bool PrintIndex::holds(const Hash128& entry) {
  if (!entries_) {
    entries_.emplace();
    for (const WindowItem& item : window_.items) entries_->push_back(item.entry);
    std::sort(entries_->begin(), entries_->end());
  }
  return std::binary_search(entries_->begin(), entries_->end(), entry);
}

std::vector<WindowItem> document_items(const feeds::Feed& document,
                                       const std::vector<Match>& matches, const RawIndex& known) {
  std::vector<WindowItem> items;
  items.reserve(document.size() + kMaxOlder);
  for (std::size_t i = 0; i < document.size(); ++i)
    if (matches[i].entry) items.push_back(window_item(document.entry(i), matches[i], known));
  return items;
}

void append_older_items(std::vector<WindowItem>& items, const WindowRow& window) {
  std::pmr::monotonic_buffer_resource memory;
  std::pmr::unordered_set<Hash128, Hash128Hasher> present(items.size(), &memory);
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
