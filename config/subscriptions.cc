#include "config/subscriptions.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "config/feed_url.h"

namespace feedwire::config {
namespace {

void add_tags(FeedConfig& feed, const std::vector<std::string>& tags) {
  for (const std::string& tag : tags) {
    if (std::find(feed.tags.begin(), feed.tags.end(), tag) == feed.tags.end())
      feed.tags.push_back(tag);
  }
}

}  // namespace

void join_feeds(LoadResult& result) {
  std::vector<FeedConfig> listed = std::exchange(result.config->feeds, {});
  std::vector<FeedConfig>& feeds = result.config->feeds;
  std::unordered_map<std::string, std::size_t> by_url, by_name;  // indices of `feeds`
  for (FeedConfig& feed : listed) {
    const auto [first, is_new] = by_url.emplace(url_identity(feed.url), feeds.size());
    if (!is_new && !feed.url.empty()) {
      FeedConfig& kept = feeds[first->second];
      add_tags(kept, feed.tags);
      result.config->notices.push_back(
          fmt::format("{}: {} is already listed at {}; its tags are added, the settings there hold",
                      feed.origin, feed.url, kept.origin));
      continue;
    }
    if (const auto [other, unused] = by_name.emplace(feed.name, feeds.size());
        !unused && !feed.name.empty()) {
      result.mistakes.push_back({feed.origin, 0, 0, "feed.name",
                                 fmt::format("\"{}\" is already the name of the feed at {}",
                                             feed.name, feeds[other->second].origin),
                                 ""});
    }
    feeds.push_back(std::move(feed));
  }
}

}  // namespace feedwire::config
