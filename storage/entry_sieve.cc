#include "storage/entry_sieve.h"

#include <algorithm>

#include "base/bytes.h"
#include "storage/event_check.h"
#include "storage/json_members.h"

namespace feedwire::storage {

Result<EntrySieve> EntrySieve::make(const EntryFilter& filter, const Database& database,
                                    const Database::Snapshot* moment) {
  EntrySieve sieve(filter);
  if (filter.since) sieve.since_ = format_time(*filter.since);
  if (filter.tag.empty()) return sieve;
  bool good = true;
  Result<void> read = database.scan(
      Family::feeds, {}, {}, Database::Order::ascending,
      [&](std::string_view key, std::string_view value) {
        FeedRow row;
        good = decode(value, row);
        const std::vector<std::string>& tags = row.ref.tags;
        if (std::find(tags.begin(), tags.end(), filter.tag) != tags.end())
          sieve.tagged_feeds_.insert(get_u64(key));
        return good;
      },
      moment);
  if (!read) return std::move(read).error();
  if (!good) return Error{ErrorCode::corrupt, "feeds: a row cannot be read; run feedwire fsck"};
  return sieve;
}

bool EntrySieve::is_past(const LogRow& content) const {
  // Nothing is recorded before it is seen, and what was recorded never steps back.
  return !since_.empty() && head_member(content.line, "recordedtime") < since_;
}

bool EntrySieve::passes(const EntryRow& row, const LogRow& content) const {
  if (filter_->feed && !carries(row, *filter_->feed)) return false;
  if (filter_->since && row.updated < *filter_->since) return false;
  if (filter_->until && row.updated >= *filter_->until) return false;
  return filter_->tag.empty() || has_tag(row, content);
}

bool EntrySieve::has_tag(const EntryRow& row, const LogRow& content) const {
  if (tagged_feeds_.contains(row.owner) ||
      std::any_of(row.sighted_by.begin(), row.sighted_by.end(),
                  [&](FeedKey feed) { return tagged_feeds_.contains(feed); }))
    return true;
  const auto tags = split_array(find_member(content.item(), "tags").value_or("[]"));
  return std::any_of(tags.begin(), tags.end(),
                     [&](std::string_view tag) { return string_value(tag) == filter_->tag; });
}

}  // namespace feedwire::storage
