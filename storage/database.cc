#include "storage/database.h"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/snapshot.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_buffer_manager.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>

#include "storage/name_order.h"

namespace feedwire::storage {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

Error status_error(const rocksdb::Status& status) {
  ErrorCode code = ErrorCode::io;
  if (status.IsCorruption()) code = ErrorCode::corrupt;
  if (status.IsNoSpace()) code = ErrorCode::no_space;
  return Error{code, "database: " + status.ToString()};
}

// The first failure of RocksDB's own threads, which nobody waits for.
class BackgroundErrors : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    const std::lock_guard lock(mutex_);
    if (first_.ok()) first_ = *error;
  }

  rocksdb::Status first() {
    const std::lock_guard lock(mutex_);
    return first_;
  }

 private:
  std::mutex mutex_;
  rocksdb::Status first_;
};

rocksdb::DBOptions database_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.paranoid_checks = true;
  // Not that we need its OPTIONS: a failed sync of its folder must not be passed over.
  options.fail_if_options_file_error = true;
  // Crash-only: nobody else tries again what has failed.
  options.max_bgerror_resume_count = 0;
  options.max_open_files = 512;
  options.max_background_jobs = 2;
  options.max_total_wal_size = 64 * kMiB;  // an idle family must not pin logs for ever (DB-2)
  options.bytes_per_sync = kMiB;
  options.wal_bytes_per_sync = 0;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;  // DB-6
  options.recycle_log_file_num = 0;
  options.write_dbid_to_manifest = true;
  options.keep_log_file_num = 5;
  options.max_log_file_size = 8 * kMiB;
  options.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(32 * kMiB, cache);
  return options;
}

// Rows that are written anew again and again, and read alone: one block holds one or two of them.
bool is_rewritten(Family family) { return family == Family::window || family == Family::poll; }

// Millions of small rows, of which most look-ups find none.
bool is_of_entries(Family family) { return family == Family::entries || family == Family::keys; }

rocksdb::BlockBasedTableOptions table_options(Family family,
                                              const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  table.block_size = 16 * 1024;
  if (family == Family::entries || is_rewritten(family)) table.block_size = 4 * 1024;
  if (family == Family::keys) {
    table.block_size = 8 * 1024;
    table.block_restart_interval = 32;
  }
  table.optimize_filters_for_memory = true;
  if (is_of_entries(family) || is_rewritten(family))
    table.filter_policy.reset(rocksdb::NewRibbonFilterPolicy(10));
  // Of as few rows as there are feeds, the whole index is wanted all the time.
  if (is_rewritten(family)) return table;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  // A fourth as many partitions to find, and as many reads until those of 50 million keys are in
  // memory, as of the default's 4 KiB; more would cost a cache too small for them.
  table.metadata_block_size = 16 * 1024;
  return table;
}

rocksdb::ColumnFamilyOptions family_options(Family family,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(family, cache)));
  options.level_compaction_dynamic_level_bytes = true;
  options.write_buffer_size = 16 * kMiB;
  options.max_write_buffer_number = 2;
  // Such a row is nearly always there, but in one of the upper levels or another: they have
  // filters.
  options.optimize_filters_for_hits = is_rewritten(family);
  if (is_of_entries(family)) {
    // Half of what is looked up there is new: without these each miss walks two skip lists.
    options.memtable_whole_key_filtering = true;
    options.memtable_prefix_bloom_size_ratio = 0.02;
  }
  options.compression = rocksdb::kLZ4Compression;
  // Its keys only grow, so a file that was flushed goes down level by level as it is, unless it
  // would have to be compressed anew on the way. Level 1 takes half the time of the default.
  if (family == Family::log) {
    options.compression = rocksdb::kZSTD;
    options.compression_opts.level = 1;
  }
  // All of a row but its hashes is the same as in the row before. LZ4 needs 29 bytes for a row,
  // this 26.5; to unpack a block of half the size takes no longer.
  if (family == Family::keys) options.compression = rocksdb::kZSTD;
  // Little but hashes, which do not compress; each document would have them unpacked in vain.
  if (family == Family::window) options.compression = rocksdb::kNoCompression;
  // What retention removed gives its room back, also where nothing is written any more (DB-5).
  if (is_of_entries(family)) options.periodic_compaction_seconds = 7 * 24 * 3600;
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> descriptors(
    const std::shared_ptr<rocksdb::Cache>& cache) {
  std::vector<rocksdb::ColumnFamilyDescriptor> all;
  for (std::size_t i = 0; i < kFamilyNames.size(); ++i)
    all.emplace_back(std::string(kFamilyNames[i]), family_options(static_cast<Family>(i), cache));
  return all;
}

}  // namespace

Batch::Batch(const Database& database, std::size_t size_bytes)
    : database_(&database), batch_(size_bytes, 0, 8, 0) {}

// These fail only on a batch with limits, which ours is not: every status is OK.
void Batch::put(Family family, std::string_view key, std::string_view value) {
  batch_.Put(database_->handle(family), slice(key), slice(value)).PermitUncheckedError();
}

void Batch::put(Family family, std::string_view key,
                std::initializer_list<std::string_view> value) {
  std::array<rocksdb::Slice, 4> parts;
  assert(value.size() <= parts.size());
  std::transform(value.begin(), value.end(), parts.begin(), slice);
  const rocksdb::Slice key_slice = slice(key);
  batch_
      .Put(database_->handle(family), rocksdb::SliceParts(&key_slice, 1),
           rocksdb::SliceParts(parts.data(), static_cast<int>(value.size())))
      .PermitUncheckedError();
}

void Batch::remove(Family family, std::string_view key) {
  batch_.Delete(database_->handle(family), slice(key)).PermitUncheckedError();
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& dir,
                                                 std::uint64_t cache_bytes) {
  // Filters and indexes may fill most of it: what a new entry is looked up by needs nothing else.
  constexpr double kForFilters = 0.8;
  const std::shared_ptr<rocksdb::Cache> cache =
      rocksdb::NewLRUCache(static_cast<std::size_t>(cache_bytes), 4, false, kForFilters);
  std::unique_ptr<Database> database(new Database);
  database->env_ =
      rocksdb::NewCompositeEnv(std::make_shared<NameOrder>(rocksdb::FileSystem::Default()));
  rocksdb::DBOptions options = database_options(cache);
  options.env = database->env_.get();
  options.listeners.push_back(std::make_shared<BackgroundErrors>());
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(options, dir.native(), descriptors(cache), &database->handles_, &db);
  // With these options nothing else is refused so: it has families of which we know nothing.
  if (opened.IsInvalidArgument())
    return Error{ErrorCode::unsupported,
                 fmt::format("{}: made by a newer feedwire ({}); install that version again",
                             dir.native(), opened.ToString())};
  if (!opened.ok()) return status_error(opened).in("open " + dir.native());
  database->db_.reset(db);
  return database;
}

Result<std::unique_ptr<Database>> Database::open_read_only(const std::filesystem::path& dir) {
  // RocksDB's own statuses do not tell these cases apart.
  if (::access((dir / "CURRENT").c_str(), R_OK) < 0) {
    const bool denied = errno == EACCES;
    Error error = errno_error("open the database").in(dir.native());
    error.code = denied ? ErrorCode::permission : ErrorCode::not_found;
    return error;
  }
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(8 * kMiB);
  rocksdb::DBOptions options = database_options(cache);
  options.create_if_missing = false;
  options.create_missing_column_families = false;
  std::unique_ptr<Database> database(new Database);
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::OpenForReadOnly(
      options, dir.native(), descriptors(cache), &database->handles_, &db);
  if (!opened.ok()) return status_error(opened).in("open " + dir.native());
  database->db_.reset(db);
  return database;
}

std::string_view Database::file_system() const { return db_->GetFileSystem()->Name(); }

// RocksDB holds its mutex for such questions, but not while it writes or syncs a file.
void Database::weigh(StoreFigures& figures) const {
  const auto number = [this](Family family, const std::string& property) {
    std::uint64_t value = 0;
    return db_->GetIntProperty(handle(family), property, &value) ? value : 0;
  };
  for (std::size_t i = 0; i < kFamilyNames.size(); ++i)
    figures.families.push_back(
        {kFamilyNames[i],
         number(static_cast<Family>(i), rocksdb::DB::Properties::kTotalSstFilesSize)});
  // One cache for all families.
  figures.block_cache_bytes = number(Family::meta, rocksdb::DB::Properties::kBlockCacheUsage);
  std::map<std::string, std::string> of_database;
  if (db_->GetMapProperty(rocksdb::DB::Properties::kDBStats, &of_database))
    figures.stalled = std::chrono::microseconds(
        std::strtoll(of_database["db.user_write_stall_micros"].c_str(), nullptr, 10));
  // Files that are removed meanwhile do not count.
  std::vector<rocksdb::Env::FileAttributes> files;
  if (!db_->GetEnv()->GetChildrenFileAttributes(db_->GetName(), &files).ok()) return;
  for (const rocksdb::Env::FileAttributes& file : files)
    if (std::string_view(file.name).ends_with(".log")) figures.wal_bytes += file.size_bytes;
}

Result<void> Database::stop_background_work() {
  rocksdb::CancelAllBackgroundWork(db_.get(), true);
  for (const auto& listener : db_->GetDBOptions().listeners) {
    const rocksdb::Status first = static_cast<BackgroundErrors&>(*listener).first();
    if (!first.ok()) return status_error(first);
  }
  return {};
}

Database::~Database() {
  for (rocksdb::ColumnFamilyHandle* family : handles_)
    db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
}

Result<std::optional<std::string>> Database::get(Family family, std::string_view key,
                                                 const Snapshot* snapshot) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::string value;
  const rocksdb::Status status = db_->Get(options, handle(family), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>{};
  if (!status.ok()) return status_error(status);
  return std::optional<std::string>(std::move(value));
}

Result<std::vector<std::optional<std::string>>> Database::multi_get(
    Family family, std::span<const std::string_view> keys, const Snapshot* snapshot) const {
  if (keys.size() == 1) {  // MultiGet has much to set up first, for any number of keys
    Result<std::optional<std::string>> value = get(family, keys.front(), snapshot);
    if (!value) return std::move(value).error();
    std::vector<std::optional<std::string>> only;
    only.push_back(std::move(*value));
    return only;
  }
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::vector<rocksdb::Slice> slices;
  slices.reserve(keys.size());
  for (const std::string_view key : keys) slices.push_back(slice(key));
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  db_->MultiGet(options, handle(family), keys.size(), slices.data(), values.data(), statuses.data(),
                std::is_sorted(keys.begin(), keys.end()));
  std::vector<std::optional<std::string>> found(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].ok())
      found[i].emplace(values[i].data(), values[i].size());
    else if (!statuses[i].IsNotFound())
      return status_error(statuses[i]);
  }
  return found;
}

Result<std::vector<bool>> Database::have_prefix(Family family,
                                                std::span<const std::string> prefixes) const {
  const std::unique_ptr<rocksdb::Iterator> rows(
      db_->NewIterator(rocksdb::ReadOptions(), handle(family)));
  std::vector<bool> have;
  have.reserve(prefixes.size());
  for (const std::string& prefix : prefixes) {
    rows->Seek(prefix);
    have.push_back(rows->Valid() && rows->key().starts_with(prefix));
  }
  if (!rows->status().ok()) return status_error(rows->status());
  return have;
}

Result<void> Database::scan(Family family, std::string_view lower, std::string_view upper,
                            Order order, const Visitor& visit, const Snapshot* snapshot) const {
  const rocksdb::Slice lower_bound = slice(lower);
  const rocksdb::Slice upper_bound = slice(upper);
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  if (!lower.empty()) options.iterate_lower_bound = &lower_bound;  // DB-3: no walk over tombstones
  if (!upper.empty()) options.iterate_upper_bound = &upper_bound;
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(options, handle(family)));
  const bool ascending = order == Order::ascending;
  for (ascending ? rows->SeekToFirst() : rows->SeekToLast(); rows->Valid();
       ascending ? rows->Next() : rows->Prev())
    if (!visit(view(rows->key()), view(rows->value()))) break;
  if (!rows->status().ok()) return status_error(rows->status());
  return {};
}

Result<void> Database::write(Batch& batch) {
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status status = db_->Write(options, &batch.batch_);
  if (!status.ok()) return status_error(status);
  return {};
}

std::unique_ptr<rocksdb::ManagedSnapshot> Database::snapshot() const {
  return std::make_unique<rocksdb::ManagedSnapshot>(db_.get());
}

Result<void> Database::checkpoint(const std::filesystem::path& dir) const {
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(db_.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(dir.native());
  if (!status.ok()) return status_error(status).in("checkpoint " + dir.native());
  return {};
}

}  // namespace feedwire::storage
