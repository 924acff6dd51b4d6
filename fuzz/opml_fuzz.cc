// OPML: what comes out can be polled and printed.

#include <string>

#include "base/utf8.h"
#include "config/feed_url.h"
#include "config/opml.h"
#include "fuzz/harness.h"

using namespace feedwire;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  const auto read =
      fuzz::within_limits(size, [&] { return config::parse_opml(text, "feeds.opml"); });
  if (const auto* mistake = std::get_if<config::Mistake>(&read)) {
    fuzz::require(!mistake->message.empty() && mistake->line > 0, "a mistake without a line");
    return 0;
  }
  for (const config::FeedConfig& feed : std::get<config::OpmlFile>(read).feeds) {
    const Result<std::string> url = config::check_feed_url(feed.url);
    fuzz::require(url && *url == feed.url, "no URL of a feed", feed.url);
    fuzz::require(is_valid_utf8(feed.title) && is_safe_text(feed.title), "title", feed.title);
    for (const std::string& tag : feed.tags)
      fuzz::require(!tag.empty() && is_valid_utf8(tag) && is_safe_text(tag), "tag", tag);
  }
  return 0;
}
