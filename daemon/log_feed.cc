#include "daemon/log_feed.h"

#include "daemon/log_text.h"
#include "storage/event.h"

namespace feedwire::daemon {

std::string log_feed(const storage::FeedRef& feed) {
  return log_value(feed.url) + " feed_id=" + storage::feed_id(feed.key);
}

std::string log_fetch(const storage::FeedRef& feed, std::uint64_t polls) {
  return log_feed(feed) + " fetch_id=" + storage::fetch_id(feed.key, polls);
}

}  // namespace feedwire::daemon
