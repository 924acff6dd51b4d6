// A store with something of everything, and ways to damage its files and rows.

#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "storage/database.h"
#include "storage/findings.h"
#include "tests/storage/store_fixture.h"

namespace feedwire::storage {

/// Two feeds that share entries, updates, sightings, a feed removed, a cursor, three closed
/// segments and an open one. The store is open.
class FullStore : public TestStore {
 public:
  FullStore();

  /// The segment files, in order: three closed ones and the active one.
  std::filesystem::path segment(std::size_t index) const { return segments_in(events())[index]; }
  std::vector<FeedKey> feeds;
};

/// Lines with their LF.
std::vector<std::string> lines_of(const std::filesystem::path& path);
/// Replaces the content, also of a read-only file.
void rewrite(const std::filesystem::path& path, const std::string& bytes);
void rewrite(const std::filesystem::path& path, const std::vector<std::string>& lines);
/// Replaces the first `old_text` in the file, which must be there.
void replace_in(const std::filesystem::path& path, const std::string& old_text,
                const std::string& new_text);

/// Changes the database of a store that is closed.
void change_rows(const TestStore& store, const std::function<void(Database&, Batch&)>& change);
template <typename Row>
void change_row(const TestStore& store, Family family, const std::string& key,
                const std::function<void(Row&)>& change) {
  change_rows(store, [&](Database& database, Batch& batch) {
    const std::string bytes = database.get(family, key).value().value();
    Row row = decode_row<Row>(family, bytes).value();
    change(row);
    batch.put(family, key, encode(row));
  });
}

std::set<std::string> codes_of(const Findings& findings);
/// The first finding of this code; "" if there is none.
std::string told(const Findings& findings, std::string_view code);

}  // namespace feedwire::storage
