// Stores of millions of entries, built in minutes: their rows are written in order into files that
// RocksDB takes over as they are, but for the last two in a hundred, which come the ordinary way.

#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "bench/made_feed.h"
#include "storage/group.h"
#include "storage/store.h"

namespace feedwire::bench {

/// A store of `size` entries in kFeeds feeds, each of which has kItems of its entries in its
/// window. For each entry there is a row in `entries` and one in `keys`; in `log` only up to
/// kMaxLogged.
class MadeStore {
 public:
  static constexpr std::uint64_t kFeeds = 10'000;
  static constexpr std::uint64_t kItems = 30;
  static constexpr std::uint64_t kMaxLogged = 10'000'000;

  /// Builds it in the user's cache folder, if it is not there.
  explicit MadeStore(std::uint64_t size);

  std::uint64_t size() const { return size_; }
  const std::filesystem::path& dir() const { return dir_; }
  /// A copy to work on, which shares the files that RocksDB never changes.
  void copy_to(const std::filesystem::path& dir) const;
  /// Room for the filters of all its rows: 1.3 bytes for each of entries and keys.
  std::uint64_t cache_bytes() const;

  const std::vector<storage::FeedRef>& feeds() const { return feeds_; }
  storage::FeedRows feed_rows() const;
  /// Item `i` of the window of a feed.
  MadeEntry item(std::uint64_t feed, std::uint64_t i) const;

 private:
  /// The entries in the order of their keys; the keys that lead to them are in the reverse order.
  MadeEntry entry(std::uint64_t rank) const;
  std::uint64_t feed_of(std::uint64_t rank) const { return rank % kFeeds; }
  bool comes_late(std::uint64_t rank) const { return rank % 50 == 7; }
  storage::EntryRow entry_row(std::uint64_t rank) const;
  storage::WindowRow window_row(std::uint64_t feed) const;

  void build();
  void load_sorted_rows(const std::filesystem::path& db) const;
  void write_other_rows(const std::filesystem::path& dir) const;
  void write_late_rows(storage::Database& database) const;

  std::uint64_t size_;
  std::filesystem::path dir_;
  std::vector<storage::FeedRef> feeds_;
};

}  // namespace feedwire::bench
