#include "storage/queries.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "storage/entry_sieve.h"
#include "storage/event_log.h"
#include "storage/shared_entries.h"

namespace feedwire::storage {
namespace {

using Order = Database::Order;

// Visits the rows of a whole family; `visit` gets key and row, false ends it.
template <typename Row, typename Visit>
Result<void> each_row(const Database& database, Family family, Order order,
                      const Database::Snapshot* moment, Visit visit) {
  Result<void> result;
  Result<void> scanned = database.scan(
      family, {}, {}, order,
      [&](std::string_view key, std::string_view value) {
        Result<Row> row = decode_row<Row>(family, value);
        if (!row) {
          result = std::move(row).error();
          return false;
        }
        return visit(key, *row);
      },
      moment);
  return scanned ? std::move(result) : std::move(scanned);
}

StoredEntry stored_entry(const Hash128& key, const EntryRow& row, const LogRow& content) {
  StoredEntry entry;
  entry.key = key;
  entry.rev = row.rev;
  entry.first_seen = row.first_seen;
  entry.last_seen = row.last_seen;
  entry.owner = row.owner;
  entry.deleted = row.gone;
  entry.also_in = row.sighted_by;
  entry.item_json = content.item();
  return entry;
}

}  // namespace

Result<std::vector<std::pair<FeedKey, PollRow>>> Queries::poll_rows() const {
  std::vector<FeedKey> subscribed;  // in the order of both families
  Result<void> read = each_row<FeedRow>(database_, Family::feeds, Order::ascending, nullptr,
                                        [&](std::string_view key, const FeedRow& row) {
                                          if (row.subscribed) subscribed.push_back(get_u64(key));
                                          return true;
                                        });
  if (!read) return std::move(read).error();
  std::vector<std::pair<FeedKey, PollRow>> rows;
  rows.reserve(subscribed.size());
  auto next = subscribed.begin();
  read = each_row<PollRow>(database_, Family::poll, Order::ascending, nullptr,
                           [&](std::string_view key, PollRow& row) {
                             const FeedKey feed = get_u64(key);
                             while (next != subscribed.end() && *next < feed) ++next;
                             if (next == subscribed.end()) return false;
                             if (*next == feed) rows.emplace_back(feed, std::move(row));
                             return true;
                           });
  if (!read) return std::move(read).error();
  return rows;
}

Result<std::vector<std::uint64_t>> Queries::window_hashes(FeedKey feed) const {
  Result<std::optional<WindowRow>> window =
      read_row<WindowRow>(database_, Family::window, number_key(feed));
  if (!window) return std::move(window).error();
  std::vector<std::uint64_t> hashes;
  if (*window)
    for (const WindowItem& item : (*window)->items)
      if (item.raw_hash != 0) hashes.push_back(item.raw_hash);
  return hashes;
}

Result<bool> Queries::shares_entry(FeedKey feed, const feeds::Feed& document) const {
  Result<std::optional<WindowRow>> window =
      read_row<WindowRow>(database_, Family::window, number_key(feed));
  if (!window) return std::move(window).error();
  return *window && storage::shares_entry(**window, document);
}

Result<Rare<Backfill>> Queries::backfill(FeedKey feed) const {
  Result<std::optional<PollRow>> row = read_row<PollRow>(database_, Family::poll, number_key(feed));
  if (!row) return std::move(row).error();
  return *row ? std::move((*row)->backfill) : Rare<Backfill>{};
}

// A commit meanwhile does no harm here: each row is whole, and its feed's poll may be a later one.
Result<StoredFeed> Queries::stored_feed(const FeedRow& row) const {
  StoredFeed feed;
  feed.ref = row.ref;
  feed.configured = row.configured;
  feed.added = row.added;
  feed.rev = row.rev;
  const std::string key = number_key(row.ref.key);
  Result<std::optional<PollRow>> poll = read_row<PollRow>(database_, Family::poll, key);
  if (!poll) return std::move(poll).error();
  if (*poll) feed.poll = std::move(**poll);
  Result<std::optional<WindowRow>> window = read_row<WindowRow>(database_, Family::window, key);
  if (!window) return std::move(window).error();
  if (*window)
    feed.window_entries = static_cast<std::uint64_t>(
        std::count_if((*window)->items.begin(), (*window)->items.end(),
                      [](const WindowItem& item) { return item.age == 0; }));
  return feed;
}

Result<std::vector<StoredFeed>> Queries::feeds() const {
  std::vector<FeedRow> rows;
  Result<void> read = each_row<FeedRow>(database_, Family::feeds, Order::ascending, nullptr,
                                        [&](std::string_view, FeedRow& row) {
                                          if (row.subscribed) rows.push_back(std::move(row));
                                          return true;
                                        });
  if (!read) return std::move(read).error();
  std::vector<StoredFeed> all;
  for (const FeedRow& row : rows) {
    Result<StoredFeed> feed = stored_feed(row);
    if (!feed) return std::move(feed).error();
    all.push_back(std::move(*feed));
  }
  return all;
}

Result<StoredFeed> Queries::feed(FeedKey key) const {
  Result<std::optional<FeedRow>> row = read_row<FeedRow>(database_, Family::feeds, number_key(key));
  if (!row) return std::move(row).error();
  if (!*row || !(*row)->subscribed)
    return Error{ErrorCode::not_found, "no subscription f-" + hex64(key)};
  return stored_feed(**row);
}

Result<std::vector<StoredEntry>> Queries::entries(const EntryFilter& filter) const {
  const auto moment = database_.snapshot();
  const Result<EntrySieve> sieve = EntrySieve::make(filter, database_, moment->snapshot());
  if (!sieve) return sieve.error();
  std::vector<StoredEntry> found;
  Result<void> result;
  Result<void> read =
      each_row<LogRow>(database_, Family::log, Order::descending, moment->snapshot(),
                       [&](std::string_view key, const LogRow& content) {
                         if (found.size() >= filter.limit || sieve->is_past(content)) return false;
                         if (!content.entry) return true;
                         Result<std::optional<EntryRow>> row = read_row<EntryRow>(
                             database_, Family::entries, content.entry.view(), moment->snapshot());
                         if (!row) {
                           result = std::move(row).error();
                           return false;
                         }
                         // A row of the outbox may hold content that has a successor.
                         const bool current = *row && (*row)->content == get_u64(key);
                         if (current && !(*row)->gone && sieve->passes(**row, content))
                           found.push_back(stored_entry(content.entry, **row, content));
                         return true;
                       });
  if (!read) return std::move(read).error();
  if (!result) return std::move(result).error();
  return found;
}

Result<StoredEntry> Queries::entry(const Hash128& key) const {
  const auto moment = database_.snapshot();
  Result<std::optional<EntryRow>> row =
      read_row<EntryRow>(database_, Family::entries, key.view(), moment->snapshot());
  if (!row) return std::move(row).error();
  if (!*row) return Error{ErrorCode::not_found, "no entry " + key.hex()};
  if ((*row)->content == 0)
    return Error{ErrorCode::not_found, "entry " + key.hex() +
                                           " is known, but its content is no longer kept "
                                           "(store.keep_entries)"};
  Result<std::optional<std::string>> bytes =
      database_.get(Family::log, number_key((*row)->content), moment->snapshot());
  if (!bytes) return std::move(bytes).error();
  if (!*bytes)
    return Error{ErrorCode::corrupt,
                 "log: the content of entry " + key.hex() + " is missing; run feedwire fsck"};
  Result<LogRow> content = decode_row<LogRow>(Family::log, **bytes);
  if (!content) return std::move(content).error();
  return stored_entry(key, **row, *content);
}

Result<std::map<std::string, CursorRow>> Queries::cursors() const {
  std::map<std::string, CursorRow> all;
  Result<void> read = each_row<CursorRow>(database_, Family::cursors, Order::ascending, nullptr,
                                          [&](std::string_view name, const CursorRow& row) {
                                            all.emplace(name, row);
                                            return true;
                                          });
  if (!read) return std::move(read).error();
  return all;
}

Result<void> check_schema(const MetaRow& meta, const std::filesystem::path& dir) {
  if (meta.schema <= kSchemaVersion) return {};
  return Error{
      ErrorCode::unsupported,
      fmt::format("{}: this store was made by a newer feedwire (schema {}, this one knows "
                  "{}) and was not touched; install that version again, or move the folder "
                  "away and restore a backup from before",
                  dir.native(), meta.schema, kSchemaVersion)};
}

Result<LogStatus> read_log_status(const Database& database, const std::filesystem::path& dir) {
  Result<std::optional<MetaRow>> meta = read_row<MetaRow>(database, Family::meta, kMetaKey);
  if (!meta) return std::move(meta).error();
  if (!*meta) return Error{ErrorCode::not_found, dir.native() + ": the store is empty"};
  if (Result<void> known = check_schema(**meta, dir); !known) return std::move(known).error();
  LogStatus status;
  status.source = source_urn((*meta)->log_uuid);
  status.epoch = (*meta)->epoch;
  status.last = (*meta)->next - 1;
  status.active_bytes = (*meta)->active_end;
  status.unsynced_events = status.last - (*meta)->synced;
  Result<void> read = each_row<SegmentRow>(database, Family::segments, Order::ascending, nullptr,
                                           [&](std::string_view key, const SegmentRow& row) {
                                             if (status.first == 0 && !row.removed)
                                               status.first = row.name.first;
                                             if (get_u64(key) == (*meta)->active_segment)
                                               status.active_segment =
                                                   events_dir(dir) / row.name.text();
                                             return true;
                                           });
  if (!read) return std::move(read).error();
  return status;
}

}  // namespace feedwire::storage
