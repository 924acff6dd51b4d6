// A storage::Store that holds what a test put there.

#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "storage/store.h"

namespace feedwire::tests {

/// Reads and cursors work; nothing is ever polled. Not thread-safe but for what a test promises.
class MemoryStore : public storage::Store {
 public:
  std::vector<storage::StoredFeed> stored_feeds;
  std::vector<storage::StoredEntry> stored_entries;
  std::map<std::string, storage::CursorRow> stored_cursors;
  storage::LogStatus log;
  std::string broken;  // not empty: what reading fails with

  Result<void> subscribe(std::span<const storage::FeedRef>) override { return {}; }
  Result<storage::CommitSummary> commit(std::span<const storage::PollOutcome>) override {
    return storage::CommitSummary{};
  }
  Result<void> tick(Now) override { return {}; }
  Result<void> seal(Now) override { return {}; }
  Result<void> close() override { return {}; }

  Result<void> set_cursor(const std::string& name, const storage::CursorRow& row) override {
    stored_cursors[name] = row;
    return {};
  }
  Result<void> delete_cursor(const std::string& name) override {
    if (stored_cursors.erase(name) == 0) return Error{ErrorCode::not_found, name};
    return {};
  }

  Result<std::vector<std::pair<storage::FeedKey, storage::PollRow>>> poll_rows() const override {
    return std::vector<std::pair<storage::FeedKey, storage::PollRow>>{};
  }
  Result<std::vector<std::uint64_t>> window_hashes(storage::FeedKey) const override {
    return std::vector<std::uint64_t>{};
  }
  Result<std::vector<storage::StoredFeed>> feeds() const override {
    if (!broken.empty()) return Error{ErrorCode::io, broken};
    return stored_feeds;
  }
  Result<storage::StoredFeed> feed(storage::FeedKey key) const override {
    for (const storage::StoredFeed& feed : stored_feeds)
      if (feed.ref.key == key) return feed;
    return Error{ErrorCode::not_found, "no such feed"};
  }
  Result<std::vector<storage::StoredEntry>> entries(
      const storage::EntryFilter& filter) const override {
    std::vector<storage::StoredEntry> found;
    for (const storage::StoredEntry& entry : stored_entries)
      if (!filter.feed || entry.owner == *filter.feed) found.push_back(entry);
    found.resize(std::min(found.size(), filter.limit));
    return found;
  }
  Result<storage::StoredEntry> entry(const Hash128& key) const override {
    for (const storage::StoredEntry& entry : stored_entries)
      if (entry.key == key) return entry;
    return Error{ErrorCode::not_found, "no such entry"};
  }
  Result<std::map<std::string, storage::CursorRow>> cursors() const override {
    return stored_cursors;
  }
  storage::LogStatus log_status() const override { return log; }
  bool unclean_start() const override { return false; }
  WallTime last_commit_before_start() const override { return {}; }
};

}  // namespace feedwire::tests
