#include "storage/identity.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "storage/similarity.h"

namespace feedwire::storage {
namespace {

using feeds::EntryView;
using feeds::KeyKind;

// The order in which aliases are tried (I-6); G is not in the window but in the store.
constexpr std::array kAliasKinds = {KeyKind::guid_alias, KeyKind::link,       KeyKind::enclosure,
                                    KeyKind::guid_path,  KeyKind::loose_link, KeyKind::title_date};
constexpr double kSimilarTitle = 0.5;
constexpr std::chrono::hours kSameTime{48};

std::size_t window_index(KeyKind kind) {
  return static_cast<std::size_t>(std::find(kWindowKinds.begin(), kWindowKinds.end(), kind) -
                                  kWindowKinds.begin());
}

// The window, for look-ups by raw hash and by fingerprint.
class WindowIndex {
 public:
  explicit WindowIndex(const WindowRow& window) {
    for (const WindowItem& item : window.items) {
      by_raw_.emplace(item.raw_hash, &item);
      entries_.insert(item.entry);
      for (std::size_t kind = 0; kind < kWindowKinds.size(); ++kind)
        if (item.prints[kind] != 0) add(by_print_[kind], item.prints[kind], item.entry);
    }
  }

  const WindowItem* by_raw(std::uint64_t raw_hash) const {
    const auto found = by_raw_.find(raw_hash);
    return found == by_raw_.end() ? nullptr : found->second;
  }
  // The one entry with this key; nothing if there are several (I-6 a).
  std::optional<Hash128> by_key(KeyKind kind, const Hash128& key) const {
    const auto& prints = by_print_[window_index(kind)];
    const auto found = prints.find(key.prefix());
    if (found == prints.end() || !found->second) return std::nullopt;
    return found->second;
  }
  bool holds(const Hash128& entry) const { return entries_.contains(entry); }

 private:
  // A zero entry key marks a fingerprint that several entries share.
  using Prints = std::unordered_map<std::uint64_t, Hash128>;

  static void add(Prints& prints, std::uint64_t print, const Hash128& entry) {
    const auto [at, added] = prints.emplace(print, entry);
    if (!added && at->second != entry) at->second = Hash128{};
  }

  std::unordered_map<std::uint64_t, const WindowItem*> by_raw_;
  std::array<Prints, kWindowKinds.size()> by_print_;
  std::unordered_set<Hash128, Hash128Hasher> entries_;
};

// How often each key occurs in the document: an alias that two entries share is none (I-3, I-6).
std::unordered_map<Hash128, int, Hash128Hasher> count_keys(const feeds::Feed& document) {
  std::unordered_map<Hash128, int, Hash128Hasher> counts;
  for (std::size_t i = 0; i < document.size(); ++i)
    for (const Hash128& key : document.entry(i).keys.hashes)
      if (key) ++counts[key];
  return counts;
}

class Matcher {
 public:
  Matcher(const feeds::Feed& document, const FeedRow& feed, const WindowRow& window,
          bool dedupe_by_url, KeyIndex& index)
      : document_(document),
        feed_(feed),
        window_(window),
        dedupe_by_url_(dedupe_by_url),
        index_(index),
        matches_(document.size()) {}

  Result<std::vector<Match>> run() {
    std::vector<std::size_t> open;
    // First those that are certain: whoever is found here is no candidate for an alias (I-6 b).
    for (std::size_t i = 0; i < document_.size(); ++i) {
      Result<bool> found = match_surely(i);
      if (!found) return std::move(found).error();
      if (!*found) open.push_back(i);
    }
    if (!open.empty()) counts_ = count_keys(document_);
    for (const std::size_t i : open)
      if (Result<void> matched = match_loosely(i); !matched) return std::move(matched).error();
    return std::move(matches_);
  }

 private:
  void settle(std::size_t i, Match::How how, const Hash128& entry) {
    const bool first = claimed_.insert(entry).second;
    matches_[i].how = first ? how : Match::How::repeated;
    matches_[i].entry = entry;
    if (matches_[i].primary) primaries_.emplace(matches_[i].primary, entry);
  }

  // By the same bytes, or by the primary key.
  Result<bool> match_surely(std::size_t i) {
    const EntryView entry = document_.entry(i);
    const Hash128 primary = primary_key(entry, feed_.ref.key, guid_repeats(feed_, entry));
    matches_[i].primary = primary;
    if (const WindowItem* same = window_.by_raw(entry.raw_hash)) {
      settle(i, Match::How::unchanged, same->entry);
      return true;
    }
    Result<std::optional<Hash128>> known = find_key(primary);
    if (!known) return std::move(known).error();
    if (*known) settle(i, Match::How::known, **known);
    return known->has_value();
  }

  // The stored entry whose key this is, or that has it as a lasting key.
  Result<std::optional<Hash128>> find_key(const Hash128& key) {
    if (!key) return std::optional<Hash128>{};
    Result<const EntryRow*> row = index_.entry(key);
    if (!row) return std::move(row).error();
    if (*row != nullptr) return std::optional<Hash128>(key);
    Result<std::optional<Hash128>> alias = index_.alias(key);
    if (!alias || !*alias) return alias;
    row = index_.entry(**alias);
    if (!row) return std::move(row).error();
    return *row != nullptr ? *alias : std::nullopt;
  }

  Result<void> match_loosely(std::size_t i) {
    const EntryView entry = document_.entry(i);
    if (const auto twin = primaries_.find(matches_[i].primary); twin != primaries_.end()) {
      settle(i, Match::How::repeated, twin->second);
      return {};
    }
    if (entry.unchanged) {  // of a window that is gone: there is nothing to make an entry of
      matches_[i].how = Match::How::repeated;
      return {};
    }
    for (const auto find : {&Matcher::find_by_alias, &Matcher::find_by_url}) {
      Result<bool> found = (this->*find)(i, entry);
      if (!found) return std::move(found).error();
      if (*found) return {};
    }
    return create(i, entry);
  }

  Result<bool> find_by_alias(std::size_t i, const EntryView& entry) {
    for (const KeyKind kind : kAliasKinds) {
      const Hash128& key = entry.keys[kind];
      if (!key || counts_[key] > 1 || !may_be_alias(kind, entry)) continue;
      const std::optional<Hash128> candidate = window_.by_key(kind, key);
      if (!candidate || claimed_.contains(*candidate)) continue;
      Result<bool> passes = passes_guard(kind, entry, *candidate);
      if (!passes) return passes;
      if (!*passes) continue;
      settle(i, Match::How::renamed, *candidate);
      return true;
    }
    return false;
  }

  bool may_be_alias(KeyKind kind, const EntryView& entry) const {
    if (kind == KeyKind::link || kind == KeyKind::loose_link) return entry.link_unique;
    if (kind == KeyKind::guid_alias || kind == KeyKind::guid_path)
      return !guid_repeats(feed_, entry);
    return true;
  }

  // I-6 (c): a weak alias needs the title or the date to agree.
  Result<bool> passes_guard(KeyKind kind, const EntryView& entry, const Hash128& candidate) {
    if (kind == KeyKind::guid_alias || kind == KeyKind::enclosure || kind == KeyKind::title_date)
      return true;
    const Hash128& title_date = entry.keys[KeyKind::title_date];
    if (title_date && window_.by_key(KeyKind::title_date, title_date) == candidate) return true;
    Result<EntryFacts> facts = index_.facts(candidate);
    if (!facts) return std::move(facts).error();
    if (kind == KeyKind::link) return same_story(entry, *facts);
    return !entry.title.empty() && title_similarity(entry.title, facts->title) == 1;
  }

  static bool same_story(const EntryView& entry, const EntryFacts& facts) {
    if (title_similarity(entry.title, facts.title) >= kSimilarTitle) return true;
    return entry.published && facts.published &&
           std::chrono::abs(*entry.published - *facts.published) <= kSameTime;
  }

  // I-12. An entry that this feed has in its window was judged by its link already.
  Result<bool> find_by_url(std::size_t i, const EntryView& entry) {
    const Hash128& url = entry.keys[KeyKind::url];
    if (!dedupe_by_url_ || !entry.link_trusted || !url) return false;
    if (claimed_.contains(url) || window_.holds(url)) return false;
    Result<const EntryRow*> row = index_.entry(url);
    if (!row) return std::move(row).error();
    if (*row == nullptr) return false;
    if ((*row)->owner != feed_.ref.key) {
      settle(i, Match::How::story, url);
      return true;
    }
    Result<EntryFacts> facts = index_.facts(url);
    if (!facts) return std::move(facts).error();
    if (!same_story(entry, *facts)) return false;
    settle(i, Match::How::renamed, url);
    return true;
  }

  Result<void> create(std::size_t i, const EntryView& entry) {
    const Hash128& url = entry.keys[KeyKind::url];
    if (dedupe_by_url_ && entry.link_trusted && url && !claimed_.contains(url)) {
      Result<const EntryRow*> taken = index_.entry(url);
      if (!taken) return std::move(taken).error();
      if (*taken == nullptr) {
        settle(i, Match::How::fresh, url);
        return {};
      }
    }
    settle(i, Match::How::fresh, fresh_key(i, entry));
    return {};
  }

  Hash128 fresh_key(std::size_t i, const EntryView& entry) const {
    const Hash128& primary = matches_[i].primary;
    if (primary) return primary;
    return feeds::key_hash(KeyKind::title_content, feed_.ref.key, entry.revision.view());
  }

  const feeds::Feed& document_;
  const FeedRow& feed_;
  const WindowIndex window_;
  std::unordered_map<Hash128, int, Hash128Hasher> counts_;
  const bool dedupe_by_url_;
  KeyIndex& index_;
  std::vector<Match> matches_;
  std::unordered_set<Hash128, Hash128Hasher> claimed_;             // entries that have their match
  std::unordered_map<Hash128, Hash128, Hash128Hasher> primaries_;  // of those, to the entry
};

WindowItem window_item(const EntryView& entry, const Match& match, const WindowIndex& window) {
  if (match.how == Match::How::unchanged)
    if (const WindowItem* same = window.by_raw(entry.raw_hash)) {
      WindowItem item = *same;
      item.age = 0;
      return item;
    }
  WindowItem item;
  item.entry = match.entry;
  item.raw_hash = entry.raw_hash;
  for (std::size_t kind = 0; kind < kWindowKinds.size(); ++kind)
    item.prints[kind] = entry.keys[kWindowKinds[kind]].prefix();
  return item;
}

}  // namespace

bool guid_repeats(const FeedRow& feed, const EntryView& entry) {
  const Hash128& guid = entry.keys[KeyKind::guid];
  if (!guid) return false;
  return feed.distrust_guids ||
         std::binary_search(feed.repeated_guids.begin(), feed.repeated_guids.end(), guid.prefix());
}

bool note_repeated_guids(FeedRow& feed, const feeds::Feed& document) {
  bool grew = false;
  for (std::size_t i = 0; i < document.size() && !feed.distrust_guids; ++i) {
    const EntryView entry = document.entry(i);
    if (!entry.guid_repeated || guid_repeats(feed, entry)) continue;
    const std::uint64_t print = entry.keys[KeyKind::guid].prefix();
    auto& guids = feed.repeated_guids;
    guids.insert(std::lower_bound(guids.begin(), guids.end(), print), print);
    feed.distrust_guids = guids.size() > kMaxRepeatedGuids;
    grew = true;
  }
  return grew;
}

Hash128 primary_key(const EntryView& entry, FeedKey feed, bool guid_repeats) {
  const feeds::Keys& keys = entry.keys;
  if (keys[KeyKind::guid] && !guid_repeats) return keys[KeyKind::guid];
  if (keys[KeyKind::guid]) {
    if (entry.link_unique && keys[KeyKind::guid_link]) return keys[KeyKind::guid_link];
    if (keys[KeyKind::guid_title_date]) return keys[KeyKind::guid_title_date];
  }
  if (entry.link_unique && keys[KeyKind::link]) return keys[KeyKind::link];
  for (const KeyKind kind : {KeyKind::enclosure, KeyKind::title_date, KeyKind::title_content})
    if (keys[kind]) return keys[kind];
  if (!entry.revision) return {};
  return feeds::key_hash(KeyKind::title_content, feed, entry.revision.view());
}

Result<std::vector<Match>> match_entries(const feeds::Feed& document, const FeedRow& feed,
                                         const WindowRow& window, bool dedupe_by_url,
                                         KeyIndex& index) {
  return Matcher(document, feed, window, dedupe_by_url, index).run();
}

std::vector<WindowItem> next_window(const feeds::Feed& document, const std::vector<Match>& matches,
                                    const WindowRow& window) {
  constexpr std::uint8_t kMaxAge = 3;
  constexpr std::size_t kMaxOlder = 200;
  const WindowIndex index(window);
  std::vector<WindowItem> items;
  items.reserve(document.size() + kMaxOlder);
  std::unordered_set<Hash128, Hash128Hasher> present;
  for (std::size_t i = 0; i < document.size(); ++i) {
    if (!matches[i].entry) continue;
    items.push_back(window_item(document.entry(i), matches[i], index));
    present.insert(matches[i].entry);
  }
  // Those of the latest documents come first in the old window.
  std::size_t older = 0;
  for (const WindowItem& item : window.items) {
    if (item.age >= kMaxAge || older == kMaxOlder || present.contains(item.entry)) continue;
    items.push_back(item);
    ++items.back().age;
    ++older;
  }
  return items;
}

}  // namespace feedwire::storage
