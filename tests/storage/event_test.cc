#include "storage/event.h"

#include <rapidjson/document.h>

#include <catch2/catch.hpp>

#include "base/utf8.h"
#include "storage/change.h"
#include "storage/event_trim.h"
#include "storage/json_members.h"
#include "tests/storage/store_fixture.h"

namespace feedwire::storage {
namespace {

const std::string kUrl = "http://a.example/feed";

std::vector<std::string> keys_of(const rapidjson::Value& object) {
  std::vector<std::string> keys;
  for (auto member = object.MemberBegin(); member != object.MemberEnd(); ++member)
    keys.emplace_back(member->name.GetString());
  return keys;
}

// The first created event of a store that was given this one item.
rapidjson::Document created_event(const tests::Item& item, Options options = {}) {
  TestStore store;
  options.dir = store.options.dir;
  options.min_free_bytes = 0;
  store.options = options;
  store.open();
  const FeedKey feed = store.subscribe({kUrl})[0];
  store.poll(feed, {item});
  for (const std::string& line : read_lines(store.events()))
    CHECK(line.size() + 1 <= options.max_line_bytes);
  const auto entries = store->entries({}).value();
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].item_json.find(item.content) != std::string::npos);
  return std::move(read_events(store.events(), "entry.created").at(0));
}

}  // namespace

TEST_CASE("EV-1 the attributes and the members of data stand in their order", "[event]") {
  const rapidjson::Document event = created_event(tests::make_items(1)[0]);
  CHECK(keys_of(event) == std::vector<std::string>{"specversion", "id", "source", "type",
                                                   "sequence", "subject", "partitionkey", "time",
                                                   "recordedtime", "datacontenttype", "dataschema",
                                                   "data"});
  CHECK(keys_of(event["data"]) ==
        std::vector<std::string>{"op", "rev", "feed", "fetch_id", "key", "initial", "after"});
  const std::string key = at(event, "/partitionkey");
  CHECK(at(event, "/id") == "e-" + key + "-1-c");
  CHECK(at(event, "/subject") == "e-" + key);
  CHECK(at(event, "/dataschema") == "urn:feedwire:schema:entry.created:1");
  CHECK(at(event, "/data/feed/feed_id") == "f-" + hex64(feeds::feed_key(kUrl)));
  CHECK(at(event, "/data/key/canonical_url") == "http://example.org/1");
}

TEST_CASE("OP-13 events have the feed's URLs without credentials, also written once more",
          "[event]") {
  TestStore store;
  store.open();
  const std::string url = "http://a.example/feed?token=c4n4ry&n=1";
  const FeedKey feed = store.subscribe({url})[0];
  store.poll(feed, tests::make_items(1));
  PollOutcome outcomes[] = {store.outcome(feed, tests::make_items(2))};
  FeedTurn moved;
  moved.kind = FeedTurn::Kind::moved;
  moved.from = url;
  moved.to = "http://b.example/?api_key=c4n4ry";
  moved.error = "moved from http://u:c4n4ry@a.example/";
  outcomes[0].turns = {moved};
  REQUIRE(store->commit(outcomes));
  const std::vector<std::string> lines = read_lines(store.events());
  std::string all;
  for (const std::string& line : lines) all += line;
  CHECK(all.find("c4n4ry") == std::string::npos);
  CHECK(all.find(R"("url":"http://a.example/feed?token=[redacted]&n=1")") != std::string::npos);
  const auto told = read_events(store.events(), "feed.moved");
  REQUIRE(told.size() == 1);
  CHECK(at(told[0], "/data/to") == "http://b.example/?api_key=[redacted]");
  CHECK(at(told[0], "/data/feed/feed_id") == "f-" + hex64(feeds::feed_key(url)));

  store.reopen();  // killed: recovery writes them again
  CHECK(store->figures().rewritten_lines > 0);
  std::vector<std::string> again = read_lines(store.events());
  again.resize(lines.size());
  CHECK(again == lines);
  CHECK(store->feed(feed).value().ref.url == url);  // what is polled
}

TEST_CASE("EV-3 hostile titles leave no control or bidi character in a line", "[event]") {
  tests::Item item = tests::make_items(1)[0];
  item.title = "a\x1b[31m\x7f\xc2\x9b\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8\xef\xbb\xbf\r\n\tz";
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({kUrl})[0];
  store.poll(feed, {item});
  item.content = "changed";
  store.poll(feed, {item});
  for (const std::string& line : read_lines(store.events())) CHECK(is_safe_text(line));
  CHECK(at(read_events(store.events(), "entry.created")[0], "/data/after/title") == item.title);
}

TEST_CASE("EV-4 an entry of 16 MiB fits the line, names what is missing and where it is",
          "[event]") {
  tests::Item item = tests::make_items(1)[0];
  item.content = std::string(16 << 20, 'x');
  const rapidjson::Document event = created_event(item);
  CHECK(at(event, "/data/omitted") == R"(["content_html"])");
  CHECK(at(event, "/data/full") == "/v1/entries/" + at(event, "/partitionkey") + "?rev=1");
  CHECK(at(event, "/data/after/title") == item.title);
  CHECK(at(event, "/data/after/content_html") == "absent");
}

TEST_CASE("EV-4 a title of 16 MiB leaves the key fields alone", "[event]") {
  tests::Item item = tests::make_items(1)[0];
  item.title = std::string(16 << 20, 't');
  const rapidjson::Document event = created_event(item);
  CHECK(at(event, "/data/omitted") == R"(["content_html","title"])");
  CHECK(at(event, "/data/after/id") == item.guid);
  CHECK(at(event, "/data/after/_feedwire/first_seen") != "absent");
}

TEST_CASE("events.content says what a line may hold, the store keeps the rest", "[event]") {
  Options options;
  options.content = Options::Content::summary;
  const rapidjson::Document summary = created_event(tests::make_items(1)[0], options);
  CHECK(at(summary, "/data/after/title") != "absent");
  CHECK(at(summary, "/data/omitted") == R"(["content_html"])");
  options.content = Options::Content::none;
  const rapidjson::Document none = created_event(tests::make_items(1)[0], options);
  CHECK(at(none, "/data/after/id") == "guid-1");
  CHECK(at(none, "/data/after/content_html") == "absent");
}

TEST_CASE("events.before is the changed fields, the whole item, or nothing", "[event]") {
  const auto before_of = [](Options::Before before) {
    TestStore store;
    store.options.before = before;
    store.open();
    const FeedKey feed = store.subscribe({kUrl})[0];
    std::vector<tests::Item> items = tests::make_items(1);
    store.poll(feed, items);
    items[0].title = "New";
    store.poll(feed, items);
    return at(read_events(store.events(), "entry.updated").at(0), "/data/before");
  };
  CHECK(before_of(Options::Before::changed) == R"({"title":"Title of number1"})");
  CHECK(before_of(Options::Before::full).find("content_html") != std::string::npos);
  CHECK(before_of(Options::Before::none) == "absent");
}

TEST_CASE("the event's own facts join those of the parser", "[event]") {
  StoreFacts facts;
  facts.first_seen = facts.observed = test_start().wall;
  facts.declared =
      std::chrono::floor<std::chrono::seconds>(test_start().wall) + std::chrono::hours{24 * 365};
  const std::string bare = add_store_facts(R"({"id":"x","_feedwire":{}})", facts);
  CHECK(bare == R"({"id":"x","_feedwire":{"first_seen":"2026-11-21T20:00:00.000000Z",)"
                R"("effective_at":"2026-11-21T20:00:00.000000Z",)"
                R"("bracket":[null,"2026-11-21T20:00:00.000000Z"]}})");
  facts.declared = *facts.declared - std::chrono::hours{24 * 366};
  const std::string full = add_store_facts(R"({"id":"x","_feedwire":{"a":{}}})", facts);
  CHECK(full.starts_with(R"({"id":"x","_feedwire":{"a":{},"first_seen":)"));
  CHECK(full.find(R"("effective_at":"2026-11-20T20:00:00.000000Z")") != std::string::npos);
}

TEST_CASE("objects and arrays come apart on their own level only", "[event]") {
  const std::string_view object = R"({"a":"},\"","b":[1,{"c":2}],"d":{"e":[]},"f":null})";
  const std::vector<Member> members = split_object(object);
  REQUIRE(members.size() == 4);
  CHECK(members[0].value == R"("},\"")");
  CHECK(members[1].value == R"([1,{"c":2}])");
  CHECK(members[3].name == "f");
  CHECK(join_object(members) == object);
  CHECK(split_array(members[1].value).size() == 2);
  CHECK(split_object("{}").empty());
  CHECK(split_array("[]").empty());
  CHECK(string_value(R"("a\u00e9")") == "a\xc3\xa9");
}

TEST_CASE("I-13 another spelling of a link is no change of the URL", "[event]") {
  const std::string before = R"({"url":"http://x/a","title":"T"})";
  const std::string after = R"({"url":"https://www.x/a","title":"U"})";
  CHECK(compare_items(before, after, false).changed == std::vector<std::string>{"title"});
  CHECK(compare_items(before, after, true).changed == std::vector<std::string>{"title", "url"});
}

}  // namespace feedwire::storage
