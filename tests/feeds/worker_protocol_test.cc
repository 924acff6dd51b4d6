#include "feeds/worker_protocol.h"

#include <catch2/catch.hpp>

#include "base/bytes.h"
#include "base/rng.h"

namespace feedwire::feeds {
namespace {

using Status = WorkerReply::Status;

constexpr std::size_t kRegion = 4096;

std::string_view view(const std::vector<char>& region) { return {region.data(), region.size()}; }

ReadRequest some_request() {
  ReadRequest request;
  request.source = {"https://example.org/feed", "text/xml", "+08:00"};
  request.rules.strip_params = {"sid", "x_*"};
  request.rules.host_aliases = {{"m.example.org", "www.example.org"}};
  request.feed = 7;
  request.subscribed_url = "https://example.org/rss";
  request.known_raw = {1, ~std::uint64_t{0}};
  request.find_linked = true;
  return request;
}

std::vector<char> region_with(std::string_view bytes) {
  std::vector<char> region(kRegion);
  std::copy(bytes.begin(), bytes.end(), region.begin());
  return region;
}

void add_feed(ReplyWriter& writer, std::string_view payload) {
  const std::span<char> room = writer.add_feed(payload.size());
  payload.copy(room.data(), room.size());
}

Result<std::vector<WorkerReply>> decode_replies(std::string_view region, std::size_t expected) {
  Result<ReplyReader> reader = ReplyReader::open(region, expected);
  if (!reader) return std::move(reader).error();
  std::vector<WorkerReply> replies;
  while (replies.size() < expected) {
    Result<WorkerReply> reply = reader->next();
    if (!reply) return std::move(reply).error();
    replies.push_back(*std::move(reply));
  }
  return replies;
}

// A reply region whose header says this.
std::vector<char> reply_with(std::uint32_t count, std::uint32_t status, std::uint32_t size) {
  std::vector<char> region(kRegion);
  ReplyWriter writer(region);
  add_feed(writer, "x");
  std::string header(region.data(), 4);
  put_u32(header, count);
  put_u32(header, status);
  put_u32(header, size);
  std::copy(header.begin(), header.end(), region.begin());
  return region;
}

}  // namespace

TEST_CASE("a worker reads the requests that the daemon wrote", "[worker_protocol]") {
  std::vector<char> region(kRegion);
  RequestWriter writer(region);
  REQUIRE(writer.add(some_request(), "<rss/>"));
  REQUIRE(writer.add({}, std::string("\0\xff", 2)));

  const auto requests = decode_requests(view(region)).value();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].request.source.url == "https://example.org/feed");
  CHECK(requests[0].request.source.content_type == "text/xml");
  CHECK(requests[0].request.feed == 7);
  CHECK(requests[0].request.subscribed_url == "https://example.org/rss");
  CHECK(requests[0].request.known_raw == some_request().known_raw);
  CHECK(requests[0].request.find_linked);
  CHECK(requests[0].body == "<rss/>");
  CHECK(requests[1].request.known_raw.empty());
  CHECK(requests[1].body == std::string("\0\xff", 2));
}

TEST_CASE("a request batch takes what fits, and eight documents", "[worker_protocol]") {
  std::vector<char> region(kRegion);
  RequestWriter writer(region);
  CHECK_FALSE(writer.add({}, std::string(kRegion, 'x')));
  for (std::size_t i = 0; i < kMaxBatch; ++i) CHECK(writer.add({}, "x"));
  CHECK_FALSE(writer.add({}, "x"));
  CHECK(decode_requests(view(region)).value().size() == kMaxBatch);

  RequestWriter full(region);
  REQUIRE(full.add({}, std::string(kRegion / 2, 'x')));
  CHECK_FALSE(full.add({}, std::string(kRegion / 2, 'y')));
  CHECK(decode_requests(view(region)).value().size() == 1);
}

TEST_CASE("a region that holds no request is not taken for one", "[worker_protocol]") {
  CHECK_FALSE(decode_requests(""));
  CHECK_FALSE(decode_requests(view(std::vector<char>(kRegion))));
  std::vector<char> region(kRegion);
  RequestWriter writer(region);
  CHECK_FALSE(decode_requests(view(region)));  // an empty batch
  REQUIRE(writer.add(some_request(), "<rss/>"));
  CHECK_FALSE(decode_requests(view(region).substr(0, writer.used_bytes() - 1)));
}

TEST_CASE("the daemon reads the replies that a worker wrote", "[worker_protocol]") {
  std::vector<char> region(kRegion);
  ReplyWriter writer(region);
  add_feed(writer, "flat");
  writer.add_error(Error{ErrorCode::malformed, "an HTML page"});
  writer.add_error(Error{ErrorCode::too_large, "too large"});
  CHECK(writer.add_feed(kRegion).empty());
  add_feed(writer, "after");

  const auto replies = decode_replies(view(region), 5).value();
  CHECK(replies[0].status == Status::feed);
  CHECK(replies[0].payload == "flat");
  CHECK(replies[1].status == Status::malformed);
  CHECK(replies[1].payload == "an HTML page");
  CHECK(replies[2].status == Status::too_large);
  CHECK(replies[3].status == Status::no_room);
  CHECK(replies[3].payload.empty());
  CHECK(replies[4].payload == "after");
}

TEST_CASE("P-12 a page comes with the feeds it links to, ten at most", "[worker_protocol]") {
  std::vector<char> region(64 * 1024);
  ReplyWriter writer(region);
  const Error page{ErrorCode::malformed, "an HTML\npage"};
  const std::string longest = "http://x/" + std::string(kMaxLinkedUrlBytes - 9, 'a');
  writer.add_page(page,
                  {"http://x/1", "", "http://x/\n2", longest + "a", "http://x/\xff", longest});
  writer.add_page(page, {});
  writer.add_page(page, std::vector<std::string>(kMaxLinkedFeeds + 1, longest));
  const auto replies = decode_replies(view(region), 3).value();
  CHECK(replies[0].status == Status::page);
  CHECK(replies[0].payload == "an HTML page");
  CHECK(replies[0].linked_feeds == std::vector<std::string>{"http://x/1", longest});
  CHECK(replies[1].status == Status::malformed);
  CHECK(replies[2].linked_feeds.size() == kMaxLinkedFeeds);
}

TEST_CASE("S12 a page that lies about its links is refused", "[worker_protocol]") {
  const auto refuses = [](const std::string& payload) {
    std::vector<char> region(64 * 1024);
    ReplyWriter writer(region);
    add_feed(writer, payload);
    region[11] = static_cast<char>(Status::page);  // the last byte of the first slot's status
    return !decode_replies(view(region), 1);
  };
  CHECK_FALSE(refuses("page\nhttp://x/"));
  CHECK(refuses("page"));
  CHECK(refuses("page\n"));
  CHECK(refuses("page\nhttp://x/\n\nhttp://x/"));
  CHECK(refuses("page\n" + std::string(kMaxLinkedUrlBytes + 1, 'a')));
  std::string many = "page";
  for (std::size_t i = 0; i <= kMaxLinkedFeeds; ++i) many += "\nhttp://x/";
  CHECK(refuses(many));
}

TEST_CASE("there are no more replies than requests", "[worker_protocol]") {
  std::vector<char> region(kRegion);
  ReplyWriter writer(region);
  add_feed(writer, "flat");
  ReplyReader reader = ReplyReader::open(view(region), 1).value();
  CHECK(reader.next());
  CHECK(reader.next().error().code == ErrorCode::corrupt);
}

TEST_CASE("a long message is cut between characters", "[worker_protocol]") {
  std::vector<char> region(kRegion);
  ReplyWriter writer(region);
  std::string message = "x";
  while (message.size() < 2 * kMaxMessageBytes) message += "网";
  writer.add_error(Error{ErrorCode::malformed, message});
  const auto replies = decode_replies(view(region), 1).value();
  CHECK(replies[0].payload == message.substr(0, kMaxMessageBytes));  // 1 + 341 * 3
}

TEST_CASE("S12 a reply that lies about itself is refused", "[worker_protocol]") {
  const auto refuses = [](const std::vector<char>& region) {
    const auto replies = decode_replies(view(region), 1);
    return !replies && replies.error().code == ErrorCode::corrupt;
  };
  CHECK_FALSE(refuses(reply_with(1, 0, 1)));
  CHECK(refuses(std::vector<char>(kRegion)));
  CHECK(refuses(region_with("FWRP")));
  CHECK(refuses(reply_with(0, 0, 1)));
  CHECK(refuses(reply_with(2, 0, 1)));
  CHECK(refuses(reply_with(0xffffffff, 0, 1)));
  CHECK(refuses(reply_with(1, 4, 1)));  // a page without links
  CHECK(refuses(reply_with(1, 5, 1)));
  CHECK(refuses(reply_with(1, 0, kRegion)));
  CHECK(refuses(reply_with(1, 0, 0xffffffff)));
  CHECK(refuses(reply_with(1, 1, kMaxMessageBytes + 1)));
  CHECK(refuses({}));

  std::vector<char> bad_text(kRegion);
  ReplyWriter(bad_text).add_error(Error{ErrorCode::malformed, "message"});
  *std::find(bad_text.begin(), bad_text.end(), 'm') = '\xff';
  CHECK(refuses(bad_text));
}

TEST_CASE("S12 random damage to a reply is refused or harmless", "[worker_protocol]") {
  std::vector<char> region(kRegion);
  ReplyWriter writer(region);
  add_feed(writer, "flat");
  writer.add_page(Error{ErrorCode::malformed, "message"}, {"http://x/"});
  SeededRng rng(20261121);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<char> damaged = region;
    for (std::uint64_t i = 1 + rng.next() % 4; i > 0; --i)
      damaged[rng.next() % 128] = static_cast<char>(rng.next());
    const auto replies = decode_replies(view(damaged), 2);
    REQUIRE((replies ? replies->size() == 2 : replies.error().code == ErrorCode::corrupt));
  }
}

}  // namespace feedwire::feeds
