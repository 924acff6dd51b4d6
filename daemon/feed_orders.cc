#include "daemon/feed_orders.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "config/feed_url.h"
#include "feeds/keys.h"

namespace feedwire::daemon {
namespace {

using config::FeedConfig;
using storage::FeedRef;
using storage::OperatorFeed;

Error refused(std::string message) { return {ErrorCode::invalid_argument, std::move(message)}; }

Result<void> check_removals(const std::vector<FeedConfig>& configured,
                            const std::vector<storage::FeedKey>& remove) {
  if (remove.empty()) return {};
  const std::unordered_set<storage::FeedKey> keys(remove.begin(), remove.end());
  for (const FeedConfig& feed : configured)
    if (keys.contains(feeds::feed_key(feed.url)))
      return refused(fmt::format("{} is named at {}: remove it there, then feedwire reload",
                                 feed.url, feed.origin));
  return {};
}

// H-74: tags join, the first settings win; but who names an interval, or pages, means it.
void join(FeedRef& feed, const FeedRef& more) {
  for (const std::string& tag : more.tags)
    if (std::find(feed.tags.begin(), feed.tags.end(), tag) == feed.tags.end())
      feed.tags.push_back(tag);
  if (feed.name.empty()) feed.name = more.name;
  if (feed.title.empty()) feed.title = more.title;
  if (more.interval.count() > 0) feed.interval = more.interval;
  feed.paged |= more.paged;
}

/// Takes the feeds that are to be added one by one.
class Additions {
 public:
  Additions(const std::vector<FeedConfig>& configured, const std::vector<OperatorFeed>& known,
            const std::vector<FeedRef>& wanted) {
    std::unordered_set<std::string> urls;
    for (const FeedRef& feed : wanted) urls.insert(config::url_identity(feed.url));
    for (const FeedConfig& feed : configured) {
      if (!feed.name.empty()) names_.emplace(feed.name, feed.url);
      if (std::string url = config::url_identity(feed.url); urls.contains(url))
        configured_.emplace(std::move(url), &feed);
    }
    for (const OperatorFeed& feed : known) {
      if (!feed.added) continue;
      if (!feed.ref.name.empty()) names_.emplace(feed.ref.name, feed.ref.url);
      known_.emplace(config::url_identity(feed.ref.url), feed.ref);
    }
  }

  Result<FeedsChanged::Added> take(const FeedRef& feed) {
    const std::string url = config::url_identity(feed.url);
    if (const auto named = configured_.find(url); named != configured_.end())
      return FeedsChanged::Added{
          feeds::feed_key(named->second->url), false,
          fmt::format("it is named at {}, whose settings hold", named->second->origin)};
    const auto [place, is_new] = known_.emplace(url, feed);
    FeedRef& there = place->second;
    const FeedRef before = there;
    join(there, feed);
    if (!is_new && there == before)
      return FeedsChanged::Added{there.key, false, "it is there already"};
    if (!there.name.empty()) {
      const auto taken = names_.emplace(there.name, there.url).first;
      if (taken->second != there.url)
        return refused(fmt::format("the name \"{}\" is that of {}", there.name, taken->second));
    }
    changed_[there.key] = there;
    if (is_new) return FeedsChanged::Added{there.key, true, ""};
    return FeedsChanged::Added{there.key, false,
                               there.interval != before.interval || there.paged != before.paged
                                   ? "it is there already; its settings are changed"
                                   : "it is there already; its tags are joined"};
  }

  std::vector<FeedRef> changed() && {
    std::vector<FeedRef> list;
    list.reserve(changed_.size());
    for (auto& [key, feed] : changed_) list.push_back(std::move(feed));
    // So that the same input gives the same events.
    std::sort(list.begin(), list.end(),
              [](const FeedRef& a, const FeedRef& b) { return a.key < b.key; });
    return list;
  }

 private:
  std::unordered_map<std::string, const FeedConfig*> configured_;  // by url_identity()
  std::unordered_map<std::string, FeedRef> known_;                 // likewise
  std::unordered_map<std::string, std::string> names_;             // whose URL
  std::unordered_map<storage::FeedKey, FeedRef> changed_;
};

}  // namespace

Result<FeedsChanged> settle_changes(const std::vector<FeedConfig>& configured,
                                    const std::vector<OperatorFeed>& known,
                                    storage::FeedChanges& changes) {
  if (Result<void> may = check_removals(configured, changes.remove); !may)
    return std::move(may).error();
  FeedsChanged report;
  if (changes.add.empty()) return report;
  Additions additions(configured, known, changes.add);
  for (const FeedRef& feed : changes.add) {
    Result<FeedsChanged::Added> added = additions.take(feed);
    if (!added) return std::move(added).error();
    report.added.push_back(std::move(*added));
  }
  changes.add = std::move(additions).changed();
  return report;
}

}  // namespace feedwire::daemon
