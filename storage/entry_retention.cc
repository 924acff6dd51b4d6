#include "storage/entry_retention.h"

#include <algorithm>
#include <utility>

namespace feedwire::storage {
namespace {

constexpr std::chrono::minutes kLookInterval{1};
constexpr std::size_t kWindowsPerStep = 32;
constexpr std::chrono::minutes kFirstSweep{10};  // a start has other things to do
constexpr std::chrono::hours kSweepInterval{24};
constexpr int kRefreshesPerLife = 4;
constexpr std::chrono::hours kLastSeenPrecision{24};  // DB-5: written once a day at most
// Between the end of a fetch, which entries are dated by, and its commit, by which time other
// things may have been judged.
constexpr std::chrono::hours kCommitDelay{1};

}  // namespace

EntryRetention::EntryRetention(const Options& options, Database& database, FeedRows& feeds)
    : options_(options),
      database_(database),
      feeds_(feeds),
      refresh_interval_(std::min(options.keep_entries, options.keep_keys) / kRefreshesPerLife),
      refresh_precision_(
          std::min<std::chrono::microseconds>(kLastSeenPrecision, refresh_interval_ / 2)),
      sweep_(database) {}

Result<void> EntryRetention::step(Now now, WallTime log_begins, Outbox& outbox) {
  if (now.mono >= next_look_) {
    next_look_ = now.mono + kLookInterval;
    if (Result<void> looked = look_at_feeds(now.wall); !looked) return looked;
  }
  if (!stale_.empty()) return refresh_some(now.wall);
  if (!next_sweep_) next_sweep_ = now.mono + kFirstSweep;
  if (!sweep_.is_running() && now.mono >= *next_sweep_) {
    next_sweep_ = now.mono + kSweepInterval;
    sweep_.begin(content_before_, std::min(keys_before_, log_begins - kCommitDelay));
  }
  return sweep_.step(outbox);
}

// Which windows need care, and what has expired.
Result<void> EntryRetention::look_at_feeds(WallTime now) {
  stale_.clear();
  WallTime oldest = now;
  for (const auto& [key, feed] : feeds_) {
    if (!feed.subscribed) continue;
    oldest = std::min(oldest, feed.refreshed);
    if (feed.refreshed + refresh_interval_ <= now) stale_.push_back(key);
  }
  const WallTime before = oldest - kCommitDelay - options_.keep_keys;
  std::vector<FeedKey> forgotten;
  for (const auto& [key, feed] : feeds_)
    if (!feed.subscribed && feed.refreshed != WallTime{} && feed.refreshed < before)
      forgotten.push_back(key);
  // In the order of their keys, so that the same input does the same.
  std::sort(stale_.begin(), stale_.end());
  std::sort(forgotten.begin(), forgotten.end());
  // First these, for a window must not name what has expired.
  if (Result<void> dropped = drop_windows(forgotten); !dropped) return dropped;
  keys_before_ = std::max(keys_before_, before);
  content_before_ = std::max(content_before_, oldest - kCommitDelay - options_.keep_entries);
  return {};
}

// Of feeds that nobody has subscribed to for long.
Result<void> EntryRetention::drop_windows(const std::vector<FeedKey>& feeds) {
  if (feeds.empty()) return {};
  Batch batch = database_.batch();
  for (const FeedKey feed : feeds) {
    FeedRow& row = feeds_.at(feed);
    row.refreshed = {};
    batch.remove(Family::window, number_key(feed));
    batch.put(Family::feeds, number_key(feed), encode(row));
  }
  return database_.write(batch);
}

Result<void> EntryRetention::refresh_some(WallTime now) {
  Batch batch = database_.batch();
  for (std::size_t i = 0; i < kWindowsPerStep && !stale_.empty(); ++i) {
    const FeedKey feed = stale_.back();
    stale_.pop_back();
    if (Result<void> done = refresh(feed, now, batch); !done) return done;
  }
  return database_.write(batch);
}

Result<void> EntryRetention::refresh(FeedKey feed, WallTime now, Batch& batch) {
  Result<std::optional<WindowRow>> window =
      read_row<WindowRow>(database_, Family::window, number_key(feed));
  if (!window) return std::move(window).error();
  std::vector<std::string_view> keys;
  if (*window)
    for (const WindowItem& item : (*window)->items) keys.push_back(item.entry.view());
  Result<std::vector<std::optional<std::string>>> entries =
      database_.multi_get(Family::entries, keys);
  if (!entries) return std::move(entries).error();
  const WallTime refreshed = now - refresh_precision_;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EntryRow row;
    // What cannot be read is for fsck to tell.
    if (!(*entries)[i] || !decode(*(*entries)[i], row) || row.last_seen >= refreshed) continue;
    row.last_seen = now;
    batch.put(Family::entries, keys[i], encode(row));
  }
  FeedRow& row = feeds_.at(feed);
  row.refreshed = refreshed;
  batch.put(Family::feeds, number_key(feed), encode(row));
  return {};
}

}  // namespace feedwire::storage
