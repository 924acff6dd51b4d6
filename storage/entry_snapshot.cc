#include "storage/entry_snapshot.h"

#include <fmt/format.h>

#include <optional>
#include <unordered_map>
#include <utility>

#include "base/bytes.h"
#include "storage/event.h"
#include "storage/event_check.h"
#include "storage/event_log.h"
#include "storage/json_members.h"
#include "storage/store_json.h"

namespace feedwire::storage {
namespace {

// One piece: as much as a socket takes at once, and not so many look-ups that others wait.
constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::size_t kPieceRows = 256;

class RocksEntrySnapshot : public EntrySnapshot {
 public:
  explicit RocksEntrySnapshot(const Database& database)
      : database_(database), moment_(database.snapshot()) {}

  Result<void> begin();
  Result<bool> next(std::string& lines) override;

 private:
  /// A row of `log` that may hold an entry's latest content.
  struct Candidate {
    Sequence sequence;
    std::string bytes;
    Hash128 entry;
  };

  void append_own(std::string_view verb, std::string_view type, std::string_view data,
                  std::string& lines) const;
  Result<std::vector<Candidate>> read_candidates();
  Result<void> append(const Candidate& candidate, const std::string& entry_bytes,
                      std::string& lines);
  Result<std::string> feed_of(FeedKey owner, std::string_view data);

  const Database& database_;
  const std::unique_ptr<rocksdb::ManagedSnapshot> moment_;
  std::string source_;
  MetaRow meta_;
  enum class Place { head, entries, end } place_ = Place::head;
  std::uint64_t entries_ = 0;                       // handed out
  Sequence next_ = 1;                               // where the rows of `log` go on
  std::unordered_map<FeedKey, std::string> feeds_;  // as events have them
};

Result<void> RocksEntrySnapshot::begin() {
  Result<std::optional<MetaRow>> meta =
      read_row<MetaRow>(database_, Family::meta, kMetaKey, moment_->snapshot());
  if (!meta) return std::move(meta).error();
  if (!*meta) return Error{ErrorCode::not_found, "the store is empty"};
  meta_ = **meta;
  source_ = source_urn(meta_.log_uuid);
  return {};
}

// The first line or the last one.
void RocksEntrySnapshot::append_own(std::string_view verb, std::string_view type,
                                    std::string_view data, std::string& lines) const {
  const std::string id = fmt::format("s-{}-{}-{}", meta_.epoch, meta_.next - 1, verb);
  const std::string time = format_time(meta_.last_commit);
  Envelope envelope;
  envelope.source = source_;
  envelope.id = id;
  envelope.type = type;
  envelope.time = envelope.recorded = time;
  append_line_start(lines, envelope);
  lines.append(data).append(kLineEnd);
}

// The next rows that hold content; none at the end.
Result<std::vector<RocksEntrySnapshot::Candidate>> RocksEntrySnapshot::read_candidates() {
  std::vector<Candidate> found;
  std::size_t size_bytes = 0;
  bool good = true;
  Result<void> read = database_.scan(
      Family::log, number_key(next_), {}, Database::Order::ascending,
      [&](std::string_view key, std::string_view value) {
        LogRow row;
        if (!(good = decode(value, row))) return false;
        next_ = get_u64(key) + 1;
        if (row.entry) found.push_back({next_ - 1, std::string(value), row.entry});
        if (row.entry) size_bytes += value.size();
        return size_bytes < kPieceBytes && found.size() < kPieceRows;
      },
      moment_->snapshot());
  if (!read) return std::move(read).error();
  if (!good) return Error{ErrorCode::corrupt, "log: a row cannot be read; run feedwire fsck"};
  return found;
}

Result<bool> RocksEntrySnapshot::next(std::string& lines) {
  const std::string as_of = format_sequence(meta_.next - 1);
  if (place_ == Place::head) {
    place_ = Place::entries;
    append_own("snapshot", "log.snapshot", fmt::format(R"({{"as_of_sequence":"{}"}})", as_of),
               lines);
    return true;
  }
  if (place_ == Place::end) return false;
  const std::size_t size_before = lines.size();
  // Rows of the outbox may hold content that has a successor: a piece may come to nothing.
  while (lines.size() == size_before) {
    Result<std::vector<Candidate>> candidates = read_candidates();
    if (!candidates) return std::move(candidates).error();
    if (candidates->empty()) {
      place_ = Place::end;
      append_own("snapshot-end", "log.snapshot_ended",
                 fmt::format(R"({{"as_of_sequence":"{}","entries":{}}})", as_of, entries_), lines);
      return true;
    }
    std::vector<std::string_view> keys;
    for (const Candidate& candidate : *candidates) keys.push_back(candidate.entry.view());
    Result<std::vector<std::optional<std::string>>> rows =
        database_.multi_get(Family::entries, keys, moment_->snapshot());
    if (!rows) return std::move(rows).error();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!(*rows)[i]) continue;
      if (Result<void> done = append((*candidates)[i], *(*rows)[i], lines); !done)
        return std::move(done).error();
    }
  }
  return true;
}

Result<void> RocksEntrySnapshot::append(const Candidate& candidate, const std::string& entry_bytes,
                                        std::string& lines) {
  Result<EntryRow> entry = decode_row<EntryRow>(Family::entries, entry_bytes);
  if (!entry) return std::move(entry).error();
  if (entry->content != candidate.sequence || entry->gone) return {};
  LogRow row;
  [[maybe_unused]] const bool decoded = decode(candidate.bytes, row);  // once more: a copy
  const std::string_view event = row.line.substr(0, row.line.size() - 1);
  const std::string_view logged = find_member(event, "data").value_or("{}");
  Result<std::string> feed = feed_of(entry->owner, logged);
  if (!feed) return std::move(feed).error();

  std::string data;
  data.reserve(512 + row.after_size);
  JsonWriter json(data);
  json.begin_object().field("op", "r").field("rev", static_cast<std::int64_t>(entry->rev));
  json.key("feed").raw(*feed);
  json.key("key").raw(find_member(logged, "key").value_or("{}"));
  if (!entry->sighted_by.empty()) {
    json.key("also_in").begin_array();
    for (const FeedKey other : entry->sighted_by) json.string(feed_id(other));
    json.end_array();
  }
  json.key("after").raw(row.line.substr(row.after_at, row.after_size));
  for (const std::string_view name : {"omitted", "full"})
    if (const auto value = find_member(logged, name)) json.key(name).raw(*value);
  json.end_object();

  const std::string key = candidate.entry.hex();
  const std::string subject = "e-" + key;
  const std::string id = fmt::format("{}-{}-r", subject, entry->rev);
  Envelope envelope;
  envelope.source = source_;
  envelope.id = id;
  envelope.type = "entry.snapshot";
  envelope.sequence = candidate.sequence;
  envelope.subject = subject;
  envelope.partition_key = key;
  envelope.time = head_member(event, "time");
  envelope.recorded = head_member(event, "recordedtime");
  append_line_start(lines, envelope);
  lines.append(data).append(kLineEnd);
  ++entries_;
  return {};
}

// The feed that owns the entry now; should its row be gone, the one that the event names.
Result<std::string> RocksEntrySnapshot::feed_of(FeedKey owner, std::string_view data) {
  if (const auto known = feeds_.find(owner); known != feeds_.end()) return known->second;
  Result<std::optional<FeedRow>> row =
      read_row<FeedRow>(database_, Family::feeds, number_key(owner), moment_->snapshot());
  if (!row) return std::move(row).error();
  if (!*row) return std::string(find_member(data, "feed").value_or("{}"));
  return feeds_[owner] = feed_object((*row)->ref);
}

}  // namespace

Result<std::unique_ptr<EntrySnapshot>> take_entry_snapshot(const Database& database) {
  auto snapshot = std::make_unique<RocksEntrySnapshot>(database);
  if (Result<void> begun = snapshot->begin(); !begun) return std::move(begun).error();
  return std::unique_ptr<EntrySnapshot>(std::move(snapshot));
}

}  // namespace feedwire::storage
