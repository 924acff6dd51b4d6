// Who is subscribed: what the configuration names, and what an operator adds at run time.

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/bytes.h"
#include "storage/rocks_store.h"

namespace feedwire::storage {
namespace {

/// Changes of feeds that are to be committed together.
class FeedEdits {
 public:
  FeedEdits(LogPlan& plan, Batch& batch, WallTime now)
      : plan_(plan), batch_(batch), time_(format_time(now)), now_(now) {}

  /// Makes `wanted` the feed's subscription, or changes it to that.
  void set(FeedRow& row, const FeedRef& wanted) {
    row.ref.key = wanted.key;
    const FeedRef before = row.ref;
    if (row.subscribed && row.ref == wanted) return;
    if (before.identity != wanted.identity) row.doubt_told = false;
    if (!row.subscribed && row.refreshed == WallTime{}) row.refreshed = now_;  // no window yet
    const bool is_new = !std::exchange(row.subscribed, true);
    const bool pauses = wanted.paused && !before.paused;
    if (row.rev > 0 && !pauses) asked_anew_.push_back({row.ref.key, is_new});
    row.ref = wanted;
    log(row, is_new ? "added" : "changed", is_new ? nullptr : &before, &wanted);
  }

  void remove(FeedRow& row) {
    const FeedRef before = row.ref;
    row.subscribed = row.configured = row.added = row.ref.paused = false;
    log(row, "removed", &before, nullptr);
  }

  /// For what has changed without an event.
  void keep(const FeedRow& row) {
    batch_.put(Family::feeds, number_key(row.ref.key), encode(row));
    changed_ = true;
  }

  bool changed() const { return changed_; }

  /// Feeds that were known before and are asked for anew: true = they were not subscribed.
  const std::vector<std::pair<FeedKey, bool>>& asked_anew() const { return asked_anew_; }

 private:
  void log(FeedRow& row, std::string_view verb, const FeedRef* before, const FeedRef* after) {
    ++row.rev;
    const std::string data = feed_data(row.rev, before, after);
    const std::string key = hex64(row.ref.key), type = fmt::format("feed.{}", verb);
    NewEvent event;
    event.id = fmt::format("f-{}-{}-{}", key, row.rev, verb);
    event.type = type;
    event.subject = "f-" + key;
    event.partition_key = key;
    event.time = time_;
    event.data = data;
    event.feed = row.ref.key;
    plan_.add(event);
    keep(row);
  }

  LogPlan& plan_;
  Batch& batch_;
  const std::string time_;
  const WallTime now_;
  bool changed_ = false;
  std::vector<std::pair<FeedKey, bool>> asked_anew_;
};

}  // namespace

Result<void> RocksStore::subscribe(std::span<const FeedRef> feeds) {
  const Now now = clock_.now();
  LogPlan plan(*log_, recorded_time(now.wall));
  Batch batch = database_->batch();
  FeedEdits edits(plan, batch, now.wall);
  std::unordered_set<FeedKey> wanted;
  for (const FeedRef& feed : feeds) {
    if (!wanted.insert(feed.key).second) continue;
    FeedRow& row = feeds_[feed.key];
    FeedRef ref = feed;
    ref.paused = row.ref.paused;
    edits.set(row, ref);
    if (!std::exchange(row.configured, true)) edits.keep(row);
  }
  // In the order of their keys, so that the same input gives the same events.
  std::vector<FeedKey> dropped;
  for (const auto& [key, row] : feeds_)
    if (row.configured && !wanted.contains(key)) dropped.push_back(key);
  std::sort(dropped.begin(), dropped.end());
  for (const FeedKey key : dropped) {
    FeedRow& row = feeds_.at(key);
    row.configured = false;
    if (row.added)
      edits.keep(row);
    else
      edits.remove(row);
  }
  if (!edits.changed()) return {};
  Result<void> put = put_renewed(edits.asked_anew(), now.wall, batch);
  return put ? write(plan, batch, {}, now) : std::move(put);
}

// What the poll stage remembers of feeds that are asked for anew.
Result<void> RocksStore::put_renewed(std::span<const std::pair<FeedKey, bool>> feeds, WallTime now,
                                     Batch& batch) const {
  for (const auto& [feed, added] : feeds) {
    Result<std::optional<PollRow>> row =
        read_row<PollRow>(*database_, Family::poll, number_key(feed));
    if (!row) return std::move(row).error();
    if (*row && renew(**row, added, now)) batch.put(Family::poll, number_key(feed), encode(**row));
  }
  return {};
}

Result<void> RocksStore::change_feeds(const FeedChanges& changes) {
  const Now now = clock_.now();
  LogPlan plan(*log_, recorded_time(now.wall));
  Batch batch = database_->batch();
  FeedEdits edits(plan, batch, now.wall);
  const auto each_subscribed = [this](const std::vector<FeedKey>& keys, auto edit) {
    for (const FeedKey key : keys)
      if (const auto row = feeds_.find(key); row != feeds_.end() && row->second.subscribed)
        edit(row->second);
  };
  const auto set_paused = [&edits](bool paused) {
    return [&edits, paused](FeedRow& row) {
      FeedRef ref = row.ref;
      ref.paused = paused;
      edits.set(row, ref);
    };
  };
  for (const FeedRef& feed : changes.add) {
    FeedRow& row = feeds_[feed.key];
    FeedRef ref = feed;
    ref.paused = row.ref.paused;
    if (!std::exchange(row.added, true) && row.subscribed && row.ref == ref) edits.keep(row);
    edits.set(row, ref);
  }
  each_subscribed(changes.remove, [&edits](FeedRow& row) {
    if (!row.configured) return edits.remove(row);
    row.added = false;
    edits.keep(row);
  });
  each_subscribed(changes.pause, set_paused(true));
  each_subscribed(changes.resume, set_paused(false));
  if (!edits.changed()) return {};
  Result<void> put = put_renewed(edits.asked_anew(), now.wall, batch);
  return put ? write(plan, batch, {}, now) : std::move(put);
}

std::vector<OperatorFeed> RocksStore::operator_feeds() const {
  std::vector<OperatorFeed> list;
  for (const auto& [key, row] : feeds_)
    if (row.subscribed && (row.added || row.ref.paused)) list.push_back({row.ref, row.added});
  std::sort(list.begin(), list.end(),
            [](const OperatorFeed& a, const OperatorFeed& b) { return a.ref.key < b.ref.key; });
  return list;
}

}  // namespace feedwire::storage
