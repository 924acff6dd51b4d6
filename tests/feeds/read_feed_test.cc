#include "feeds/read_feed.h"

#include <catch2/catch.hpp>

#include "feeds/feed.h"

namespace feedwire::feeds {
namespace {

constexpr std::string_view kDocument = R"(<?xml version="1.0"?>
<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>
<title>Example</title><link>https://example.org/</link><ttl>30</ttl>
<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>
<skipHours><hour>0</hour><hour>23</hour></skipHours><skipDays><day>Sunday</day></skipDays>
<item><guid>1</guid><link>https://example.org/1</link><title>One</title>
<pubDate>Tue, 14 Nov 2023 22:13:20 GMT</pubDate><description>First</description></item>
<item><guid>2</guid><link>https://example.org/2</link><title>Two</title>
<description>Second</description></item>
</channel></rss>)";

ReadRequest some_request() {
  ReadRequest request;
  request.source.url = request.subscribed_url = "https://example.org/feed";
  request.feed = feed_key(request.subscribed_url);
  return request;
}

Feed read(std::string_view document, const ReadRequest& request = some_request()) {
  return Feed::check(read_feed(document, request).value()).value();
}

std::string replaced(std::string document, std::string_view from, std::string_view to) {
  document.replace(document.find(from), from.size(), to);
  return document;
}

}  // namespace

TEST_CASE("a document becomes a feed with keys, revisions and JSON", "[read_feed]") {
  const Feed feed = read(kDocument);
  CHECK(feed.info().title == "Example");
  CHECK(feed.info().format == "rss-2.0");
  CHECK(feed.info().json.find("\"items\"") == std::string_view::npos);
  REQUIRE(feed.size() == 2);
  const EntryView entry = feed.entry(0);
  CHECK(entry.guid == "1");
  CHECK(entry.canonical_url == "https://example.org/1");
  CHECK(entry.title == "One");
  CHECK(entry.json.find(R"("summary":"First")") != std::string_view::npos);
  CHECK(entry.published->time_since_epoch().count() == 1'700'000'000);
  CHECK(entry.link_unique);
  CHECK(entry.link_trusted);
  CHECK(entry.own_domain);
  CHECK(entry.revision);
  CHECK(entry.keys[KeyKind::guid] == key_hash(KeyKind::guid, some_request().feed, "1"));
  CHECK(entry.json.starts_with(R"({"id":"1","url":"https://example.org/1","title":"One")"));
}

TEST_CASE("a format's version that is not one does not spoil the feed", "[read_feed]") {
  const auto format_of = [](std::string_view document) {
    return std::string(read(document).info().format);
  };
  CHECK(format_of(R"(<rss version="0.92x"><channel/></rss>)") == "rss-0.92");
  CHECK(format_of("<rss version=\"0.9\u00e9\"><channel/></rss>") == "rss-0.9");
  const std::string start = R"({"items":[],"version":"https://jsonfeed.org/version/)";
  CHECK(format_of(start + "1.\xff\\ude00\"}") == "json-feed-1.");
  CHECK(format_of(start + "\\ude00\"}") == "json-feed");
  CHECK(format_of(start + std::string(100, '1') + "\"}") == "json-feed-11111111");
}

TEST_CASE("what the document says of polling is counted in minutes and bits", "[read_feed]") {
  const Feed feed = read(kDocument);
  CHECK(feed.info().ttl_minutes == 30u);
  CHECK(feed.info().update_interval_minutes == 360u);
  CHECK(feed.info().skip_hours == (1u | 1u << 23));
  CHECK(feed.info().skip_days == 1u);
}

TEST_CASE("an entry whose raw hash is known is neither finished nor rendered, but keeps its keys",
          "[read_feed]") {
  const Feed first = read(kDocument);
  ReadRequest request = some_request();
  request.known_raw = {~std::uint64_t{0}, first.entry(0).raw_hash, 3};
  const Feed second = read(replaced(std::string(kDocument), "Second", "Changed"), request);

  const EntryView known = second.entry(0);
  CHECK(known.unchanged);
  CHECK(known.json.empty());
  CHECK_FALSE(known.revision);
  CHECK(known.keys.hashes == first.entry(0).keys.hashes);
  CHECK_FALSE(second.entry(1).unchanged);
  CHECK(second.entry(1).revision != first.entry(1).revision);
}

TEST_CASE("I-4 an entry that stands in the document twice is one", "[read_feed]") {
  const std::string twice = replaced(
      std::string(kDocument), "</channel>",
      "<item><guid>2</guid><link>https://example.org/2</link><title>Two</title></item></channel>");
  const Feed feed = read(twice);
  CHECK(feed.size() == 2);
  CHECK_FALSE(feed.entry(1).guid_repeated);
}

TEST_CASE("the same bytes give the same buffer", "[read_feed]") {
  CHECK(read(kDocument).buffer() == read(kDocument).buffer());
}

TEST_CASE("what is no feed is malformed, and the message says what it is", "[read_feed]") {
  const auto html = read_feed("<!DOCTYPE html><html><body>Hello</body></html>", some_request());
  REQUIRE_FALSE(html);
  CHECK(html.error().code == ErrorCode::malformed);
  CHECK(html.error().message.find("HTML") != std::string::npos);
}

TEST_CASE("I-16 a date without a zone is UTC unless something says more", "[read_feed]") {
  const auto published = [](const char* date, const char* url, const char* zone) {
    ReadRequest request = some_request();
    request.source.url = url;
    request.source.time_zone = zone;
    const std::string document = std::string("<rss version='2.0'><channel><title>T</title><item>") +
                                 "<guid>1</guid><pubDate>" + date +
                                 "</pubDate></item></channel></rss>";
    const Feed feed = Feed::check(read_feed(document, request).value()).value();
    return feed.entry(0).published->time_since_epoch().count();
  };
  constexpr const char* kElsewhere = "https://example.org/feed";
  constexpr const char* kInChina = "https://rss.example.com.cn/feed";
  constexpr int kHour = 3600;
  const auto utc = published("2025-02-01 10:00:00", kElsewhere, "");
  CHECK(utc == 1'738'404'000);
  CHECK(published("2025-02-01 10:00:00", kElsewhere, "+08:00") == utc - 8 * kHour);
  CHECK(published("2025-07-01 10:00:00", kElsewhere, "Europe/Berlin") ==
        published("2025-07-01T08:00:00Z", kElsewhere, ""));
  CHECK(published("2025-02-01 10:00:00", kInChina, "") == utc - 8 * kHour);
  CHECK(published("2025-02-01 10:00:00", kInChina, "UTC") == utc);
  CHECK(published("2025-02-01T10:00:00Z", kInChina, "+03:00") == utc);
  // No zone makes a date one that no feed can have.
  CHECK(published("1970-01-01 01:00:00", kElsewhere, "+08:00") == kHour);
}

TEST_CASE("I-16 a feed says whether its dates were taken as UTC for want of a zone",
          "[read_feed]") {
  const std::string zoneless =
      replaced(std::string(kDocument), "Tue, 14 Nov 2023 22:13:20 GMT", "2023-11-14 22:13:20");
  CHECK_FALSE(read(kDocument).info().has_zoneless_dates);
  CHECK(read(zoneless).info().has_zoneless_dates);
  ReadRequest request = some_request();
  request.source.time_zone = "UTC";  // the operator has said so
  CHECK_FALSE(read(zoneless, request).info().has_zoneless_dates);
}

TEST_CASE("I-21 the operator's URL rules hold for links, guids and revisions", "[read_feed]") {
  const auto read_entry = [](const std::string& query) {
    ReadRequest request = some_request();
    request.rules.strip_params = {"sid"};
    request.rules.host_aliases = {{"m.example.org", "example.org"}};
    const std::string document =
        "<rss version='2.0'><channel><title>T</title><item><guid>http://m.example.org/1?sid=" +
        query + "</guid><link>http://m.example.org/1?sid=" + query +
        "</link></item></channel></rss>";
    return Feed::check(read_feed(document, request).value()).value();
  };
  const Feed a = read_entry("1"), b = read_entry("2");
  CHECK(a.entry(0).canonical_url == "https://example.org/1");
  CHECK(a.entry(0).revision == b.entry(0).revision);
  CHECK(a.entry(0).keys[KeyKind::link] == b.entry(0).keys[KeyKind::link]);
  CHECK(a.entry(0).keys[KeyKind::guid_alias] == b.entry(0).keys[KeyKind::guid_alias]);
  CHECK(a.entry(0).keys[KeyKind::guid] != b.entry(0).keys[KeyKind::guid]);
}

TEST_CASE("OP-13 what resolves to the feed's own URL does not tell its credential", "[read_feed]") {
  ReadRequest request = some_request();
  request.source.url = "https://example.org/feed?a=1&token=c4n4ry";
  const std::string document =
      "<rss version='2.0'><channel><title>T</title><item><title>One</title><link>#one</link>"
      "<description>&lt;a href='#note'&gt;1&lt;/a&gt;&lt;a "
      "href=''&gt;2&lt;/a&gt;</description></item>"
      "<item><title>Two</title><link>https://example.org/2?token=c4n4ry2</link></item></channel></"
      "rss>";
  const Feed feed = read(document, request);
  REQUIRE(feed.size() == 2);
  const EntryView one = feed.entry(0);
  CHECK(one.json.find("c4n4ry") == std::string_view::npos);
  CHECK(one.json.find("https://example.org/feed?a=1&token=[redacted]#one") != one.json.npos);
  CHECK(one.json.find("https://example.org/feed?a=1&amp;token=[redacted]#note") != one.json.npos);
  CHECK(one.canonical_url.find("c4n4ry") == std::string_view::npos);
  // Links elsewhere are the publisher's: who is to fetch them needs all of them.
  CHECK(feed.entry(1).json.find("https://example.org/2?token=c4n4ry2") != std::string_view::npos);

  // Entries are known by what is really there.
  const std::string other = "https://example.org/feed?a=1&token=another";
  request.source.url = other;
  const Feed moved = read(document, request);
  CHECK(moved.entry(0).json == one.json);
  CHECK(moved.entry(0).keys[KeyKind::link] != one.keys[KeyKind::link]);
}

TEST_CASE("I-17 the tombstones of a document are handed over as guid keys", "[read_feed]") {
  const Feed feed = read(
      "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:at='http://purl.org/atompub/tombstones/1.0'>"
      "<title>T</title><at:deleted-entry ref=' tag:e,1 ' when='2025-02-01T10:00:00Z'/>"
      "<at:deleted-entry/></feed>");
  CHECK(feed.info().deleted ==
        std::vector{key_hash(KeyKind::guid, some_request().feed, "tag:e,1")});
}

}  // namespace feedwire::feeds
