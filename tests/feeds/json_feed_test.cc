#include "feeds/json_feed.h"

#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <chrono>

namespace feedwire::feeds {
namespace {

std::string item_json(const ParsedEntry& entry) {
  std::string out;
  append_item_json(out, entry);
  return out;
}

std::string feed_head_json(const ParsedFeed& feed) {
  std::string out;
  append_feed_json(out, feed);
  return out;
}

std::chrono::sys_seconds at(long seconds) {
  return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

ParsedEntry full_entry() {
  ParsedEntry entry;
  entry.guid = "tag:1";
  entry.guid_is_permalink = false;
  entry.url = "https://example.org/1";
  entry.external_url = "https://example.net/";
  entry.title = "A \"title\"";
  entry.content_html = "<p>x</p>";
  entry.summary = "x";
  entry.image = "https://example.org/i.png";
  entry.banner_image = "https://example.org/b.png";
  entry.published = at(0);
  entry.modified = at(1'700'000'000);
  entry.authors = {{"Ann", "https://example.org/ann", "ann@example.org", ""}, {"Bob", "", "", ""}};
  entry.tags = {"news", "云"};
  entry.language = "zh-CN";
  entry.attachments = {{"https://example.org/a.mp3", "audio/mpeg", "Part 1", 123, 60}};
  return entry;
}

}  // namespace

TEST_CASE("an item has JSON Feed's names in its order, _feedwire last", "[json_feed]") {
  CHECK(item_json(full_entry()) ==
        R"({"id":"tag:1","url":"https://example.org/1","external_url":"https://example.net/",)"
        R"("title":"A \"title\"","content_html":"<p>x</p>","summary":"x",)"
        R"("image":"https://example.org/i.png","banner_image":"https://example.org/b.png",)"
        R"("date_published":"1970-01-01T00:00:00Z","date_modified":"2023-11-14T22:13:20Z",)"
        R"("authors":[{"name":"Ann","url":"https://example.org/ann"},{"name":"Bob"}],)"
        R"("tags":["news","云"],"language":"zh-CN",)"
        R"("attachments":[{"url":"https://example.org/a.mp3","mime_type":"audio/mpeg",)"
        R"("title":"Part 1","size_in_bytes":123,"duration_in_seconds":60}],)"
        R"("_feedwire":{"guid":"tag:1","guid_is_permalink":false,)"
        R"("authors_email":["ann@example.org",""]}})");
}

TEST_CASE("what is unknown is absent, but _feedwire is always there", "[json_feed]") {
  ParsedEntry entry;
  entry.url = "https://example.org/1";
  CHECK(item_json(entry) ==
        R"({"id":"https://example.org/1","url":"https://example.org/1","_feedwire":{}})");
  CHECK(feed_head_json({}) == R"({"version":"https://jsonfeed.org/version/1.1","_feedwire":{}})");
  CHECK(feed_json({}) ==
        R"({"version":"https://jsonfeed.org/version/1.1","items":[],"_feedwire":{}})");
}

TEST_CASE("a number beyond what a double holds is the largest that it does", "[json_feed]") {
  ParsedEntry entry;
  entry.guid = "1";
  entry.comments_count = 9'999'999'999'999'999;
  CHECK(item_json(entry) ==
        R"({"id":"1","_feedwire":{"guid":"1","comments_count":9007199254740991}})");
}

TEST_CASE("what JSON Feed has no field for stands under _feedwire of the item", "[json_feed]") {
  ParsedEntry entry;
  entry.guid = "1";
  entry.comments_url = "https://example.org/c";
  entry.comments_feed_url = "https://example.org/c.xml";
  entry.comments_count = 4;
  entry.rights = "r";
  entry.license = "https://example.org/l";
  entry.source_title = "Source";
  entry.source_url = "https://example.org/s";
  entry.contributors = {{"Con", "https://example.org/con", "con@example.org", ""}};
  entry.publisher.name = "Pub";
  entry.created = at(1);
  entry.expires = at(2);
  entry.content_src = "https://example.org/m";
  entry.orig_link = "https://example.org/o";
  entry.in_reply_to_ref = "tag:0";
  entry.itunes_explicit = true;
  entry.itunes_block = false;
  entry.itunes_duration_seconds = 61;
  entry.itunes_episode = 2;
  entry.itunes_season = 1;
  entry.itunes_episode_type = "full";
  entry.transcripts = {{"https://example.org/t", "text/vtt", "en", "captions"}};
  entry.podcast_chapters_url = "https://example.org/ch";
  entry.podcast_persons = {{"Per", "host", "cast", "https://example.org/p.png", ""}};
  entry.chapters = {{"00:01", "One", ""}};
  entry.media_player_url = "https://example.org/play";
  entry.media_thumbnails = {{"https://example.org/th.png", 10, {}}};
  CHECK(item_json(entry) ==
        R"({"id":"1","_feedwire":{"guid":"1","comments_url":"https://example.org/c",)"
        R"("comments_feed_url":"https://example.org/c.xml","comments_count":4,"rights":"r",)"
        R"("license":"https://example.org/l",)"
        R"("source":{"title":"Source","url":"https://example.org/s"},)"
        R"("contributors":[{"name":"Con","url":"https://example.org/con",)"
        R"("email":"con@example.org"}],"publisher":{"name":"Pub"},)"
        R"("created":"1970-01-01T00:00:01Z","expires":"1970-01-01T00:00:02Z",)"
        R"("content_src":"https://example.org/m","orig_link":"https://example.org/o",)"
        R"("in_reply_to":{"ref":"tag:0"},)"
        R"("itunes":{"explicit":true,"block":false,"duration_seconds":61,"episode":2,"season":1,)"
        R"("episode_type":"full"},)"
        R"("podcast":{"transcripts":[{"url":"https://example.org/t","type":"text/vtt",)"
        R"("language":"en","rel":"captions"}],"chapters_url":"https://example.org/ch",)"
        R"("persons":[{"name":"Per","role":"host","group":"cast",)"
        R"("image":"https://example.org/p.png"}]},)"
        R"("chapters":[{"start":"00:01","title":"One"}],)"
        R"("media_player_url":"https://example.org/play",)"
        R"("media_thumbnails":[{"url":"https://example.org/th.png","width":10}]}})");
}

TEST_CASE("the feed's own fields, the items and _feedwire, in that order", "[json_feed]") {
  ParsedFeed feed;
  feed.format = "rss-2.0";
  feed.encoding = "utf-8";
  feed.title = "T";
  feed.home_page_url = "https://example.org/";
  feed.feed_url = "https://example.org/feed";
  feed.description = "D";
  feed.icon = "https://example.org/i";
  feed.favicon = "https://example.org/f";
  feed.authors = {{"", "", "only@example.org", ""}};
  feed.language = "en";
  feed.next_url = "https://example.org/2";
  feed.hubs = {{"WebSub", "https://hub.example/"}};
  feed.entries.resize(1);
  feed.entries[0].guid = "1";
  CHECK(feed_json(feed) ==
        R"({"version":"https://jsonfeed.org/version/1.1","title":"T",)"
        R"("home_page_url":"https://example.org/","feed_url":"https://example.org/feed",)"
        R"("description":"D","icon":"https://example.org/i","favicon":"https://example.org/f",)"
        R"("authors":[{"name":"only@example.org"}],"language":"en",)"
        R"("next_url":"https://example.org/2",)"
        R"("hubs":[{"type":"WebSub","url":"https://hub.example/"}],)"
        R"("items":[{"id":"1","_feedwire":{"guid":"1"}}],)"
        R"("_feedwire":{"format":"rss-2.0","encoding":"utf-8",)"
        R"("authors_email":["only@example.org"]}})");
}

TEST_CASE("what JSON Feed has no field for stands under _feedwire of the feed", "[json_feed]") {
  ParsedFeed feed;
  feed.problems = {{"relative-url", "no base", 3}, {"odd", "somewhere", 0}};
  feed.id = "tag:feed";
  feed.rights = "r";
  feed.generator_name = "G";
  feed.generator_version = "2";
  feed.categories = {"c"};
  feed.published = at(1);
  feed.updated = at(2);
  feed.created = at(3);
  feed.docs = "https://example.org/docs";
  feed.logo = "https://example.org/logo";
  feed.image_url = "https://example.org/img";
  feed.publisher.email = "pub@example.org";
  feed.ttl_minutes = 60;
  feed.skip_hours = {1, 2};
  feed.skip_days = {"Friday"};
  feed.update_period = "hourly";
  feed.update_frequency = 2;
  feed.update_base = at(4);
  feed.complete = true;
  feed.prev_archive = "https://example.org/p";
  feed.next_archive = "https://example.org/n";
  feed.itunes_explicit = false;
  feed.itunes_type = "serial";
  feed.itunes_owner.name = "Own";
  feed.podcast_guid = "pg";
  feed.podcast_locked = true;
  feed.deleted = {{"tag:gone", at(5)}};
  CHECK(feed_head_json(feed) ==
        R"({"version":"https://jsonfeed.org/version/1.1","_feedwire":{)"
        R"("problems":[{"code":"relative-url","message":"no base","line":3},)"
        R"({"code":"odd","message":"somewhere"}],"id":"tag:feed","rights":"r",)"
        R"("generator":{"name":"G","version":"2"},"categories":["c"],)"
        R"("published":"1970-01-01T00:00:01Z","updated":"1970-01-01T00:00:02Z",)"
        R"("created":"1970-01-01T00:00:03Z","docs":"https://example.org/docs",)"
        R"("logo":"https://example.org/logo","image":{"url":"https://example.org/img"},)"
        R"("publisher":{"email":"pub@example.org"},"ttl_minutes":60,"skip_hours":[1,2],)"
        R"("skip_days":["Friday"],"update_period":"hourly","update_frequency":2,)"
        R"("update_base":"1970-01-01T00:00:04Z","complete":true,)"
        R"("prev_archive":"https://example.org/p","next_archive":"https://example.org/n",)"
        R"("itunes":{"explicit":false,"type":"serial","owner":{"name":"Own"}},)"
        R"("podcast":{"guid":"pg","locked":true},)"
        R"("deleted":[{"ref":"tag:gone","when":"1970-01-01T00:00:05Z"}]}})");
}

TEST_CASE("geo has GeoJSON's coordinates, longitude first", "[json_feed]") {
  const auto geo = [](std::string type, std::vector<double> coordinates) {
    ParsedEntry entry;
    entry.guid = "1";
    entry.geo = Geo{std::move(type), std::move(coordinates)};
    return item_json(entry);
  };
  const std::string start = R"({"id":"1","_feedwire":{"guid":"1")";
  CHECK(geo("Point", {12.5, -3}) == start + R"(,"geo":{"type":"Point","coordinates":[12.5,-3]}}})");
  CHECK(geo("LineString", {1, 2, 3, 4}) ==
        start + R"(,"geo":{"type":"LineString","coordinates":[[1,2],[3,4]]}}})");
  CHECK(geo("Polygon", {1, 2, 3, 4}) ==
        start + R"(,"geo":{"type":"Polygon","coordinates":[[[1,2],[3,4]]]}}})");
  CHECK(geo("Point", {1}) == start + "}}");
}

TEST_CASE("item.id is the guid, else the URL, else a hash of title and content", "[json_feed]") {
  ParsedEntry entry;
  entry.title = "ab";
  entry.content_text = "c";
  // printf 'ab\0c' | sha256sum
  CHECK(item_id(entry) ==
        "sha256:6c032e631d39a14d85aff7e319546af701e26c97b57ca95fbfe9c6ba855f67bf");
  ParsedEntry other;
  other.title = "a";
  other.content_text = "bc";
  CHECK(item_id(other) != item_id(entry));
  entry.url = "https://example.org/";
  CHECK(item_id(entry) == "https://example.org/");
  entry.guid = "g";
  CHECK(item_id(entry) == "g");
}

TEST_CASE("a hostile title stays on one line and inside its string", "[json_feed]") {
  ParsedEntry entry;
  entry.title = "\"},\n\u2028\x1b]0;x\a\\";
  rapidjson::Document item;
  const std::string json = item_json(entry);
  item.Parse(json.c_str());
  REQUIRE_FALSE(item.HasParseError());
  CHECK(entry.title == item["title"].GetString());
  CHECK(json.find('\n') == std::string::npos);
  CHECK(json.find('\x1b') == std::string::npos);
}

}  // namespace feedwire::feeds
