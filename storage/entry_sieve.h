#pragma once

#include <optional>
#include <string>
#include <unordered_set>

#include "storage/database.h"
#include "storage/store.h"

namespace feedwire::storage {

/// An EntryFilter made ready for the entries of one moment. Used by one thread.
class EntrySieve {
 public:
  /// `filter` must outlive the sieve. Errors: corrupt, io.
  static Result<EntrySieve> make(const EntryFilter& filter, const Database& database,
                                 const Database::Snapshot* moment);

  /// Whether this row of `log` and all before it are too old.
  bool is_past(const LogRow& content) const;
  /// Of a row that holds the entry's latest content.
  bool passes(const EntryRow& row, const LogRow& content) const;

 private:
  explicit EntrySieve(const EntryFilter& filter) : filter_(&filter) {}

  bool has_tag(const EntryRow& row, const LogRow& content) const;

  const EntryFilter* filter_;
  std::string since_;                         // as in events
  std::unordered_set<FeedKey> tagged_feeds_;  // that have the tag
};

}  // namespace feedwire::storage
