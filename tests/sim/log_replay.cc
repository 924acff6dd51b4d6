#include "tests/sim/log_replay.h"

#include <fmt/format.h>

#include <map>
#include <string_view>

#include "storage/event_check.h"
#include "tests/sim/violation.h"

namespace feedwire::sim {
namespace {

struct Entry {
  std::uint64_t rev = 0;
  bool deleted = false;
  std::string_view after;
};

// The bytes of `after`, which is the last member of data where the line holds all of it.
std::string_view after_of(std::string_view line) {
  constexpr std::string_view kName = "\"after\":", kEnd = "}}";
  const std::size_t at = line.find(kName);
  if (at == line.npos) return {};
  return line.substr(at + kName.size(), line.size() - at - kName.size() - kEnd.size());
}

}  // namespace

void check_replay(const storage::Store& store, const std::vector<std::string>& lines) {
  std::map<Hash128, Entry> entries;
  std::map<storage::FeedKey, std::uint64_t> feeds;
  std::size_t deleted = 0;
  for (const std::string& line : lines) {
    storage::EventFacts facts;
    if (const auto fault = storage::check_event(line, facts))
      throw Violation(fmt::format("EV-1: event {}: {}", facts.sequence, fault->text));
    if (facts.type.starts_with("feed.")) feeds[facts.feed] = facts.rev;
    if (!facts.type.starts_with("entry.") || facts.op == 's') continue;
    Entry& entry = entries[facts.entry];
    entry.rev = facts.rev;
    entry.deleted = facts.op == 'd';
    if (!entry.deleted) entry.after = after_of(line);
  }
  for (const auto& [key, entry] : entries) {
    const Result<storage::StoredEntry> stored = store.entry(key);
    if (!stored) throw Violation("I7: entry " + key.hex() + ": " + stored.error().message);
    if (stored->rev != entry.rev || stored->deleted != entry.deleted ||
        stored->item_json != entry.after)
      throw Violation(fmt::format("I6: entry {}: the store has rev {}, the log {}:\n{}\n{}",
                                  key.hex(), stored->rev, entry.rev, stored->item_json,
                                  entry.after));
    if (entry.deleted) ++deleted;
  }
  storage::EntryFilter all;
  all.limit = entries.size() + 1;
  if (const std::size_t count = store.entries(all).value().size();
      count != entries.size() - deleted)
    throw Violation(
        fmt::format("I6: the store has {} entries, the log {}", count, entries.size() - deleted));
  const std::vector<storage::StoredFeed> stored = store.feeds().value();
  for (const storage::StoredFeed& feed : stored)
    if (feeds[feed.ref.key] != feed.rev)
      throw Violation(fmt::format("I6: feed {} is at rev {}, in the log at {}", hex64(feed.ref.key),
                                  feed.rev, feeds[feed.ref.key]));
}

}  // namespace feedwire::sim
