// What one commit group reads and will write: the rows as they will be, on top of the database, so
// that the outcomes of one group see each other (two feeds with the same entries, one feed twice).

#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "storage/database.h"
#include "storage/identity.h"
#include "storage/log_plan.h"

namespace feedwire::storage {

/// Made for one commit and thrown away. Used by the store thread alone.
class GroupState : public KeyIndex {
 public:
  /// Entries last heard of before `keys_before` are absent (storage/entry_retention.h).
  GroupState(const Database& database, const LogPlan& plan, WallTime keys_before)
      : database_(database), plan_(plan), keys_before_(keys_before) {}

  /// Reads with few calls what the outcomes, all with a document, will ask for. What their feeds
  /// learn later in the group only costs look-ups. Errors: corrupt, io.
  Result<void> prefetch(std::span<const PollOutcome* const> outcomes,
                        const std::unordered_map<FeedKey, FeedRow>& feeds);

  Result<const EntryRow*> entry(const Hash128& entry_key) override;
  Result<std::optional<Hash128>> successor(const Hash128& entry_key) override;
  Result<std::optional<Hash128>> alias(FeedKey feed, const Hash128& key) override;
  Result<EntryFacts> facts(const Hash128& entry_key) override;
  /// The entry that a primary or other lasting key means, if there is one.
  Result<std::optional<Hash128>> resolve(FeedKey feed, const Hash128& key);

  /// The item of the entry's last content event; "{}" where that is no longer kept.
  Result<std::string> item(const EntryRow& row);

  /// The stored entry for changing, or nullptr. Errors: corrupt, io.
  Result<EntryRow*> edit_entry(const Hash128& entry_key);
  void create_entry(const Hash128& entry_key, EntryRow row);
  /// Makes the row of an expired entry lead to the one that was created in its place, and returns
  /// the sequence of its content, which nobody needs now; 0 = none. Errors: corrupt, io.
  Result<Sequence> replace_entry(const Hash128& expired, const Hash128& by, WallTime now);
  void add_alias(const Hash128& key, const Hash128& entry_key);

  /// The sightings of an entry beyond those that its own row has room for. Errors: corrupt, io.
  Result<bool> is_sighted(FeedKey feed, const Hash128& entry_key);
  void add_sighting(FeedKey feed, const Hash128& entry_key);

  /// The feed's window; nothing before its first document.
  Result<const WindowRow*> window(FeedKey feed);
  void set_window(FeedKey feed, WindowRow row);
  /// The feed's row before this group's next outcome of it; a new row if it was never polled.
  Result<PollRow> poll(FeedKey feed);
  void set_poll(FeedKey feed, PollRow row);

  void put(Batch& batch) const;

 private:
  template <typename Row>
  struct Cached {
    std::optional<Row> row;
    bool changed = false;
  };
  template <typename Key, typename Row, typename Hasher = std::hash<Key>>
  using Cache = std::unordered_map<Key, Cached<Row>, Hasher>;

  template <typename Row, typename Key, typename Hasher>
  Result<void> fetch(Family family, std::vector<Key> keys, Cache<Key, Row, Hasher>& cache) const;

  template <typename Row, typename Key, typename Hasher>
  Result<Cached<Row>*> look_up(Family family, const Key& key, Cache<Key, Row, Hasher>& cache) const;

  struct FeedsKey {
    FeedKey feed;
    Hash128 key;
  };
  Result<void> fetch_aliases(std::span<const FeedsKey> wanted);
  Result<std::optional<Hash128>> whole_key(FeedKey feed, const KeyRow& row);
  Result<bool> is_of(FeedKey feed, const Hash128& entry_key, const EntryRow& row);

  bool is_known(const std::optional<EntryRow>& row) const {
    return row && !row->replaced_by && last_heard(*row) >= keys_before_;
  }

  const Database& database_;
  const LogPlan& plan_;
  const WallTime keys_before_;
  Cache<Hash128, EntryRow, Hash128Hasher> entries_;
  Cache<Hash128, Hash128, Hash128Hasher> aliases_;  // to the whole key of the entry
  Cache<Hash128, KeyRow, Hash128Hasher> sightings_;
  Cache<FeedKey, WindowRow> windows_;
  Cache<FeedKey, PollRow> polls_;
};

}  // namespace feedwire::storage
