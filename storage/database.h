// RocksDB as the store uses it: nine column families, one WAL, batches that are synced. Options
// and the reasons for them: DB-1 to DB-13 of the storage rules.

#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/schema.h"
#include "storage/store_figures.h"

namespace feedwire::storage {

class Database;

/// Rows to be written together or not at all. Used by one thread.
class Batch {
 public:
  void put(Family family, std::string_view key, std::string_view value);
  /// The value is these parts, one after the other.
  void put(Family family, std::string_view key, std::initializer_list<std::string_view> value);
  void remove(Family family, std::string_view key);

 private:
  friend class Database;
  Batch(const Database& database, std::size_t size_bytes);

  const Database* database_;
  rocksdb::WriteBatch batch_;
};

/// An open database. Reading members may be called from any thread, write() from one.
/// Errors of all members: corrupt, no_space, io.
class Database {
 public:
  using Snapshot = rocksdb::Snapshot;
  enum class Order { ascending, descending };
  /// Called with key and value; false ends the scan.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;

  /// Creates the database and the families that are missing. Errors also: unsupported (it has
  /// families of a newer version).
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& dir,
                                                std::uint64_t cache_bytes);
  /// Errors also: not_found, permission.
  static Result<std::unique_ptr<Database>> open_read_only(const std::filesystem::path& dir);
  ~Database();

  Result<std::optional<std::string>> get(Family family, std::string_view key,
                                         const Snapshot* snapshot = nullptr) const;
  /// One value or none for each key, in the order of the keys.
  Result<std::vector<std::optional<std::string>>> multi_get(
      Family family, std::span<const std::string_view> keys,
      const Snapshot* snapshot = nullptr) const;
  /// For each of `prefixes`, which are sorted, whether some row's key begins with it.
  Result<std::vector<bool>> have_prefix(Family family, std::span<const std::string> prefixes) const;
  /// The rows with lower <= key < upper; an empty `upper` has no end.
  Result<void> scan(Family family, std::string_view lower, std::string_view upper, Order order,
                    const Visitor& visit, const Snapshot* snapshot = nullptr) const;

  /// `size_bytes` of rows are likely to come; more may.
  Batch batch(std::size_t size_bytes = 0) const { return {*this, size_bytes}; }
  /// Durable when it returns. After an error nothing more may be written (DB-1).
  Result<void> write(Batch& batch);

  /// One moment, for reading. Not for what happens often: when it is released RocksDB 7.8 writes
  /// each lowest file that was made since the last one anew, to rid its rows of their sequence
  /// numbers.
  std::unique_ptr<rocksdb::ManagedSnapshot> snapshot() const;

  /// Makes a database like this one in `dir`, which must not exist: files that do not change any
  /// more get a second name, where that can be. Any thread; not of a read-only database.
  Result<void> checkpoint(const std::filesystem::path& dir) const;

  /// The name of what RocksDB sees files through.
  std::string_view file_system() const;

  /// Fills in what StoreFigures has of RocksDB. Any thread; waits for no write.
  void weigh(StoreFigures& figures) const;

  /// Ends what RocksDB does in threads of its own; nothing is to be written from then on. Errors:
  /// the first one that befell them, which no write() may have met yet.
  Result<void> stop_background_work();

 private:
  friend class Batch;
  Database() = default;
  rocksdb::ColumnFamilyHandle* handle(Family family) const {
    return handles_[static_cast<std::size_t>(family)];
  }

  std::unique_ptr<rocksdb::Env> env_;                  // outlives db_; of a read-only one null
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // in the order of Family
  std::unique_ptr<rocksdb::DB> db_;
};

/// Decodes what get() found. Errors: corrupt, naming the row.
template <typename Row>
Result<Row> decode_row(Family family, std::string_view bytes) {
  Row row;
  if (decode(bytes, row)) return row;
  return Error{ErrorCode::corrupt,
               std::string(kFamilyNames[static_cast<std::size_t>(family)]) +
                   ": a row cannot be read; run feedwire fsck, or restore a backup"};
}

/// get() and decode_row() in one; nothing if there is no such row.
template <typename Row>
Result<std::optional<Row>> read_row(const Database& database, Family family, std::string_view key,
                                    const Database::Snapshot* snapshot = nullptr) {
  Result<std::optional<std::string>> bytes = database.get(family, key, snapshot);
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return std::optional<Row>{};
  Result<Row> row = decode_row<Row>(family, **bytes);
  if (!row) return std::move(row).error();
  return std::optional<Row>(std::move(*row));
}

}  // namespace feedwire::storage
