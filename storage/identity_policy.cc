#include "storage/identity_policy.h"

#include <algorithm>
#include <array>
#include <vector>

#include "storage/hash_table.h"
#include "storage/window.h"

namespace feedwire::storage {
namespace {

using feeds::EntryView;
using feeds::KeyKind;

constexpr std::array<std::string_view, kPrimaryKinds.size()> kKindNames = {
    "guid", "link", "enclosure", "title_date", "title_content"};

constexpr std::size_t kTrialDocuments = 3;
constexpr std::size_t kPercentWrong = 5, kPercentKept = 90;
constexpr std::size_t kForgivenDocuments = 1;  // a publisher may move to https once

bool is_repeated_link(const EntryView& entry) {
  return !entry.link_unique && !entry.canonical_url.empty();
}

// Whether each kind of key is still the one that the window has; nothing where one side has none.
enum class Same : std::uint8_t { unknown, no, yes };
using Sameness = std::array<Same, kPrimaryKinds.size()>;

using WindowItems = HashTable<Hash128, const WindowItem*>;

// Of the other matches the bytes, or that there is nothing like it, have told all.
bool needs_item(const Match& match) {
  return match.how == Match::How::known || match.how == Match::How::renamed ||
         match.how == Match::How::story;
}

// The items of the window by their entries, if any of the matches needs one.
WindowItems index_items(const WindowRow& window, const std::vector<Match>& matches) {
  const bool needed = std::any_of(matches.begin(), matches.end(), needs_item);
  WindowItems items(needed ? window.items.size() : 0);
  if (needed)
    for (const WindowItem& item : window.items) items.add(item.entry, &item);
  return items;
}

Sameness compare(const EntryView& entry, const Match& match, const WindowItems& window,
                 KeyKind primary) {
  Sameness same{};
  if (match.how == Match::How::unchanged) {
    for (std::size_t k = 0; k < kPrimaryKinds.size(); ++k)
      if (entry.keys[kPrimaryKinds[k]]) same[k] = Same::yes;
    return same;
  }
  const WindowItem* const* const item = needs_item(match) ? window.find(match.entry) : nullptr;
  if (item == nullptr) return same;
  for (std::size_t k = 0; k < kPrimaryKinds.size(); ++k) {
    const Hash128& key = entry.keys[kPrimaryKinds[k]];
    if (kPrimaryKinds[k] == KeyKind::guid && primary == KeyKind::guid) {
      // It has no print in the window; it was asked first, so another match says that it differs.
      if (key && match.primary == key)
        same[k] = match.how == Match::How::known ? Same::yes : Same::no;
      continue;
    }
    const std::uint64_t print = (*item)->prints[print_index(kPrimaryKinds[k])];
    if (key && print != 0) same[k] = key.prefix() == print ? Same::yes : Same::no;
  }
  return same;
}

void count_meetings(DocumentQuality& quality, const Sameness& same) {
  const auto witnesses = std::count(same.begin(), same.end(), Same::yes);
  for (std::size_t k = 0; k < kPrimaryKinds.size(); ++k) {
    const bool kept = same[k] == Same::yes;
    if (same[k] == Same::unknown || witnesses - (kept ? 1 : 0) == 0) continue;
    ++quality.kinds[k].met;
    if (kept) ++quality.kinds[k].kept;
  }
}

bool is_kept(std::size_t kept, std::size_t met) { return kept * 100 >= met * kPercentKept; }

// What a kind came to over several documents.
struct Record {
  std::size_t entries = 0, missing = 0, repeated = 0, met = 0, kept = 0;
  std::size_t documents = 0, trials = 0, failed = 0;
};

Record record_of(std::span<const DocumentQuality> history, std::size_t kind) {
  Record record;
  for (const DocumentQuality& quality : history) {
    const DocumentQuality::Kind& counts = quality.kinds[kind];
    record.entries += quality.entries;
    record.missing += counts.missing;
    record.repeated += counts.repeated;
    record.met += counts.met;
    record.kept += counts.kept;
    ++record.documents;
    if (counts.met > 0) ++record.trials;
    if (!is_kept(counts.kept, counts.met)) ++record.failed;
  }
  return record;
}

// What is wrong with the kind, or nothing.
std::string_view flaw_in(const Record& record) {
  const std::size_t allowed = record.entries * kPercentWrong / 100;
  if (record.missing > allowed) return "missing";
  if (record.repeated > std::max(record.documents, allowed)) return "repeated";
  const bool lasts = record.trials < kTrialDocuments || record.failed <= kForgivenDocuments ||
                     is_kept(record.kept, record.met);
  return lasts ? "" : "unstable";
}

// Fewer documents say nothing yet.
bool is_enough(std::span<const DocumentQuality> history, bool first_document) {
  return first_document || history.size() >= kTrialDocuments;
}

}  // namespace

DocumentQuality measure_quality(const feeds::Feed& document, const std::vector<Match>& matches,
                                const WindowRow& window, KeyKind primary) {
  DocumentQuality quality;
  quality.entries = static_cast<std::uint32_t>(document.size());
  // By fingerprints, as the window does; those of two kinds never meet.
  HashSet<std::uint64_t> seen(document.size() * (kPrimaryKinds.size() - 1));
  const WindowItems known = index_items(window, matches);
  for (std::size_t i = 0; i < document.size(); ++i) {
    const EntryView entry = document.entry(i);
    for (std::size_t k = 0; k < kPrimaryKinds.size(); ++k) {
      const Hash128& key = entry.keys[kPrimaryKinds[k]];
      const bool is_link = kPrimaryKinds[k] == KeyKind::link;
      if (is_link && is_repeated_link(entry))
        ++quality.kinds[k].repeated;
      else if (key.prefix() == 0)
        ++quality.kinds[k].missing;
      else if (!is_link && !seen.add(key.prefix()).second)
        ++quality.kinds[k].repeated;
    }
    if (i >= matches.size() || matches[i].how == Match::How::repeated) continue;
    count_meetings(quality, compare(entry, matches[i], known, primary));
  }
  return quality;
}

KeyKind choose_primary(std::span<const DocumentQuality> history, KeyKind current,
                       bool first_document) {
  if (!is_enough(history, first_document)) return current;
  for (std::size_t k = primary_index(current); k + 1 < kPrimaryKinds.size(); ++k)
    if (flaw_in(record_of(history, k)).empty()) return kPrimaryKinds[k];
  return kPrimaryKinds.back();
}

std::optional<Doubt> doubt_in(std::span<const DocumentQuality> history, KeyKind configured,
                              bool first_document) {
  if (!is_enough(history, first_document)) return std::nullopt;
  const std::string_view flaw = flaw_in(record_of(history, primary_index(configured)));
  const KeyKind better = choose_primary(history, kPrimaryKinds.front(), first_document);
  if (flaw.empty() || better == configured) return std::nullopt;
  return Doubt{flaw, better};
}

std::string_view primary_kind_name(KeyKind kind) { return kKindNames[primary_index(kind)]; }

std::optional<KeyKind> find_primary_kind(std::string_view name) {
  const auto found = std::find(kKindNames.begin(), kKindNames.end(), name);
  if (found == kKindNames.end()) return std::nullopt;
  return kPrimaryKinds[static_cast<std::size_t>(found - kKindNames.begin())];
}

}  // namespace feedwire::storage
