// What lies in memory that a hostile parse worker, or a broken daemon, has written. The first byte
// of the input chooses: a request region, a reply region, a flat Feed as it is, or a good Feed with
// bytes changed. A change is three bytes: an offset, big-endian, and the new value.

#include <optional>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "feeds/feed.h"
#include "feeds/worker_protocol.h"
#include "fuzz/harness.h"

using namespace feedwire;

namespace {

constexpr std::string_view kDocument = R"(<rss version="2.0"><channel><title>T</title>
<link>https://e.example/</link><description>D</description><ttl>60</ttl>
<item><title>One</title><link>https://e.example/1</link><guid>1</guid>
<pubDate>Sat, 21 Nov 2026 21:15:01 GMT</pubDate><description>&lt;p&gt;Text&lt;/p&gt;</description></item>
<item><title>Two</title><link>https://e.example/2</link><guid>2</guid></item></channel></rss>)";

std::string good_feed() {
  feeds::ReadRequest request;
  request.source.url = "https://e.example/feed";
  return feeds::read_feed(kDocument, request).value();
}

void change(std::string& bytes, std::string_view changes) {
  for (; changes.size() >= 3; changes.remove_prefix(3)) {
    const auto offset = static_cast<std::size_t>(static_cast<unsigned char>(changes[0]) << 8 |
                                                 static_cast<unsigned char>(changes[1]));
    bytes[offset % bytes.size()] = changes[2];
  }
}

void check_feed(std::string bytes) {
  const std::size_t size = bytes.size();
  const Result<feeds::Feed> feed =
      fuzz::within_limits(size, [&] { return feeds::Feed::check(std::move(bytes)); });
  if (!feed) return;
  const feeds::FeedInfoView info = feed->info();
  fuzz::require(is_valid_utf8(info.title) && is_safe_text(info.json), "the feed", info.json);
  for (std::size_t i = 0; i < feed->size(); ++i) {
    const feeds::EntryView entry = feed->entry(i);
    for (const std::string_view text : {entry.guid, entry.canonical_url, entry.title})
      fuzz::require(is_valid_utf8(text), "a text in bad UTF-8", text);
    fuzz::require(entry.unchanged ? entry.json.empty() : entry.json.ends_with("}}"), "JSON",
                  entry.json);
    fuzz::require(is_safe_text(entry.json), "a line break in JSON", entry.json);
  }
}

void check_requests(std::string_view region) {
  const auto requests =
      fuzz::within_limits(region.size(), [&] { return feeds::decode_requests(region); });
  if (!requests) return;
  for (const feeds::WorkerRequest& request : *requests)
    fuzz::require(request.body.empty() ||
                      (request.body.data() >= region.data() &&
                       request.body.data() + request.body.size() <= region.data() + region.size()),
                  "a body outside the region");
}

std::optional<std::vector<feeds::WorkerReply>> decode_replies(std::string_view region,
                                                              std::size_t expected) {
  Result<feeds::ReplyReader> reader = feeds::ReplyReader::open(region, expected);
  if (!reader) return std::nullopt;
  std::vector<feeds::WorkerReply> replies;
  while (replies.size() < expected) {
    Result<feeds::WorkerReply> reply = reader->next();
    if (!reply) return std::nullopt;
    replies.push_back(*std::move(reply));
  }
  return replies;
}

void check_links(const feeds::WorkerReply& reply) {
  const bool is_page = reply.status == feeds::WorkerReply::Status::page;
  fuzz::require(is_page != reply.linked_feeds.empty(), "links, or a page without them");
  fuzz::require(reply.linked_feeds.size() <= feeds::kMaxLinkedFeeds, "too many links");
  for (const std::string& url : reply.linked_feeds)
    fuzz::require(!url.empty() && url.size() <= feeds::kMaxLinkedUrlBytes && is_valid_utf8(url) &&
                      url.find('\n') == url.npos,
                  "a link that is no line of text", url);
}

void check_replies(std::string_view region) {
  for (const std::size_t expected : {1u, 2u, 8u}) {
    auto replies =
        fuzz::within_limits(region.size(), [&] { return decode_replies(region, expected); });
    if (!replies) continue;
    for (feeds::WorkerReply& reply : *replies) {
      check_links(reply);
      if (reply.status == feeds::WorkerReply::Status::feed) check_feed(std::move(reply.payload));
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest = fuzz::as_text(data + 1, size - 1);
  if (data[0] == 'q') {
    check_requests(rest);
  } else if (data[0] == 'a') {
    check_replies(rest);
  } else if (data[0] == 'f') {
    check_feed(std::string(rest));
  } else {
    std::string feed = good_feed();
    change(feed, rest);
    check_feed(std::move(feed));
  }
  return 0;
}
