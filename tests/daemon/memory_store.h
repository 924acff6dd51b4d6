// A storage::Store that holds what a test put there.

#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/store.h"

namespace feedwire::tests {

class MemorySnapshot : public storage::EntrySnapshot {
 public:
  MemorySnapshot(std::vector<std::string> pieces, bool breaks)
      : pieces_(std::move(pieces)), breaks_(breaks) {}

  Result<bool> next(std::string& lines) override {
    if (at_ == pieces_.size() && breaks_) return Error{ErrorCode::io, "broken"};
    if (at_ == pieces_.size()) return false;
    lines += pieces_[at_++];
    return true;
  }

 private:
  const std::vector<std::string> pieces_;
  const bool breaks_;
  std::size_t at_ = 0;
};

/// Reads and cursors work; nothing is ever polled. Not thread-safe but for what a test promises.
class MemoryStore : public storage::Store {
 public:
  std::vector<storage::StoredFeed> stored_feeds;
  std::vector<storage::StoredEntry> stored_entries;
  std::map<std::string, storage::CursorRow> stored_cursors;
  storage::LogStatus log;
  storage::StoreFigures stored_figures;
  std::vector<std::string> snapshot_pieces;
  bool snapshot_breaks = false;  // behind the last piece
  std::string broken;            // not empty: what reading fails with

  Result<void> subscribe(std::span<const storage::FeedRef>) override { return {}; }
  Result<void> change_feeds(const storage::FeedChanges&) override { return {}; }
  std::vector<storage::OperatorFeed> operator_feeds() const override { return {}; }
  Result<storage::CommitSummary> commit(std::span<const storage::PollOutcome>) override {
    return storage::CommitSummary{};
  }
  Result<void> tick(Now) override { return {}; }
  Result<void> seal(Now) override { return {}; }
  Result<void> close() override { return {}; }

  Result<storage::BackupSummary> backup(const std::filesystem::path&,
                                        const std::function<bool()>&) const override {
    if (!broken.empty()) return Error{ErrorCode::io, broken};
    return storage::BackupSummary{log.source, log.last, 2, 3000};
  }
  Result<void> new_epoch() override { return {}; }

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
  Result<bool> shares_entry(storage::FeedKey, const feeds::Feed&) const override { return false; }
  Result<Rare<storage::Backfill>> backfill(storage::FeedKey) const override {
    return Rare<storage::Backfill>{};
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
  Result<storage::EntryExplanation> explain(const Hash128& key) const override {
    Result<storage::StoredEntry> found = entry(key);
    if (!found) return std::move(found).error();
    storage::EntryExplanation explanation;
    explanation.entry = std::move(*found);
    explanation.carriers.emplace_back();
    return explanation;
  }
  Result<std::map<std::string, storage::CursorRow>> cursors() const override {
    return stored_cursors;
  }
  Result<std::unique_ptr<storage::EntrySnapshot>> snapshot() const override {
    if (!broken.empty()) return Error{ErrorCode::io, broken};
    return std::unique_ptr<storage::EntrySnapshot>(
        std::make_unique<MemorySnapshot>(snapshot_pieces, snapshot_breaks));
  }
  storage::LogStatus log_status() const override { return log; }
  bool unclean_start() const override { return false; }
  storage::Crash last_crash() const override { return {}; }
  storage::StoreFigures figures() const override { return stored_figures; }
};

}  // namespace feedwire::tests
