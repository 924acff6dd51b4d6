#include "storage/identity.h"

#include <algorithm>
#include <array>
#include <utility>

#include "storage/hash_table.h"
#include "storage/similarity.h"
#include "storage/window.h"

namespace feedwire::storage {
namespace {

using feeds::EntryView;
using feeds::KeyKind;

// The order in which aliases are tried (I-6).
constexpr std::array kAliasKinds = {KeyKind::guid,      KeyKind::guid_alias, KeyKind::link,
                                    KeyKind::enclosure, KeyKind::guid_path,  KeyKind::loose_link,
                                    KeyKind::title_date};
constexpr double kSimilarTitle = 0.5;
constexpr std::chrono::hours kSameTime{48};
constexpr std::size_t kMinReplayed = 5;  // entries (I-10)

/// Whether several entries of a document have the same key: such an alias is none (I-3, I-6). Goes
/// by fingerprints, as the window does; a kind is sorted when it is first asked for.
class SharedKeys {
 public:
  explicit SharedKeys(const feeds::Feed& document) : document_(document) {}

  bool contain(KeyKind kind, const Hash128& key) {
    std::optional<std::vector<std::uint64_t>>& prints = prints_[static_cast<std::size_t>(kind)];
    if (!prints) {
      prints.emplace();
      for (std::size_t i = 0; i < document_.size(); ++i)
        prints->push_back(document_.key(i, kind).prefix());
      std::sort(prints->begin(), prints->end());
    }
    const auto [first, last] = std::equal_range(prints->begin(), prints->end(), key.prefix());
    return last - first > 1;
  }

 private:
  const feeds::Feed& document_;
  std::array<std::optional<std::vector<std::uint64_t>>, feeds::kKeyKinds> prints_;
};

class Matcher {
 public:
  Matcher(const feeds::Feed& document, const FeedRow& feed, const WindowRow& window,
          const RawIndex& known, const MatchOptions& options, KeyIndex& index)
      : document_(document),
        feed_(feed),
        known_(known),
        window_(window),
        options_(options),
        index_(index),
        shared_(document),
        matches_(document.size()),
        claimed_(document.size()),
        primaries_(document.size()) {}

  Result<std::vector<Match>> run() {
    std::vector<std::size_t> open;
    // First those that are certain: whoever is found here is no candidate for an alias (I-6 b).
    for (std::size_t i = 0; i < document_.size(); ++i) {
      Result<bool> found = match_surely(i);
      if (!found) return std::move(found).error();
      if (!*found) open.push_back(i);
    }
    std::vector<std::size_t> unknown;
    for (const std::size_t i : open) {
      Result<bool> found = match_loosely(i);
      if (!found) return std::move(found).error();
      if (!*found) unknown.push_back(i);
    }
    unknown = without_replayed(std::move(unknown));
    for (const std::size_t i : unknown)
      if (Result<void> made = create(i); !made) return std::move(made).error();
    return std::move(matches_);
  }

 private:
  void settle(std::size_t i, Match::How how, const Hash128& entry) {
    const bool first = claimed_.add(entry).second;
    matches_[i].how = first ? how : Match::How::repeated;
    matches_[i].entry = entry;
    if (matches_[i].primary) primaries_.add(matches_[i].primary, entry);
  }

  // By the same bytes, or by the primary key.
  Result<bool> match_surely(std::size_t i) {
    const EntryView entry = document_.entry(i);
    const Hash128 primary = primary_key(entry, feed_);
    matches_[i].primary = primary;
    if (const WindowItem* same = known_.find(entry.raw_hash)) {
      settle(i, Match::How::unchanged, same->entry);
      return true;
    }
    Result<std::optional<Hash128>> known = find_key(primary);
    if (!known) return std::move(known).error();
    if (*known) settle(i, Match::How::known, **known);
    return known->has_value();
  }

  // The stored entry whose key this is, or was until it expired.
  Result<std::optional<Hash128>> find_entry(const Hash128& key) {
    Result<const EntryRow*> row = index_.entry(key);
    if (!row) return std::move(row).error();
    if (*row != nullptr) return std::optional<Hash128>(key);
    Result<std::optional<Hash128>> successor = index_.successor(key);
    if (!successor) return successor;
    if (!*successor || !**successor) return std::optional<Hash128>{};
    row = index_.entry(**successor);
    if (!row) return std::move(row).error();
    return *row != nullptr ? *successor : std::nullopt;
  }

  // The same, or the entry that has it as a lasting key.
  Result<std::optional<Hash128>> find_key(const Hash128& key) {
    if (!key) return std::optional<Hash128>{};
    Result<std::optional<Hash128>> found = find_entry(key);
    if (!found || *found) return found;
    Result<std::optional<Hash128>> alias = index_.alias(feed_.ref.key, key);
    if (!alias || !*alias) return alias;
    Result<const EntryRow*> row = index_.entry(**alias);
    if (!row) return std::move(row).error();
    return *row != nullptr ? *alias : std::nullopt;
  }

  // Whether anything is known of the entry.
  Result<bool> match_loosely(std::size_t i) {
    const EntryView entry = document_.entry(i);
    if (is_twin(i)) return true;
    if (entry.unchanged) {  // of a window that is gone: there is nothing to make an entry of
      matches_[i].how = Match::How::repeated;
      return true;
    }
    for (const auto find :
         {&Matcher::find_by_earlier_kind, &Matcher::find_by_alias, &Matcher::find_by_url}) {
      Result<bool> found = (this->*find)(i, entry);
      if (!found || *found) return found;
    }
    return false;
  }

  // The same as an earlier one of this document.
  bool is_twin(std::size_t i) {
    const Hash128* const twin = primaries_.find(matches_[i].primary);
    if (twin == nullptr) return false;
    settle(i, Match::How::repeated, *twin);
    return true;
  }

  // By a kind that once was the primary one: entries that are gone from the window since then are
  // known by nothing else.
  Result<bool> find_by_earlier_kind(std::size_t i, const EntryView& entry) {
    for (const KeyKind kind : kPrimaryKinds) {
      if ((feed_.earlier_kinds & kind_bit(kind)) == 0) continue;
      const Hash128 key = primary_key(entry, feed_, kind);
      if (key == matches_[i].primary || is_shared(entry, key)) continue;
      Result<std::optional<Hash128>> known = find_key(key);
      if (!known) return std::move(known).error();
      if (!*known || claimed_.contains(**known)) continue;
      Result<bool> passes = passes_guard(kind_of(key, entry), entry, **known);
      if (!passes) return passes;
      if (!*passes) continue;
      settle(i, Match::How::renamed, **known);
      return true;
    }
    return false;
  }

  // Which of the kinds that one alias may be of; a key made of several serves as TD does.
  static KeyKind kind_of(const Hash128& key, const EntryView& entry) {
    for (const KeyKind kind : {KeyKind::guid, KeyKind::link})
      if (key == entry.keys[kind]) return kind;
    return KeyKind::title_date;
  }

  bool is_shared(const EntryView& entry, const Hash128& key) {
    return std::any_of(kPrimaryKinds.begin(), kPrimaryKinds.end(), [&](KeyKind kind) {
      return entry.keys[kind] == key && shared_.contain(kind, key);
    });
  }

  Result<bool> find_by_alias(std::size_t i, const EntryView& entry) {
    for (const KeyKind kind : kAliasKinds) {
      const Hash128& key = entry.keys[kind];
      if (!key || key == matches_[i].primary || !may_be_alias(kind, entry)) continue;
      const std::optional<Hash128> candidate = candidate_by(kind, key);
      if (!candidate) continue;
      Result<bool> passes = passes_guard(kind, entry, *candidate);
      if (!passes) return passes;
      if (!*passes) continue;
      settle(i, Match::How::renamed, *candidate);
      return true;
    }
    return false;
  }

  // The one entry that has this key in the window, unless it has its match, or others of the
  // document have the same key. The window goes first: most entries that come here are new to it.
  std::optional<Hash128> candidate_by(KeyKind kind, const Hash128& key) {
    const std::optional<Hash128> candidate = window_.find(kind, key);
    if (!candidate || claimed_.contains(*candidate) || shared_.contain(kind, key))
      return std::nullopt;
    return candidate;
  }

  bool may_be_alias(KeyKind kind, const EntryView& entry) const {
    if (kind == KeyKind::link || kind == KeyKind::loose_link) return entry.link_unique;
    if (kind == KeyKind::guid || kind == KeyKind::guid_alias || kind == KeyKind::guid_path)
      return !guid_repeats(feed_, entry.keys[KeyKind::guid]);
    return true;
  }

  // I-6 (c): a weak alias needs the title or the date to agree.
  Result<bool> passes_guard(KeyKind kind, const EntryView& entry, const Hash128& candidate) {
    if (kind == KeyKind::guid_alias || kind == KeyKind::enclosure || kind == KeyKind::title_date)
      return true;
    // An operator who named another kind may have done so because one guid serves many stories.
    if (kind == KeyKind::guid && !feed_.ref.identity) return true;
    const Hash128& title_date = entry.keys[KeyKind::title_date];
    if (title_date && window_.find(KeyKind::title_date, title_date) == candidate) return true;
    Result<EntryFacts> facts = index_.facts(candidate);
    if (!facts) return std::move(facts).error();
    if (kind == KeyKind::guid || kind == KeyKind::link) return same_story(entry, *facts);
    return !entry.title.empty() && title_similarity(entry.title, facts->title) == 1;
  }

  static bool same_story(const EntryView& entry, const EntryFacts& facts) {
    if (!facts.kept) return true;
    if (title_similarity(entry.title, facts.title) >= kSimilarTitle) return true;
    return entry.published && facts.published &&
           std::chrono::abs(*entry.published - *facts.published) <= kSameTime;
  }

  bool has_url(const EntryView& entry) const {
    return options_.dedupe_by_url && entry.link_trusted && entry.keys[KeyKind::url];
  }

  // I-12. An entry that this feed has in its window was judged by its link already.
  Result<bool> find_by_url(std::size_t i, const EntryView& entry) {
    if (!has_url(entry)) return false;
    Result<std::optional<Hash128>> found = find_entry(entry.keys[KeyKind::url]);
    if (!found) return std::move(found).error();
    if (!*found || claimed_.contains(**found) || window_.holds(**found)) return false;
    const Hash128 known = **found;
    Result<const EntryRow*> row = index_.entry(known);
    if (!row) return std::move(row).error();
    if ((*row)->owner != feed_.ref.key) {
      settle(i, Match::How::story, known);
      return true;
    }
    Result<EntryFacts> facts = index_.facts(known);
    if (!facts) return std::move(facts).error();
    if (!same_story(entry, *facts)) return false;
    settle(i, Match::How::renamed, known);
    return true;
  }

  // I-10: of `unknown`, those that even their date and text do not tell. Many new entries with old
  // dates come from a publisher who renamed everything.
  std::vector<std::size_t> without_replayed(std::vector<std::size_t> unknown) {
    const auto is_old = [&](std::size_t i) {
      const auto published = document_.entry(i).published;
      return published && *published < options_.replay_before;
    };
    const auto old =
        static_cast<std::size_t>(std::count_if(unknown.begin(), unknown.end(), is_old));
    if (old < kMinReplayed || old * 2 <= document_.size()) return unknown;
    std::erase_if(unknown, [&](std::size_t i) {
      return is_old(i) &&
             (find_in_window(i, KeyKind::title_date) || find_in_window(i, KeyKind::title_content));
    });
    for (const std::size_t i : unknown) matches_[i].replay_suspect = is_old(i);
    return unknown;
  }

  bool find_in_window(std::size_t i, KeyKind kind) {
    const Hash128& key = document_.entry(i).keys[kind];
    const std::optional<Hash128> candidate = candidate_by(kind, key);
    if (!candidate) return false;
    settle(i, Match::How::renamed, *candidate);
    return true;
  }

  Result<void> create(std::size_t i) {
    if (is_twin(i)) return {};
    const EntryView entry = document_.entry(i);
    const Hash128& url = entry.keys[KeyKind::url];
    Hash128 key = fresh_key(i, entry);
    if (has_url(entry) && !claimed_.contains(url)) {
      Result<std::optional<Hash128>> taken = find_entry(url);
      if (!taken) return std::move(taken).error();
      if (!*taken) key = url;
    }
    Result<std::optional<Hash128>> expired = index_.successor(key);
    if (!expired) return std::move(expired).error();
    if (*expired) {
      matches_[i].replaces = key;
      key = recreated_key(key, options_.next);
    }
    settle(i, Match::How::fresh, key);
    return {};
  }

  Hash128 fresh_key(std::size_t i, const EntryView& entry) const {
    const Hash128& primary = matches_[i].primary;
    if (primary) return primary;
    return feeds::key_hash(KeyKind::title_content, feed_.ref.key, entry.revision.view());
  }

  const feeds::Feed& document_;
  const FeedRow& feed_;
  const RawIndex& known_;
  PrintIndex window_;
  const MatchOptions options_;
  KeyIndex& index_;
  SharedKeys shared_;
  std::vector<Match> matches_;
  HashSet<Hash128> claimed_;               // have their match
  HashTable<Hash128, Hash128> primaries_;  // of those
};

}  // namespace

bool guid_repeats(const FeedRow& feed, const Hash128& guid) {
  if (!guid) return false;
  return feed.distrust_guids ||
         std::binary_search(feed.repeated_guids.begin(), feed.repeated_guids.end(), guid.prefix());
}

bool note_repeated_guids(FeedRow& feed, const feeds::Feed& document) {
  bool grew = false;
  for (std::size_t i = 0; i < document.size() && !feed.distrust_guids; ++i) {
    if (!document.guid_repeated(i)) continue;
    const Hash128 guid = document.key(i, KeyKind::guid);
    if (guid_repeats(feed, guid)) continue;
    const std::uint64_t print = guid.prefix();
    auto& guids = feed.repeated_guids;
    guids.insert(std::lower_bound(guids.begin(), guids.end(), print), print);
    feed.distrust_guids = guids.size() > kMaxRepeatedGuids;
    grew = true;
  }
  return grew;
}

Hash128 primary_key(const EntryView& entry, const FeedRow& feed) {
  return primary_key(entry, feed, feed.primary);
}

Hash128 primary_key(const EntryView& entry, const FeedRow& feed, KeyKind primary) {
  const feeds::Keys& keys = entry.keys;
  if (primary == KeyKind::guid && keys[KeyKind::guid]) {
    if (!guid_repeats(feed, keys[KeyKind::guid])) return keys[KeyKind::guid];
    if (entry.link_unique && keys[KeyKind::guid_link]) return keys[KeyKind::guid_link];
    if (keys[KeyKind::guid_title_date]) return keys[KeyKind::guid_title_date];
  }
  auto kind = std::find(kPrimaryKinds.begin(), kPrimaryKinds.end(), primary);
  if (kind != kPrimaryKinds.end() && *kind == KeyKind::guid) ++kind;
  for (; kind != kPrimaryKinds.end(); ++kind) {
    if (*kind == KeyKind::link && !entry.link_unique) continue;  // I-3
    if (keys[*kind]) return keys[*kind];
  }
  if (!entry.revision) return {};
  return feeds::key_hash(KeyKind::title_content, feed.ref.key, entry.revision.view());
}

Result<std::vector<Match>> match_entries(const feeds::Feed& document, const FeedRow& feed,
                                         const WindowRow& window, const RawIndex& known,
                                         const MatchOptions& options, KeyIndex& index) {
  return Matcher(document, feed, window, known, options, index).run();
}

}  // namespace feedwire::storage
