#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "daemon/api_routes.h"
#include "tests/daemon/api_test_daemon.h"

namespace feedwire::daemon {
namespace {

using tests::ApiTestDaemon;
using tests::HttpAnswer;

storage::StoredFeed stored_feed(feeds::FeedKey key, std::string url, std::string name) {
  storage::StoredFeed feed;
  feed.ref.key = key;
  feed.ref.url = std::move(url);
  feed.ref.name = std::move(name);
  return feed;
}

storage::StoredEntry stored_entry(const std::string& key, feeds::FeedKey owner) {
  storage::StoredEntry entry;
  entry.key = Hash128::from_hex(key).value();
  entry.rev = 2;
  entry.owner = owner;
  entry.item_json = R"({"title":"Hello"})";
  return entry;
}

const std::string kEntryA = "0123456789abcdef0123456789abcdef";
const std::string kEntryB = "fedcba9876543210fedcba9876543210";

/// Two feeds with an entry each.
void fill(tests::MemoryStore& store) {
  store.stored_feeds = {stored_feed(0xa, "https://a.example/feed", "alpha"),
                        stored_feed(0xb, "https://b.example/feed?x=1", "")};
  store.stored_entries = {stored_entry(kEntryA, 0xa), stored_entry(kEntryB, 0xb)};
}

}  // namespace

TEST_CASE("the status tells of the daemon and its log", "[api]") {
  ApiTestDaemon daemon;
  daemon.backend.memory.log = {.source = "urn:uuid:6f1c2b1e-7d0a-4c59-9a54-0f2b8f6f9e11",
                               .epoch = 1,
                               .first = 1,
                               .last = 52,
                               .active_segment = "/s/events-0001-1.ndjson",
                               .active_bytes = 9000,
                               .unsynced_events = 3};

  const HttpAnswer answer = daemon.get("/v1/status");

  CHECK(answer.status == 200);
  CHECK(answer.has_header("Content-Type: application/json"));
  CHECK(answer.has_header("Cache-Control: no-store"));
  CHECK(
      answer.body ==
      R"({"version":"0.1.0","config_file":"/etc/feedwire/feedwired.toml",)"
      R"("started":"2025-11-21T22:35:01.000000Z","ready":true,"reasons":[],)"
      R"("offline":false,"feeds":3,"failing":0,"polls":7,"documents":0,"unchanged":0,"failures":0,)"
      R"("created":0,"updated":0,"sighted":0,"deleted":0,"restored":0,)"
      R"("log":{"source":"urn:uuid:6f1c2b1e-7d0a-4c59-9a54-0f2b8f6f9e11","epoch":1,)"
      R"("first_sequence":"00000000000000000001","last_sequence":"00000000000000000052",)"
      R"("active_segment":"events-0001-1.ndjson","active_bytes":9000,"unsynced_events":3,)"
      R"("disturbances":0}})");
}

TEST_CASE("OP-13 URLs are shown without credentials, but whole to who may change them", "[api]") {
  ApiTestDaemon daemon;
  storage::StoredFeed feed = stored_feed(0xa, "https://a.example/f?n=1&token=c4n4ry", "alpha");
  feed.poll.life.moved_to = "https://b.example/f?key=c4n4ry";
  feed.poll.last_error = "other: more than 5 redirects, the last to http://b.example/?sig=c4n4ry";
  feed.poll.hub = storage::HubSubscription{};
  feed.poll.hub->hub = "https://hub.example/?secret=c4n4ry";
  feed.poll.hub->topic = feed.ref.url;
  feed.poll.backfill = storage::Backfill{};
  feed.poll.backfill->page = "https://a.example/f?page=2&token=c4n4ry";
  daemon.backend.memory.stored_feeds = {feed};

  const std::string all = daemon.get("/v1/feeds").body;
  CHECK(all.find("c4n4ry") == std::string::npos);
  CHECK(all.find(R"("url":"https://a.example/f?n=1&token=[redacted]")") != std::string::npos);
  const HttpAnswer one =
      daemon.get("/v1/feeds/https%3A%2F%2Fa.example%2Ff%3Fn%3D1%26token%3Dc4n4ry");
  CHECK(one.status == 200);
  CHECK(one.body.find("c4n4ry") == std::string::npos);
  const HttpAnswer unknown = daemon.get("/v1/feeds/https%3A%2F%2Fa.example%2Ff%3Ftoken%3Dc4n4ry");
  CHECK(unknown.status == 404);
  CHECK(unknown.body.find("c4n4ry") == std::string::npos);
  CHECK(daemon.get("/v1/feeds?q=c4n4").body == R"({"feeds":[]})");

  // The test's own user may change things.
  const std::string whole = daemon.get("/v1/feeds?urls=whole").body;
  CHECK(whole.find(R"("url":"https://a.example/f?n=1&token=c4n4ry")") != std::string::npos);
  CHECK(daemon.get("/v1/feeds?urls=some").status == 400);
  const SystemClock clock;
  const ApiRoutes routes(daemon.backend, clock);
  ApiRequest request;
  request.method = "GET";
  request.path = {"v1", "feeds"};
  request.query = {{"urls", "whole"}};
  request.access = Access::read;
  int status = 0;
  routes.answer(request, [&status](const ApiReply& reply) { status = reply.status; });
  CHECK(status == 403);
}

TEST_CASE("H-62 the status says since when nothing can be reached", "[api]") {
  ApiTestDaemon daemon;
  daemon.backend.offline_since = WallTime{std::chrono::seconds{1'795'000'000}};
  CHECK(daemon.get("/v1/status")
            .body.find(R"("offline":true,"offline_since":"2026-11-18T11:06:40.000000Z",)") !=
        std::string::npos);
}

TEST_CASE("/livez and /readyz answer with 200 or with 503 and why", "[api]") {
  ApiTestDaemon daemon;
  CHECK(daemon.get("/livez").status == 200);
  CHECK(daemon.get("/readyz").body == R"({"status":"ready","reasons":[]})");
  {
    const std::lock_guard lock(daemon.backend.mutex);
    daemon.backend.is_alive = false;
    daemon.backend.reasons = {"stopping"};
  }
  CHECK(daemon.get("/livez").status == 503);
  const HttpAnswer answer = daemon.get("/readyz");
  CHECK(answer.status == 503);
  CHECK(answer.body == R"({"status":"not ready","reasons":["stopping"]})");
}

TEST_CASE("a feed is found by its key, its name and its URL", "[api]") {
  ApiTestDaemon daemon;
  fill(daemon.backend.memory);

  const std::string all = daemon.get("/v1/feeds").body;
  const std::string feed = daemon.get("/v1/feeds/000000000000000b").body;

  CHECK(all.starts_with(R"({"feeds":[{"feed_id":"f-000000000000000a","url":"https://a.example/)"));
  CHECK(all.ends_with(feed + "]}"));
  CHECK(daemon.get("/v1/feeds/https:%2F%2Fb.example%2Ffeed%3Fx=1").body == feed);
  CHECK(daemon.get("/v1/feeds/f-000000000000000b").body == feed);
  CHECK(daemon.get("/v1/feeds/alpha").body.find("a.example") != std::string::npos);
  CHECK(daemon.get("/v1/feeds/000000000000000c").status == 404);
  CHECK(daemon.get("/v1/feeds/").status == 404);
}

TEST_CASE("entries are listed, of one feed too, and shown by key", "[api]") {
  ApiTestDaemon daemon;
  fill(daemon.backend.memory);

  const std::string a = daemon.get("/v1/entries/" + kEntryA).body;
  const std::string b = daemon.get("/v1/entries/" + kEntryB).body;

  CHECK(a.find(R"("item":{"title":"Hello"})") != std::string::npos);
  CHECK(daemon.get("/v1/entries").body == fmt::format(R"({{"entries":[{},{}]}})", a, b));
  CHECK(daemon.get("/v1/entries?limit=1").body == fmt::format(R"({{"entries":[{}]}})", a));
  CHECK(daemon.get("/v1/entries?feed=000000000000000b").body ==
        fmt::format(R"({{"entries":[{}]}})", b));
  CHECK(daemon.get("/v1/entries?feed=https%3A%2F%2Fb.example%2Ffeed%3Fx%3D1&limit=1000").body ==
        fmt::format(R"({{"entries":[{}]}})", b));

  CHECK(daemon.get("/v1/entries/e-" + kEntryA).body == a);

  CHECK(daemon.get("/v1/entries?feed=nobody").status == 404);
  CHECK(daemon.get("/v1/entries/" + kEntryA.substr(1)).status == 404);
  CHECK(daemon.get("/v1/entries/00000000000000000000000000000000").status == 404);
}

TEST_CASE("a parameter that is wrong, unknown or given twice is a 400", "[api]") {
  ApiTestDaemon daemon;
  for (const std::string query :
       {"limit=0", "limit=1001", "limit=", "limit", "limit=-1", "limit=1x",
        "limit=18446744073709551617", "colour=red", "feed%20", "limit=1&limit=2", "feed=%",
        "feed=%zz", "feed=%00", "feed=%ff"}) {
    INFO(query);
    CHECK(daemon.get("/v1/entries?" + query).status == 400);
  }
  CHECK(daemon.get("/v1/status?verbose=1").status == 400);
}

TEST_CASE("what does not exist is a 404, what cannot be done a 405 that says what can", "[api]") {
  ApiTestDaemon daemon;
  for (const std::string target : {"//", "/v1", "/v1/", "/v2/status", "/v1/status/", "//v1/status",
                                   "/v1/status/x", "/v1/event", "/metric", "/v1/cursors/a/b"}) {
    INFO(target);
    const HttpAnswer answer = daemon.get(target);
    CHECK(answer.status == 404);
    CHECK(answer.has_header("Content-Type: application/problem+json"));
    CHECK(answer.body ==
          R"({"title":"Not Found","status":404,"detail":"there is nothing at this path"})");
  }
  const HttpAnswer answer = daemon.request("POST", "/v1/cursors/backup", "{}");
  CHECK(answer.status == 405);
  CHECK(answer.has_header("Allow: GET, HEAD, PUT, DELETE"));
  CHECK(daemon.get("/v1/reload").has_header("Allow: POST"));
  CHECK(daemon.request("BREW", "/livez").status == 405);
}

TEST_CASE("HEAD has the headers of GET and no body", "[api]") {
  ApiTestDaemon daemon;

  const HttpAnswer answer = daemon.request("HEAD", "/livez");

  CHECK(answer.status == 200);
  CHECK(answer.has_header("Content-Length: 18"));
  CHECK(answer.body.empty());
}

TEST_CASE("an error of the store is a 500", "[api]") {
  ApiTestDaemon daemon;
  daemon.backend.memory.broken = "read: Input/output error";

  const HttpAnswer answer = daemon.get("/v1/feeds");

  CHECK(answer.status == 500);
  CHECK(answer.body.find("Input/output error") != std::string::npos);
}

TEST_CASE("OP-8 a reload answers with the number of feeds or with all mistakes", "[api]") {
  ApiTestDaemon daemon;
  const HttpAnswer good = daemon.request("POST", "/v1/reload");
  CHECK(good.status == 200);
  CHECK(good.body == R"({"feeds":3,"needs_restart":false})");
  {
    const std::lock_guard lock(daemon.backend.mutex);
    daemon.backend.reload_result = {
        .feeds = 3, .mistakes = {"f.toml:3:5: fetch.timout: unknown key", "f.toml:9:1: bad \xff"}};
  }
  const HttpAnswer bad = daemon.request("POST", "/v1/reload");
  CHECK(bad.status == 422);
  CHECK(bad.body == R"({"title":"Unprocessable Content","status":422,)"
                    R"("detail":"the configuration has mistakes; the old one stays in force",)"
                    R"("mistakes":["f.toml:3:5: fetch.timout: unknown key","f.toml:9:1: bad �"]})");
}

}  // namespace feedwire::daemon
