#include "storage/entry_sweep.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace feedwire::storage {
namespace {

constexpr std::size_t kRowsPerStep = 1000;
constexpr std::size_t kMaxExpired = 200'000;  // the others wait for the next sweep

}  // namespace

void EntrySweep::begin(WallTime content_before, WallTime rows_before) {
  content_before_ = content_before;
  rows_before_ = rows_before;
  position_.clear();
  expired_.clear();
  removed_ = 0;
  stage_ = Stage::entries;
}

Result<void> EntrySweep::step(Outbox& outbox) {
  switch (stage_) {
    case Stage::none:
      return {};
    case Stage::entries:
      return sweep_entries(outbox);
    case Stage::keys:
      return sweep_keys();
    case Stage::expired:
      return remove_expired();
  }
  return {};
}

Result<void> EntrySweep::sweep_entries(Outbox& outbox) {
  Batch batch = database_.batch();
  bool changed = false;
  std::size_t rows = 0;
  Result<void> scanned = database_.scan(
      Family::entries, position_, {}, Database::Order::ascending,
      [&](std::string_view key, std::string_view value) {
        position_.assign(key).push_back('\0');
        EntryRow row;
        // What cannot be read is for fsck to tell.
        const bool readable = decode(value, row);
        if (readable && row.content != 0 && last_heard(row) < content_before_) {
          outbox.supersede(row.content, batch);
          row.content = 0;
          batch.put(Family::entries, key, encode(row));
          changed = true;
        }
        if (readable && last_heard(row) < rows_before_ && expired_.size() < kMaxExpired)
          expired_.push_back(Hash128::from_bytes(key));
        return ++rows < kRowsPerStep;
      });
  if (!scanned) return scanned;
  if (rows < kRowsPerStep) {
    stage_ = expired_.empty() ? Stage::none : Stage::keys;
    position_.clear();
    std::sort(expired_.begin(), expired_.end());
  }
  return changed ? database_.write(batch) : Result<void>();
}

// Before the entries: no key is left that leads nowhere.
Result<void> EntrySweep::sweep_keys() {
  Batch batch = database_.batch();
  bool changed = false;
  std::size_t rows = 0;
  Result<void> scanned = database_.scan(Family::keys, position_, {}, Database::Order::ascending,
                                        [&](std::string_view key, std::string_view value) {
                                          position_.assign(key).push_back('\0');
                                          KeyRow row;
                                          if (decode(value, row) && has_expired(row)) {
                                            batch.remove(Family::keys, key);
                                            changed = true;
                                          }
                                          return ++rows < kRowsPerStep;
                                        });
  if (!scanned) return scanned;
  if (rows < kRowsPerStep) stage_ = Stage::expired;
  return changed ? database_.write(batch) : Result<void>();
}

bool EntrySweep::has_expired(const KeyRow& row) const {
  const auto at = std::lower_bound(
      expired_.begin(), expired_.end(), row.entry,
      [](const Hash128& entry, std::uint64_t prefix) { return entry.prefix() < prefix; });
  return at != expired_.end() && at->prefix() == row.entry;
}

Result<void> EntrySweep::remove_expired() {
  const std::size_t end = std::min(removed_ + kRowsPerStep, expired_.size());
  std::vector<std::string_view> keys;
  for (std::size_t i = removed_; i < end; ++i) keys.push_back(expired_[i].view());
  removed_ = end;
  if (end == expired_.size()) stage_ = Stage::none;
  Result<std::vector<std::optional<std::string>>> rows = database_.multi_get(Family::entries, keys);
  if (!rows) return std::move(rows).error();
  Batch batch = database_.batch();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EntryRow row;
    // Meanwhile it may have been replaced: then it leads to its successor.
    if ((*rows)[i] && decode(*(*rows)[i], row) && last_heard(row) < rows_before_)
      batch.remove(Family::entries, keys[i]);
  }
  return database_.write(batch);
}

}  // namespace feedwire::storage
