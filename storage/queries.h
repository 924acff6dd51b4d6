// The questions of StoreReader, answered from a database; the same for the daemon's store and for
// one opened without the lock.

#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/database.h"
#include "storage/entry_snapshot.h"
#include "storage/explain.h"
#include "storage/store.h"

namespace feedwire::storage {

/// Any thread. Entries are of one moment of the database; of feeds each row is, for what often runs
/// is not to take a snapshot (Database::snapshot()).
class Queries {
 public:
  explicit Queries(const Database& database) : database_(database) {}

  Result<std::vector<std::pair<FeedKey, PollRow>>> poll_rows() const;
  Result<std::vector<std::uint64_t>> window_hashes(FeedKey feed) const;
  Result<bool> shares_entry(FeedKey feed, const feeds::Feed& document) const;
  Result<Rare<Backfill>> backfill(FeedKey feed) const;
  Result<std::vector<StoredFeed>> feeds() const;
  Result<StoredFeed> feed(FeedKey key) const;
  Result<std::vector<StoredEntry>> entries(const EntryFilter& filter) const;
  Result<StoredEntry> entry(const Hash128& key) const;
  Result<std::map<std::string, CursorRow>> cursors() const;

 private:
  Result<StoredFeed> stored_feed(const FeedRow& row) const;

  const Database& database_;
};

/// Errors: unsupported (the store in `dir` was made by a newer version).
Result<void> check_schema(const MetaRow& meta, const std::filesystem::path& dir);

/// What meta and the segments family say of the log in `dir`. Errors: not_found (no meta),
/// unsupported, corrupt, io.
Result<LogStatus> read_log_status(const Database& database, const std::filesystem::path& dir);

/// Base, which is Store or StoreReader, with its questions answered.
template <typename Base>
class Answers : public Base {
 public:
  explicit Answers(std::unique_ptr<Database> database)
      : database_(std::move(database)), queries_(*database_) {}

  Result<std::vector<std::pair<FeedKey, PollRow>>> poll_rows() const override {
    return queries_.poll_rows();
  }
  Result<std::vector<std::uint64_t>> window_hashes(FeedKey feed) const override {
    return queries_.window_hashes(feed);
  }
  Result<bool> shares_entry(FeedKey feed, const feeds::Feed& document) const override {
    return queries_.shares_entry(feed, document);
  }
  Result<Rare<Backfill>> backfill(FeedKey feed) const override { return queries_.backfill(feed); }
  Result<std::vector<StoredFeed>> feeds() const override { return queries_.feeds(); }
  Result<StoredFeed> feed(FeedKey key) const override { return queries_.feed(key); }
  Result<std::vector<StoredEntry>> entries(const EntryFilter& filter) const override {
    return queries_.entries(filter);
  }
  Result<StoredEntry> entry(const Hash128& key) const override { return queries_.entry(key); }
  Result<EntryExplanation> explain(const Hash128& key) const override {
    Result<StoredEntry> entry = queries_.entry(key);
    if (!entry) return std::move(entry).error();
    return explain_entry(*database_, std::move(*entry));
  }
  Result<std::map<std::string, CursorRow>> cursors() const override { return queries_.cursors(); }
  Result<std::unique_ptr<EntrySnapshot>> snapshot() const override {
    return take_entry_snapshot(*database_);
  }

 protected:
  const std::unique_ptr<Database> database_;

 private:
  const Queries queries_;
};

}  // namespace feedwire::storage
