#include "storage/retraction.h"

#include <algorithm>
#include <optional>

#include "storage/hash_table.h"
#include "storage/window.h"

namespace feedwire::storage {
namespace {

using Entries = HashSet<Hash128>;

Entries entries_of(std::span<const WindowItem> items) {
  Entries entries(items.size());
  for (const WindowItem& item : items) entries.add(item.entry);
  return entries;
}

bool is_missing(const WindowItem& item) { return item.missing_since != WallTime{}; }

bool in_order(std::int64_t a, std::int64_t b, std::int64_t c) {
  return (a >= b && b >= c) || (a <= b && b <= c);
}

// The declared date of the nearest survivor among `items`, from `first` on in steps of `step`.
std::optional<std::int64_t> survivor_date(std::span<const WindowItem> items, std::size_t first,
                                          std::ptrdiff_t step, const Entries& present) {
  for (auto i = static_cast<std::ptrdiff_t>(first) + step;
       i >= 0 && i < static_cast<std::ptrdiff_t>(items.size()); i += step) {
    const WindowItem& item = items[static_cast<std::size_t>(i)];
    if (present.contains(item.entry))
      return item.published != 0 ? std::optional(item.published) : std::nullopt;
  }
  return std::nullopt;
}

// Whether the document reaches back beyond that date, and on to it.
bool spans(std::span<const WindowItem> document, std::int64_t date) {
  const auto dated = [](const WindowItem& item) { return item.published != 0; };
  return std::any_of(
             document.begin(), document.end(),
             [&](const WindowItem& item) { return dated(item) && item.published <= date; }) &&
         std::any_of(document.begin(), document.end(),
                     [&](const WindowItem& item) { return item.published >= date; });
}

template <typename Predicate>
std::vector<Hash128> take_items(WindowRow& window, Predicate is_taken) {
  std::vector<Hash128> entries;
  std::erase_if(window.items, [&](const WindowItem& item) {
    if (!is_taken(item)) return false;
    entries.push_back(item.entry);
    return true;
  });
  return entries;
}

}  // namespace

void mark_missing(WindowRow& window, std::span<const WindowItem> document, WallTime now) {
  const Entries present = entries_of(document);
  const std::span<const WindowItem> latest = latest_items(window.items);
  for (std::size_t i = 0; i < window.items.size(); ++i) {
    WindowItem& item = window.items[i];
    if (present.contains(item.entry)) {
      item.missing_since = {};
    } else if (i < latest.size() && item.published != 0) {
      const auto before = survivor_date(latest, i, -1, present);
      const auto after = survivor_date(latest, i, 1, present);
      if (before && after && in_order(*before, item.published, *after)) item.missing_since = now;
    } else if (is_missing(item) && !spans(document, item.published)) {
      item.missing_since = {};
    }
  }
}

std::vector<Hash128> take_vanished(WindowRow& window, WallTime now) {
  // Noted by a clock that has been set back since: it counts from now.
  for (WindowItem& item : window.items) item.missing_since = std::min(item.missing_since, now);
  return take_items(window, [&](const WindowItem& item) {
    return is_missing(item) && now - item.missing_since >= kVanishedAfter;
  });
}

std::vector<Hash128> take_removed(WindowRow& window, std::span<const WindowItem> document) {
  if (document.empty()) return {};
  const Entries present = entries_of(document);
  return take_items(window, [&](const WindowItem& item) {
    return item.age == 0 && !present.contains(item.entry);
  });
}

WallTime next_vanishing(const WindowRow& window) {
  WallTime next{};
  for (const WindowItem& item : window.items)
    if (is_missing(item) && (next == WallTime{} || item.missing_since + kVanishedAfter < next))
      next = item.missing_since + kVanishedAfter;
  return next;
}

}  // namespace feedwire::storage
