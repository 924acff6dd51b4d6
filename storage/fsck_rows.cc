#include "storage/fsck_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"
#include "storage/event.h"
#include "storage/event_check.h"
#include "storage/fsck_scan.h"

namespace feedwire::storage {
namespace {

constexpr std::size_t kHashBytes = 16, kNumberBytes = 8;

// Of a row of `keys`: the beginning of an entry key, and its own key.
struct NamedEntry {
  std::string prefix, key;

  auto operator<=>(const NamedEntry&) const = default;
};
constexpr std::size_t kKeyBatch = 100'000;

class RowCheck {
 public:
  RowCheck(const Database& database, const VerifiedLog& log, StoreCheck& check)
      : database_(database), history_(log.history), check_(check), findings_(check.findings) {}

  Result<void> run() {
    Result<void> step = check_feeds();
    if (step) step = check_entries();
    if (step) step = check_keys();
    if (step) step = check_windows();
    if (step) step = check_polls();
    if (step) step = check_cursors();
    return step;
  }

 private:
  Result<void> check_feeds() {
    Result<void> scanned = scan_rows<FeedRow>(
        database_, Family::feeds, kNumberBytes, {}, findings_,
        [&](std::string_view key, const FeedRow& row) -> Result<void> {
          const FeedKey feed = get_u64(key);
          ++check_.feeds;
          feeds_.insert(feed);
          if (row.ref.key != feed)
            findings_.add("feed-row",
                          fmt::format("feeds: the row of {} is that of {}; restore a backup",
                                      feed_id(feed), feed_id(row.ref.key)));
          const auto told = history_.feeds().find(feed);
          if (told != history_.feeds().end() && told->second != row.rev)
            findings_.add("feed-rev",
                          fmt::format("feeds: {} is at revision {}, but the log tells of "
                                      "revision {}; restore a backup",
                                      feed_id(feed), row.rev, told->second));
          return {};
        });
    for (const auto& [feed, rev] : history_.feeds())
      if (!feeds_.contains(feed))
        findings_.add("feed-missing", fmt::format("feeds: the log tells of {}, which has no row; "
                                                  "restore a backup",
                                                  feed_id(feed)));
    return scanned;
  }

  Result<void> check_entries() {
    struct Content {
      Hash128 entry;
      EntryRow row;
    };
    std::size_t in_log = 0;
    Lookup<Content> contents(database_, Family::log,
                             [&](const Content& content, const auto& bytes) {
                               check_content(content.entry, content.row, bytes);
                             });
    Result<void> scanned =
        scan_rows<EntryRow>(database_, Family::entries, kHashBytes, {}, findings_,
                            [&](std::string_view key, const EntryRow& row) {
                              const Hash128 entry = Hash128::from_bytes(key);
                              ++check_.entries;
                              const auto told = history_.entries().find(entry);
                              if (told != history_.entries().end()) {
                                ++in_log;
                                check_told(entry, row, told->second);
                              }
                              if (row.content == 0) return Result<void>();  // no longer kept
                              return contents.ask(number_key(row.content), {entry, row});
                            });
    if (scanned) scanned = contents.flush();
    if (scanned && in_log < history_.entries().size()) scanned = find_missing_entries();
    return scanned;
  }

  void check_told(const Hash128& entry, const EntryRow& row, const LogHistory::Past& told) {
    if (told.rev != row.rev)
      findings_.add("entry-rev",
                    fmt::format("entries: e-{} is at revision {}, but the log tells of "
                                "revision {}; restore a backup",
                                entry.hex(), row.rev, told.rev));
    else if (told.content != 0 && row.content != 0 && told.content != row.content)
      findings_.add("entry-content",
                    fmt::format("entries: e-{} has its content in event {}, but the "
                                "log has it in {}; restore a backup",
                                entry.hex(), row.content, told.content));
  }

  // I7: the row of `log` is there, is this entry's, and holds its revision.
  void check_content(const Hash128& entry, const EntryRow& row,
                     const std::optional<std::string>& bytes) {
    const auto add = [&](std::string_view what) {
      findings_.add("entry-content",
                    fmt::format("entries: the content of e-{} should be in event {}, "
                                "but {}; restore a backup",
                                entry.hex(), row.content, what));
    };
    if (!bytes) return add("log has no such row");
    LogRow content;
    if (!decode(*bytes, content)) return;  // told as a row that cannot be read
    if (content.entry != entry) return add("that row is of e-" + content.entry.hex());
    const std::string_view id = head_member(content.line, "id");
    const std::string start = fmt::format("e-{}-", entry.hex());
    if (!id.starts_with(start)) return add(fmt::format("that is event {}", id));
    const std::string_view revision = id.substr(start.size(), id.rfind('-') - start.size());
    const std::uint64_t rev = plain_number(revision).value_or(0);
    // The event that tells that an entry was deleted has a revision and no content.
    const std::uint64_t expected = row.gone ? row.rev - 1 : row.rev;
    if (rev != expected) add(fmt::format("that is revision {}, not {}", revision, expected));
  }

  Result<void> find_missing_entries() {
    Lookup<Hash128> rows(database_, Family::entries, [&](const Hash128& entry, const auto& bytes) {
      if (!bytes)
        findings_.add("entry-missing",
                      fmt::format("entries: the log tells of e-{}, which has no row; "
                                  "restore a backup",
                                  entry.hex()));
    });
    for (const auto& [entry, past] : history_.entries())
      if (Result<void> asked = rows.ask(std::string(entry.view()), entry); !asked) return asked;
    return rows.flush();
  }

  Result<void> check_keys() {
    std::vector<NamedEntry> batch;
    Result<void> scanned =
        scan_rows<KeyRow>(database_, Family::keys, kHashBytes, {}, findings_,
                          [&](std::string_view key, const KeyRow& row) {
                            ++check_.keys;
                            batch.push_back({number_key(row.entry), std::string(key)});
                            return batch.size() < kKeyBatch ? Result<void>() : check_named(batch);
                          });
    return scanned ? check_named(batch) : std::move(scanned);
  }

  // Sorted, they are found by one walk through the entries.
  Result<void> check_named(std::vector<NamedEntry>& batch) {
    std::sort(batch.begin(), batch.end());
    std::vector<std::string> prefixes;
    for (const NamedEntry& named : batch) prefixes.push_back(named.prefix);
    Result<std::vector<bool>> have = database_.have_prefix(Family::entries, prefixes);
    if (!have) return std::move(have).error();
    for (std::size_t i = 0; i < batch.size(); ++i)
      if (!(*have)[i])
        findings_.add("key-dangling",
                      fmt::format("keys: the row {} names an entry e-{}…, of which there is no row "
                                  "in entries; restore a backup",
                                  hex_of(batch[i].key), hex_of(batch[i].prefix)));
    batch.clear();
    return {};
  }

  Result<void> check_windows() {
    struct Shown {
      FeedKey feed;
      Hash128 entry;
    };
    Lookup<Shown> rows(database_, Family::entries, [&](const Shown& shown, const auto& bytes) {
      if (!bytes)
        findings_.add("window-entry",
                      fmt::format("window: that of {} names e-{}, which has no row in "
                                  "entries; restore a backup",
                                  feed_id(shown.feed), shown.entry.hex()));
    });
    Result<void> scanned = scan_rows<WindowRow>(
        database_, Family::window, kNumberBytes, {}, findings_,
        [&](std::string_view key, const WindowRow& row) -> Result<void> {
          const FeedKey feed = get_u64(key);
          know_feed(Family::window, feed);
          std::vector<Hash128> named;
          for (const WindowItem& item : row.items) named.push_back(item.entry);
          for (const HeldUpdate& held : row.held) named.push_back(held.entry);
          for (const Hash128& entry : named) {
            Result<void> asked = rows.ask(std::string(entry.view()), {feed, entry});
            if (!asked) return asked;
          }
          return {};
        });
    return scanned ? rows.flush() : std::move(scanned);
  }

  Result<void> check_polls() {
    return scan_rows<PollRow>(database_, Family::poll, kNumberBytes, {}, findings_,
                              [&](std::string_view key, const PollRow&) -> Result<void> {
                                know_feed(Family::poll, get_u64(key));
                                return {};
                              });
  }

  Result<void> check_cursors() {
    return scan_rows<CursorRow>(database_, Family::cursors, 0, {}, findings_,
                                [&](std::string_view, const CursorRow&) -> Result<void> {
                                  ++check_.cursors;
                                  return {};
                                });
  }

  void know_feed(Family family, FeedKey feed) {
    if (!feeds_.contains(feed))
      findings_.add("feed-missing",
                    fmt::format("{}: there is a row of {}, which has none in feeds; "
                                "restore a backup",
                                name_of(family), feed_id(feed)));
  }

  const Database& database_;
  const LogHistory& history_;
  StoreCheck& check_;
  Findings& findings_;
  std::unordered_set<FeedKey> feeds_;
};

}  // namespace

Result<void> check_rows(const Database& database, const VerifiedLog& log, StoreCheck& check) {
  return RowCheck(database, log, check).run();
}

}  // namespace feedwire::storage
