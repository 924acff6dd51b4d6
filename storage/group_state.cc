#include "storage/group_state.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "feeds/date.h"
#include "storage/json_members.h"
#include "storage/window.h"

namespace feedwire::storage {
namespace {

// A hash is its own bytes; those of a number need a place.
std::string_view key_bytes(const Hash128& key, std::string&) { return key.view(); }
std::string_view key_bytes(FeedKey key, std::string& place) { return place = number_key(key); }

std::string value_bytes(const Hash128& entry_key) { return encode(KeyRow{entry_key.prefix()}); }
template <typename Row>
std::string value_bytes(const Row& row) {
  return encode(row);
}

}  // namespace

template <typename Row, typename Key, typename Hasher>
Result<void> GroupState::fetch(Family family, std::vector<Key> keys,
                               Cache<Key, Row, Hasher>& cache) const {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::erase_if(keys, [&](const Key& key) { return cache.contains(key); });
  if (keys.empty()) return {};
  std::vector<std::string> places(keys.size());
  std::vector<std::string_view> views;
  views.reserve(keys.size());
  for (const Key& key : keys) views.push_back(key_bytes(key, places[views.size()]));
  Result<std::vector<std::optional<std::string>>> found = database_.multi_get(family, views);
  if (!found) return std::move(found).error();
  cache.reserve(cache.size() + keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Cached<Row>& cached = cache[keys[i]];
    if (!(*found)[i]) continue;
    Result<Row> row = decode_row<Row>(family, *(*found)[i]);
    if (!row) return std::move(row).error();
    cached.row = std::move(*row);
  }
  return {};
}

template <typename Row, typename Key, typename Hasher>
Result<GroupState::Cached<Row>*> GroupState::look_up(Family family, const Key& key,
                                                     Cache<Key, Row, Hasher>& cache) const {
  if (const auto found = cache.find(key); found != cache.end()) return &found->second;
  if (Result<void> got = fetch(family, std::vector{key}, cache); !got)
    return std::move(got).error();
  return &cache[key];
}

Result<void> GroupState::prefetch(std::span<const PollOutcome* const> outcomes,
                                  const std::unordered_map<FeedKey, FeedRow>& feeds) {
  std::vector<FeedKey> with_document, without_before;
  for (const PollOutcome* outcome : outcomes) {
    with_document.push_back(outcome->feed);
    if (!outcome->before) without_before.push_back(outcome->feed);
  }
  if (Result<void> got = fetch(Family::window, with_document, windows_); !got) return got;
  if (Result<void> got = fetch(Family::poll, without_before, polls_); !got) return got;

  std::vector<Hash128> wanted_entries;
  std::vector<FeedsKey> wanted_aliases;
  for (const PollOutcome* outcome : outcomes) {
    const auto& window = windows_[outcome->feed].row;
    const RawIndex known(window ? *window : WindowRow{});
    const FeedRow& feed = feeds.at(outcome->feed);
    for (std::size_t i = 0; i < outcome->document->size(); ++i) {
      if (known.find(outcome->document->raw_hash(i)) != nullptr) continue;
      const feeds::EntryView entry = outcome->document->entry(i);
      const Hash128 primary = primary_key(entry, feed);
      if (primary) wanted_entries.push_back(primary);
      if (primary) wanted_aliases.push_back({outcome->feed, primary});
      if (entry.link_trusted) wanted_entries.push_back(entry.keys[feeds::KeyKind::url]);
    }
  }
  if (Result<void> got = fetch_aliases(wanted_aliases); !got) return got;
  for (const FeedsKey& wanted : wanted_aliases)
    if (const auto& entry_key = aliases_[wanted.key].row) wanted_entries.push_back(*entry_key);
  return fetch(Family::entries, std::move(wanted_entries), entries_);
}

Result<void> GroupState::fetch_aliases(std::span<const FeedsKey> wanted) {
  std::vector<Hash128> keys;
  keys.reserve(wanted.size());
  for (const FeedsKey& each : wanted)
    if (!aliases_.contains(each.key)) keys.push_back(each.key);
  Cache<Hash128, KeyRow, Hash128Hasher> rows;
  if (Result<void> got = fetch(Family::keys, std::move(keys), rows); !got) return got;
  for (const auto& [feed, key] : wanted) {
    const auto found = rows.find(key);
    if (found == rows.end()) continue;
    Cached<Hash128>& alias = aliases_[key];
    if (!found->second.row || alias.row) continue;
    Result<std::optional<Hash128>> entry_key = whole_key(feed, *found->second.row);
    if (!entry_key) return std::move(entry_key).error();
    alias.row = *entry_key;
  }
  return {};
}

// Most have changed since the last document and are in the window. Else the entries are asked: of
// those that begin alike the feed has one, and whoever wants to be taken for it would have to own
// or show it here (EntryRow::sighted_by).
Result<std::optional<Hash128>> GroupState::whole_key(FeedKey feed, const KeyRow& key_row) {
  Result<const WindowRow*> shown = window(feed);
  if (!shown) return std::move(shown).error();
  if (*shown != nullptr)
    for (const WindowItem& item : (*shown)->items)
      if (item.entry.prefix() == key_row.entry) return std::optional<Hash128>(item.entry);

  Result<std::optional<Hash128>> found = std::optional<Hash128>{};
  const std::uint64_t next = key_row.entry + 1;
  Result<void> scanned = database_.scan(
      Family::entries, number_key(key_row.entry), next == 0 ? std::string() : number_key(next),
      Database::Order::ascending, [&](std::string_view key, std::string_view value) {
        const Hash128 entry_key = Hash128::from_bytes(key);
        Result<EntryRow> row = decode_row<EntryRow>(Family::entries, value);
        Result<bool> is = row ? is_of(feed, entry_key, *row) : std::move(row).error();
        if (!is)
          found = std::move(is).error();
        else if (*is)
          found = std::optional<Hash128>(entry_key);
        return found && !*found;
      });
  return scanned ? std::move(found) : std::move(scanned).error();
}

Result<bool> GroupState::is_of(FeedKey feed, const Hash128& entry_key, const EntryRow& row) {
  if (carries(row, feed)) return true;
  if (row.sighted_by.size() < kMaxSightings) return false;
  return is_sighted(feed, entry_key);
}

Result<const EntryRow*> GroupState::entry(const Hash128& entry_key) {
  Result<Cached<EntryRow>*> cached = look_up(Family::entries, entry_key, entries_);
  if (!cached) return std::move(cached).error();
  const auto& row = (*cached)->row;
  return is_known(row) ? &*row : nullptr;
}

Result<std::optional<Hash128>> GroupState::successor(const Hash128& entry_key) {
  Result<Cached<EntryRow>*> cached = look_up(Family::entries, entry_key, entries_);
  if (!cached) return std::move(cached).error();
  const auto& row = (*cached)->row;
  if (!row || is_known(row)) return std::optional<Hash128>{};
  return std::optional<Hash128>(row->replaced_by);
}

Result<std::optional<Hash128>> GroupState::alias(FeedKey feed, const Hash128& key) {
  const FeedsKey wanted{feed, key};
  if (Result<void> got = fetch_aliases({&wanted, 1}); !got) return std::move(got).error();
  return aliases_[key].row;
}

Result<std::string> GroupState::item(const EntryRow& row) {
  if (row.content == 0) return std::string("{}");
  if (const std::optional<LogRow> planned = plan_.row(row.content))
    return std::string(planned->item());
  Result<std::optional<std::string>> bytes = database_.get(Family::log, number_key(row.content));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes)
    return Error{ErrorCode::corrupt, "log: the content of sequence " + std::to_string(row.content) +
                                         " is missing; run feedwire fsck"};
  Result<LogRow> log_row = decode_row<LogRow>(Family::log, **bytes);
  if (!log_row) return std::move(log_row).error();
  return std::string(log_row->item());
}

Result<EntryFacts> GroupState::facts(const Hash128& entry_key) {
  Result<const EntryRow*> row = entry(entry_key);
  if (!row) return std::move(row).error();
  if (*row == nullptr) return EntryFacts{};
  Result<std::string> stored = item(**row);
  if (!stored) return std::move(stored).error();
  EntryFacts facts;
  facts.kept = (*row)->content != 0;
  facts.title = string_value(find_member(*stored, "title").value_or("null"));
  const std::string date = string_value(find_member(*stored, "date_published").value_or("null"));
  if (const auto parsed = feeds::parse_date(date)) facts.published = parsed->time;
  return facts;
}

Result<std::optional<Hash128>> GroupState::resolve(FeedKey feed, const Hash128& key) {
  Result<const EntryRow*> row = entry(key);
  if (!row) return std::move(row).error();
  if (*row != nullptr) return std::optional(key);
  Result<std::optional<Hash128>> again = successor(key);
  if (!again || (*again && **again)) return again;
  return alias(feed, key);
}

Result<EntryRow*> GroupState::edit_entry(const Hash128& entry_key) {
  Result<Cached<EntryRow>*> cached = look_up(Family::entries, entry_key, entries_);
  if (!cached) return std::move(cached).error();
  if (!is_known((*cached)->row)) return nullptr;
  (*cached)->changed = true;
  return &*(*cached)->row;
}

void GroupState::create_entry(const Hash128& entry_key, EntryRow row) {
  entries_[entry_key] = {std::move(row), true};
}

Result<Sequence> GroupState::replace_entry(const Hash128& expired, const Hash128& by,
                                           WallTime now) {
  Result<Cached<EntryRow>*> cached = look_up(Family::entries, expired, entries_);
  if (!cached) return std::move(cached).error();
  EntryRow& row = (*cached)->row.value();
  (*cached)->changed = true;
  row.replaced_by = by;
  row.last_seen = now;  // it leads the way for as long as a key is kept
  return std::exchange(row.content, 0);
}

void GroupState::add_alias(const Hash128& key, const Hash128& entry_key) {
  Cached<Hash128>& alias = aliases_[key];
  if (alias.row != entry_key) alias = {entry_key, true};
}

Result<bool> GroupState::is_sighted(FeedKey feed, const Hash128& entry_key) {
  Result<Cached<KeyRow>*> cached = look_up(Family::keys, sighting_key(feed, entry_key), sightings_);
  if (!cached) return std::move(cached).error();
  return (*cached)->row.has_value();
}

void GroupState::add_sighting(FeedKey feed, const Hash128& entry_key) {
  sightings_[sighting_key(feed, entry_key)] = {KeyRow{entry_key.prefix()}, true};
}

Result<const WindowRow*> GroupState::window(FeedKey feed) {
  Result<Cached<WindowRow>*> cached = look_up(Family::window, feed, windows_);
  if (!cached) return std::move(cached).error();
  const auto& row = (*cached)->row;
  return row ? &*row : nullptr;
}

void GroupState::set_window(FeedKey feed, WindowRow row) {
  windows_[feed] = {std::move(row), true};
}

Result<PollRow> GroupState::poll(FeedKey feed) {
  Result<Cached<PollRow>*> cached = look_up(Family::poll, feed, polls_);
  if (!cached) return std::move(cached).error();
  return (*cached)->row.value_or(PollRow{});
}

void GroupState::set_poll(FeedKey feed, PollRow row) { polls_[feed] = {std::move(row), true}; }

void GroupState::put(Batch& batch) const {
  std::string place;
  // In the order of their keys: RocksDB finds the place of a row from that of the row before it,
  // and to find it anew costs more than all else about a row in memory.
  const auto put_changed = [&](Family family, const auto& cache) {
    using Item = typename std::decay_t<decltype(cache)>::value_type;
    std::vector<const Item*> changed;
    changed.reserve(cache.size());
    for (const Item& item : cache)
      if (item.second.changed && item.second.row) changed.push_back(&item);
    std::sort(changed.begin(), changed.end(),
              [](const Item* a, const Item* b) { return a->first < b->first; });
    for (const Item* item : changed)
      batch.put(family, key_bytes(item->first, place), value_bytes(*item->second.row));
  };
  put_changed(Family::entries, entries_);
  put_changed(Family::keys, aliases_);
  put_changed(Family::keys, sightings_);
  put_changed(Family::window, windows_);
  put_changed(Family::poll, polls_);
}

}  // namespace feedwire::storage
