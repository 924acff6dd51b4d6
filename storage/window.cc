#include "storage/window.h"

#include <algorithm>

#include "storage/identity.h"

namespace feedwire::storage {
namespace {

using feeds::EntryView;
using feeds::KeyKind;

constexpr std::uint8_t kMaxAge = 3;  // documents
constexpr std::size_t kMaxOlder = 200;

// Both without their guid's print.
WindowItem seen_again(const WindowItem& before) {
  WindowItem item = before;
  item.age = 0;
  item.in_part = false;
  item.missing_since = {};
  return item;
}

WindowItem window_item(const EntryView& entry, const Match& match) {
  WindowItem item;
  item.entry = match.entry;
  // Of an entry without its content, the window that knew it is gone: it must be seen in full.
  if (!entry.unchanged) item.raw_hash = entry.raw_hash;
  if (entry.published) item.published = entry.published->time_since_epoch().count();
  for (std::size_t kind = 0; kind < kGuidPrint; ++kind)
    item.prints[kind] = entry.keys[kWindowKinds[kind]].prefix();
  return item;
}

}  // namespace

RawIndex::RawIndex(const WindowRow& window) : items_(window.items.size()) {
  for (const WindowItem& item : window.items)
    if (item.raw_hash != 0) items_.add(item.raw_hash, &item);
}

const WindowItem* RawIndex::find(std::uint64_t raw_hash) const {
  const WindowItem* const* const found = items_.find(raw_hash);
  return found == nullptr ? nullptr : *found;
}

std::optional<Hash128> PrintIndex::find(KeyKind kind, const Hash128& key) {
  const std::size_t at = print_index(kind);
  std::optional<Prints>& prints = prints_[at];
  if (!prints) {
    prints.emplace(window_.items.size());
    for (const WindowItem& item : window_.items) {
      if (item.prints[at] == 0) continue;
      const Hash128*& entry = *prints->add(item.prints[at], &item.entry).first;
      if (entry != nullptr && *entry != item.entry) entry = nullptr;
    }
  }
  const Hash128* const* const entry = prints->find(key.prefix());
  if (entry == nullptr || *entry == nullptr) return std::nullopt;
  return **entry;
}

bool PrintIndex::holds(const Hash128& entry) {
  if (!entries_) {
    entries_.emplace(window_.items.size());
    for (const WindowItem& item : window_.items) entries_->add(item.entry);
  }
  return entries_->contains(entry);
}

std::vector<WindowItem> document_items(const feeds::Feed& document,
                                       const std::vector<Match>& matches, const RawIndex& known,
                                       KeyKind primary) {
  std::vector<WindowItem> items;
  items.reserve(document.size());
  for (std::size_t i = 0; i < document.size(); ++i) {
    if (!matches[i].entry) continue;
    const WindowItem* const same =
        matches[i].how == Match::How::unchanged ? known.find(document.raw_hash(i)) : nullptr;
    WindowItem& item = items.emplace_back(
        same != nullptr ? seen_again(*same) : window_item(document.entry(i), matches[i]));
    item.prints[kGuidPrint] =
        primary == KeyKind::guid ? 0 : document.key(i, KeyKind::guid).prefix();
  }
  return items;
}

void append_older_items(std::vector<WindowItem>& items, const WindowRow& window) {
  HashSet<Hash128> present(items.size());
  for (const WindowItem& item : items) present.add(item.entry);
  items.reserve(items.size() + std::min(window.items.size(), kMaxOlder));
  // Those of the latest documents come first in the old window.
  std::size_t older = 0;
  for (const WindowItem& item : window.items) {
    const bool missing = item.missing_since != WallTime{};
    if ((item.age >= kMaxAge && !missing) || older == kMaxOlder || present.contains(item.entry))
      continue;
    items.push_back(item);
    if (item.age < kMaxAge) ++items.back().age;
    items.back().in_part = false;
    ++older;
  }
}

void add_part(WindowRow& window, const std::vector<WindowItem>& part) {
  HashTable<Hash128, const WindowItem*> brought(part.size());
  for (const WindowItem& item : part) brought.add(item.entry, &item);
  const std::span<const WindowItem> latest = latest_items(window.items);
  HashSet<Hash128> present(latest.size());
  std::vector<WindowItem> items;
  items.reserve(window.items.size() + std::min(part.size(), kMaxOlder));
  for (const WindowItem& item : latest) {
    const WindowItem* const* const same = brought.find(item.entry);
    items.push_back(same == nullptr ? item : **same);
    present.add(item.entry);
  }
  const std::size_t most = latest.size() + kMaxOlder;
  for (const WindowItem& item : part) {
    if (present.contains(item.entry) || items.size() == most) continue;
    items.push_back(item);
    items.back().age = 1;
    items.back().in_part = true;
  }
  for (const WindowItem& item : std::span(window.items).subspan(latest.size()))
    if (!brought.contains(item.entry) && items.size() < most) items.push_back(item);
  window.items = std::move(items);
}

std::span<const WindowItem> latest_items(std::span<const WindowItem> items) {
  const auto older = std::find_if(items.begin(), items.end(),
                                  [](const WindowItem& item) { return item.age != 0; });
  return items.first(static_cast<std::size_t>(older - items.begin()));
}

}  // namespace feedwire::storage
