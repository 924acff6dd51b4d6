#include "storage/database.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/support/temp_dir.h"

namespace feedwire::storage {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

std::unique_ptr<Database> open_in(const tests::TempDir& dir) {
  return Database::open(dir.path(), 8 * kMiB).value();
}

/// The WAL files, and their bytes together.
struct Logs {
  std::size_t files = 0;
  std::uint64_t size_bytes = 0;
};
Logs logs_in(const tests::TempDir& dir) {
  Logs logs;
  for (const auto& file : std::filesystem::directory_iterator(dir.path())) {
    if (file.path().extension() != ".log") continue;
    std::error_code gone;  // RocksDB removes them as we look
    const std::uintmax_t size_bytes = file.file_size(gone);
    if (gone) continue;
    ++logs.files;
    logs.size_bytes += size_bytes;
  }
  return logs;
}

/// The file in which RocksDB writes down what it was opened with.
std::string options_of(const tests::TempDir& dir) {
  std::string newest;
  for (const auto& file : std::filesystem::directory_iterator(dir.path()))
    if (file.path().filename().native().starts_with("OPTIONS-"))
      newest = std::max(newest, file.path().filename().native());
  return dir.read(newest);
}

void write_row(Database& database, Family family, std::string_view key, std::string_view value) {
  Batch batch = database.batch();
  batch.put(family, key, value);
  REQUIRE(database.write(batch));
}

}  // namespace

TEST_CASE("the database is opened with what the DB- rules ask for", "[database]") {
  const tests::TempDir dir;
  open_in(dir);
  const std::string options = options_of(dir);
  for (const char* option :
       {"max_total_wal_size=67108864",                                        // DB-2
        "wal_recovery_mode=kPointInTimeRecovery", "recycle_log_file_num=0",   // DB-6
        "track_and_verify_wals_in_manifest=false", "manual_wal_flush=false",  // DB-7
        "cache_index_and_filter_blocks=true",
        "pin_l0_filter_and_index_blocks_in_cache=true",        // DB-8
        "max_background_jobs=2", "max_write_buffer_number=2",  // DB-9, DB-11
        "max_log_file_size=8388608", "keep_log_file_num=5",    // DB-13
        "paranoid_checks=true", "unordered_write=false", "enable_pipelined_write=false"}) {
    INFO(option);
    CHECK(options.find(option) != options.npos);
  }
  CHECK(options.find("max_background_jobs=8") == options.npos);
}

TEST_CASE("DB-2 a family that nobody writes to does not pin the logs of the others", "[database]") {
  const tests::TempDir dir;
  const auto database = open_in(dir);
  write_row(*database, Family::cursors, "idle", "row");
  const std::string value(kMiB, 'x');
  std::uint64_t largest = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    write_row(*database, Family::log, number_key(i), value);
    largest = std::max(largest, logs_in(dir).size_bytes);
  }
  CHECK(largest < 2 * 64 * kMiB);
}

TEST_CASE("DB-9 restarts leave no logs behind", "[database]") {
  const tests::TempDir dir;
  for (std::uint64_t i = 0; i < 12; ++i)
    write_row(*open_in(dir), Family::log, number_key(i), "line");
  CHECK(logs_in(dir).files <= 2);
  CHECK(open_in(dir)->get(Family::log, number_key(0)).value() == "line");
}

TEST_CASE("a value that is put in parts is read as one", "[database]") {
  const tests::TempDir dir;
  const auto database = open_in(dir);
  Batch batch = database->batch();
  batch.put(Family::log, "key", {"head ", "", "line\n"});
  REQUIRE(database->write(batch));
  CHECK(database->get(Family::log, "key").value() == "head line\n");
}

TEST_CASE("prefixes are looked for among all rows of a family", "[database]") {
  const tests::TempDir dir;
  const auto database = open_in(dir);
  for (const char* key : {"aa1", "ab", "c", "c2"}) write_row(*database, Family::entries, key, "");
  const std::vector<std::string> prefixes = {"aa", "aa2", "ab", "b", "c", "d"};
  CHECK(database->have_prefix(Family::entries, prefixes).value() ==
        std::vector<bool>{true, false, true, false, true, false});
}

}  // namespace feedwire::storage
