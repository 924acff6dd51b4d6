#include "storage/group_state.h"

#include <algorithm>
#include <unordered_set>

#include "feeds/date.h"
#include "storage/json_members.h"

namespace feedwire::storage {
namespace {

std::string key_bytes(const Hash128& key) { return std::string(key.view()); }
std::string key_bytes(FeedKey key) { return number_key(key); }

std::string value_bytes(const Hash128& entry_key) { return encode_entry_key(entry_key); }
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
  std::vector<std::string> bytes;
  bytes.reserve(keys.size());
  for (const Key& key : keys) bytes.push_back(key_bytes(key));
  const std::vector<std::string_view> views(bytes.begin(), bytes.end());
  Result<std::vector<std::optional<std::string>>> found = database_.multi_get(family, views);
  if (!found) return std::move(found).error();
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
  std::vector<FeedKey> feed_keys;
  for (const PollOutcome* outcome : outcomes) feed_keys.push_back(outcome->feed);
  if (Result<void> got = fetch(Family::window, feed_keys, windows_); !got) return got;
  if (Result<void> got = fetch(Family::poll, feed_keys, polls_); !got) return got;

  std::vector<Hash128> wanted_entries;
  std::vector<Hash128> wanted_aliases;
  for (const PollOutcome* outcome : outcomes) {
    std::unordered_set<std::uint64_t> known;
    if (const auto& window = windows_[outcome->feed].row)
      for (const WindowItem& item : window->items) known.insert(item.raw_hash);
    const FeedRow& feed = feeds.at(outcome->feed);
    for (std::size_t i = 0; i < outcome->document->size(); ++i) {
      const feeds::EntryView entry = outcome->document->entry(i);
      if (known.contains(entry.raw_hash)) continue;
      const Hash128 primary = primary_key(entry, feed);
      if (primary) wanted_entries.push_back(primary);
      if (primary) wanted_aliases.push_back(primary);
      if (entry.link_trusted) wanted_entries.push_back(entry.keys[feeds::KeyKind::url]);
    }
  }
  if (Result<void> got = fetch(Family::keys, wanted_aliases, aliases_); !got) return got;
  for (const Hash128& key : wanted_aliases)
    if (const auto& entry_key = aliases_[key].row) wanted_entries.push_back(*entry_key);
  return fetch(Family::entries, std::move(wanted_entries), entries_);
}

Result<const EntryRow*> GroupState::entry(const Hash128& entry_key) {
  Result<Cached<EntryRow>*> cached = look_up(Family::entries, entry_key, entries_);
  if (!cached) return std::move(cached).error();
  const auto& row = (*cached)->row;
  return row ? &*row : nullptr;
}

Result<std::optional<Hash128>> GroupState::alias(const Hash128& key) {
  Result<Cached<Hash128>*> cached = look_up(Family::keys, key, aliases_);
  if (!cached) return std::move(cached).error();
  return (*cached)->row;
}

Result<std::string> GroupState::item(const EntryRow& row) {
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
  facts.title = string_value(find_member(*stored, "title").value_or("null"));
  const std::string date = string_value(find_member(*stored, "date_published").value_or("null"));
  if (const auto parsed = feeds::parse_date(date)) facts.published = parsed->time;
  return facts;
}

Result<std::optional<Hash128>> GroupState::resolve(const Hash128& key) {
  Result<const EntryRow*> row = entry(key);
  if (!row) return std::move(row).error();
  if (*row != nullptr) return std::optional(key);
  return alias(key);
}

Result<EntryRow*> GroupState::edit_entry(const Hash128& entry_key) {
  Result<Cached<EntryRow>*> cached = look_up(Family::entries, entry_key, entries_);
  if (!cached) return std::move(cached).error();
  (*cached)->changed = true;
  return (*cached)->row ? &*(*cached)->row : nullptr;
}

void GroupState::create_entry(const Hash128& entry_key, EntryRow row) {
  entries_[entry_key] = {std::move(row), true};
}

void GroupState::add_alias(const Hash128& key, const Hash128& entry_key) {
  aliases_[key] = {entry_key, true};
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
  const auto put_changed = [&](Family family, const auto& cache) {
    for (const auto& [key, cached] : cache)
      if (cached.changed && cached.row) batch.put(family, key_bytes(key), value_bytes(*cached.row));
  };
  put_changed(Family::entries, entries_);
  put_changed(Family::keys, aliases_);
  put_changed(Family::window, windows_);
  put_changed(Family::poll, polls_);
}

}  // namespace feedwire::storage
