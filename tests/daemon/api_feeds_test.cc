// What the API lets an operator do with feeds.

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "tests/daemon/api_test_daemon.h"

namespace feedwire::daemon {
namespace {

using tests::ApiTestDaemon;

constexpr storage::FeedKey kFeed = 0xa;

void add_feed(tests::MemoryStore& store) {
  storage::StoredFeed feed;
  feed.ref.key = kFeed;
  feed.ref.url = "https://a.example/feed";
  feed.ref.name = "alpha";
  store.stored_feeds = {feed};
}

}  // namespace

TEST_CASE("H-75 a feed is polled when asked, at once or with the outcome", "[api]") {
  ApiTestDaemon daemon;
  add_feed(daemon.backend.memory);

  const tests::HttpAnswer accepted = daemon.request("POST", "/v1/feeds/alpha/poll");
  CHECK(accepted.status == 202);
  CHECK(accepted.body.starts_with(R"({"feed_id":"f-000000000000000a",)"));
  CHECK(daemon.request("POST", "/v1/feeds/alpha/poll?wait=true&force=a%20fix").status == 200);
  CHECK(daemon.request("POST", "/v1/feeds/alpha/poll?wait=yes").status == 400);
  CHECK(daemon.request("POST", "/v1/feeds/alpha/poll?force=").status == 400);
  CHECK(daemon.request("POST", "/v1/feeds/nobody/poll").status == 404);

  const std::lock_guard lock(daemon.backend.mutex);
  REQUIRE(daemon.backend.polls.size() == 2);
  CHECK(daemon.backend.polls[0].first == kFeed);
  CHECK_FALSE(daemon.backend.polls[0].second.wait);
  CHECK_FALSE(daemon.backend.polls[0].second.force);
  CHECK(daemon.backend.polls[1].second.wait);
  CHECK(daemon.backend.polls[1].second.force);
}

TEST_CASE("H-75 a poll that must wait is refused with the reason", "[api]") {
  ApiTestDaemon daemon;
  add_feed(daemon.backend.memory);
  const auto [code, status] =
      GENERATE(std::pair{ErrorCode::busy, 429}, std::pair{ErrorCode::invalid_argument, 409},
               std::pair{ErrorCode::not_found, 404});
  daemon.backend.polled = Error{code, "not before noon: Retry-After"};

  const tests::HttpAnswer answer = daemon.request("POST", "/v1/feeds/alpha/poll");

  CHECK(answer.status == status);
  CHECK(answer.body.find("not before noon: Retry-After") != std::string::npos);
}

TEST_CASE("a feed is paused and resumed, and is the reply", "[api]") {
  ApiTestDaemon daemon;
  add_feed(daemon.backend.memory);

  CHECK(daemon.request("POST", "/v1/feeds/alpha/pause").body == daemon.get("/v1/feeds/alpha").body);
  CHECK(daemon.backend.feed_changes.pause == std::vector{kFeed});
  CHECK(daemon.request("POST", "/v1/feeds/alpha/resume").status == 200);
  CHECK(daemon.backend.feed_changes.resume == std::vector{kFeed});
  CHECK(daemon.backend.feed_changes.pause.empty());
  CHECK(daemon.request("POST", "/v1/feeds/nobody/pause").status == 404);
  daemon.backend.takes_work = false;
  CHECK(daemon.request("POST", "/v1/feeds/alpha/resume").status == 503);
}

TEST_CASE("feeds are added, all in one request, and each is told of", "[api]") {
  ApiTestDaemon daemon;
  FeedsChanged changed;
  changed.added = {{0xa, true, ""}, {0xb, false, "it is there already"}};
  daemon.backend.changed = changed;

  const tests::HttpAnswer answer = daemon.request(
      "POST", "/v1/feeds",
      R"({"feeds":[{"url":"http://a.example/#x","name":"a","title":"A","tags":["x","y"],"interval":"30m","paged":true},)"
      R"({"url":"http://b.example/"}]})");

  CHECK(answer.status == 200);
  CHECK(answer.body ==
        R"({"added":1,"feeds":[{"feed_id":"f-000000000000000a","url":"http://a.example/",)"
        R"("added":true},{"feed_id":"f-000000000000000b","url":"http://b.example/","added":false,)"
        R"("note":"it is there already"}]})");
  REQUIRE(daemon.backend.feed_changes.add.size() == 2);
  const storage::FeedRef& first = daemon.backend.feed_changes.add[0];
  CHECK(first.key == feeds::feed_key("http://a.example/"));
  CHECK(first.name == "a");
  CHECK(first.title == "A");
  CHECK(first.tags == std::vector<std::string>{"x", "y"});
  CHECK(first.interval == std::chrono::minutes{30});
  CHECK(first.paged);
  CHECK_FALSE(daemon.backend.feed_changes.add[1].paged);
}

TEST_CASE("S18 S20 what is no feed to add is refused, and where it is", "[api]") {
  ApiTestDaemon daemon;
  const auto refusal = [&](const std::string& body) {
    const tests::HttpAnswer answer = daemon.request("POST", "/v1/feeds", body);
    CHECK(answer.status == 422);
    return answer.body;
  };
  const auto contains = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(contains(refusal(R"({"feeds":[{"url":"http://a.example/"},{"url":"file:///etc/passwd"}]})"),
                 "feeds[1]: url: expected a URL"));
  CHECK(contains(refusal(R"({"feeds":[{"url":"exec:rm"}]})"), "feeds[0]: url: "));
  CHECK(contains(refusal(R"({"feeds":[{"title":"x"}]})"), "expected a \\\"url\\\""));
  CHECK(contains(refusal(R"({"feeds":[{"url":"http://a.example/","name":"A b"}]})"), "name"));
  CHECK(contains(refusal(R"({"feeds":[{"url":"http://a.example/","paged":1}]})"), "paged"));
  CHECK(contains(refusal(R"({"feeds":[{"url":"http://a.example/","tags":["a\nb"]}]})"), "tags"));
  CHECK(
      contains(refusal(R"({"feeds":[{"url":"http://a.example/","interval":"0s"}]})"), "interval"));
  CHECK(contains(refusal(R"({"feeds":[{"url":"http://a.example/","interval":9}]})"), "interval"));
  CHECK(contains(refusal(R"({"feeds":[{"url":"http://a.example/","allow":[]}]})"), "allow"));
  CHECK(contains(refusal(R"({"feeds":[{"url":"http://a.example/","url":"http://b.example/"}]})"),
                 "only once"));
  CHECK(contains(refusal(R"({"feed":[]})"), "feeds"));
  CHECK(daemon.request("POST", "/v1/feeds", "{").status == 400);
  CHECK(daemon.backend.feed_changes.add.empty());
}

TEST_CASE("a feed is removed, but not where the daemon refuses", "[api]") {
  ApiTestDaemon daemon;
  add_feed(daemon.backend.memory);
  const tests::HttpAnswer gone = daemon.request("DELETE", "/v1/feeds/alpha");
  CHECK(gone.status == 204);
  CHECK(gone.headers.find("\nContent-Type:") == std::string::npos);
  CHECK(daemon.backend.feed_changes.remove == std::vector{kFeed});
  CHECK(daemon.request("DELETE", "/v1/feeds/nobody").status == 404);
  daemon.backend.changed = Error{ErrorCode::invalid_argument, "named at a.toml:7"};
  const tests::HttpAnswer refused = daemon.request("DELETE", "/v1/feeds/alpha");
  CHECK(refused.status == 409);
  CHECK(refused.body.find("named at a.toml:7") != std::string::npos);
}

}  // namespace feedwire::daemon
