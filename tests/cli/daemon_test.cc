#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "tests/cli/fake_daemon.h"
#include "tests/cli/tool.h"

namespace feedwire::cli {
namespace {

using Requests = std::vector<std::string>;

constexpr const char* kFeeds =
    R"({"feeds":[{"feed_id":"f-2c26b46b68ffc68f","url":"https://example.org/feed","name":"a",)"
    R"("tags":[],"state":"failing","rev":1,"window_entries":50,"polls":3,)"
    R"("last_poll":"2026-11-21T21:15:01.250000Z","failures":2,"last_error":"dns\u001b[31m"}]})";
constexpr const char* kEntry =
    R"({"entry_key":"9f86d081884c7d659a2feaa0c55ad015","rev":2,"feed_id":"f-2c26b46b68ffc68f",)"
    R"("also_in":[],"item":{"id":"1","url":"https://example.org/1","title":"Grüße",)"
    R"("date_published":"2026-11-20T08:00:00Z"}})";

}  // namespace

TEST_CASE("feed list asks the daemon and prints a table, or its JSON", "[daemon]") {
  const Tool tool;
  const FakeDaemon daemon(tool.socket(), {{"GET /v1/feeds", {200, kFeeds}}});

  CHECK(tool.run({"feed", "list"}).out ==
        "KEY               NAME  URL                       ENTRIES  LAST POLL            STATE\n"
        "2c26b46b68ffc68f  a     https://example.org/feed       50  2026-11-21 21:15:01  "
        "failing: dns␛[31m\n");
  CHECK(tool.run({"feed", "list", "--json"}).out == std::string(kFeeds) + "\n");
}

TEST_CASE("S-10 feed show prints when a feed is polled next, each lower bound and who decided",
          "[daemon]") {
  const Tool tool;
  const std::string feed =
      R"({"feed_id":"f-2c26b46b68ffc68f","url":"https://example.org/feed","name":"a","tags":["x",)"
      R"("y"],"origin":"run-time","state":"failing","rev":1,"window_entries":50,"polls":3,)"
      R"("next_poll":"2026-11-21T22:30:01.250000Z","next_poll_rule":"ttl","interval":4500,)"
      R"("expected_per_day":2.41,"bounds":[{"rule":"floor","seconds":3600},{"rule":"ttl",)"
      R"("seconds":4500}],"skip_hours":[0,23],"skip_days":[0],)"
      R"("last_poll":"2026-11-21T21:15:01.250000Z","last_success":"2026-11-20T21:15:01.250000Z",)"
      R"("last_status":503,"failures":2,"failing_since":"2026-11-21T20:15:01.250000Z",)"
      R"("last_error":"HTTP status 503\u001b[31m","problems":[{"code":"skip-hints","message":)"
      R"("they leave no time"},{"code":"http2","message":"it is broken"}]})";
  const FakeDaemon daemon(tool.socket(), {{"GET /v1/feeds/2c26b46b68ffc68f", {200, feed}}});

  CHECK(tool.run({"feed", "show", "f-2c26b46b68ffc68f"}).out ==
        "feed           f-2c26b46b68ffc68f\n"
        "url            https://example.org/feed\n"
        "name           a\n"
        "tags           x, y\n"
        "named by       run-time\n"
        "state          failing: HTTP status 503␛[31m\n"
        "failures       2 in a row, since 2026-11-21 20:15:01\n"
        "last poll      2026-11-21 21:15:01, status 503\n"
        "last success   2026-11-20 21:15:01\n"
        "polls          3\n"
        "entries        50\n"
        "next poll      2026-11-21 22:30:01, by ttl\n"
        "interval       1h 15m\n"
        "expected a day 2.41\n"
        "not before     floor 1h; ttl 1h 15m\n"
        "excluded hours 0, 23\n"
        "excluded days  Sunday\n"
        "problem        they leave no time\n"
        "problem        it is broken\n");
  CHECK(tool.run({"feed", "show", "--json", "2c26b46b68ffc68f"}).out == feed + "\n");
  CHECK(tool.run({"feed", "show", "nobody"}).code == 65);
}

TEST_CASE("entry list passes feed and limit on", "[daemon]") {
  const Tool tool;
  const FakeDaemon daemon(
      tool.socket(),
      {{"GET /v1/entries?limit=20", {200, std::string(R"({"entries":[)") + kEntry + "]}"}},
       {"GET /v1/entries?limit=5&feed=https%3A%2F%2Fexample.org%2F%3Fa%26b",
        {200, R"({"entries":[]})"}}});

  CHECK(tool.run({"entry", "list"}).out ==
        "KEY                               REV  PUBLISHED   TITLE  URL\n"
        "9f86d081884c7d659a2feaa0c55ad015    2  2026-11-20  Grüße  https://example.org/1\n");
  CHECK(tool.run({"entry", "list", "--limit", "5", "--feed", "https://example.org/?a&b", "--json"})
            .out == "{\"entries\":[]}\n");
}

TEST_CASE("entry show takes the key, with or without e-, or a URL", "[daemon]") {
  const Tool tool;
  const FakeDaemon daemon(
      tool.socket(),
      {{"GET /v1/entries/9f86d081884c7d659a2feaa0c55ad015", {200, kEntry}},
       {"GET /v1/entries?limit=1000", {200, std::string(R"({"entries":[)") + kEntry + "]}"}}});

  for (const char* id : {"9f86d081884c7d659a2feaa0c55ad015", "e-9f86d081884c7d659a2feaa0c55ad015",
                         "https://example.org/1"})
    CHECK(tool.run({"entry", "show", "--json", id}).out == std::string(kEntry) + "\n");
  CHECK(tool.run({"entry", "show", "https://example.org/2"}).code == 65);
  CHECK(tool.run({"entry", "show", "00000000000000000000000000000000"}).code == 65);
}

TEST_CASE("cursors are shown, set and deleted", "[daemon]") {
  const Tool tool;
  const FakeDaemon::Reply cursor{
      200, R"({"name":"a","acked":"00000000000000000007","hold":true,"updated":"2026"})"};
  const FakeDaemon daemon(tool.socket(),
                          {{"GET /v1/cursors/a", cursor},
                           {"PUT /v1/cursors/a", cursor},
                           {"PUT /v1/cursors/b", {409, R"({"detail":"it is at 9"})"}},
                           {"DELETE /v1/cursors/a", {204, ""}}});

  CHECK(tool.run({"cursor", "show", "a"}).out ==
        "NAME  ACKED                 HOLD  UPDATED\na     00000000000000000007  yes   2026\n");
  CHECK(tool.run({"cursor", "set", "a", "7", "--hold"}).code == 0);
  CHECK(tool.run({"cursor", "delete", "a"}).code == 0);
  const tests::Finished backwards = tool.run({"cursor", "set", "b", "3"});
  CHECK(backwards.code == 64);
  CHECK(backwards.err == "feedwire: it is at 9\n");
  CHECK(daemon.requests() ==
        Requests{"GET /v1/cursors/a ",
                 R"(PUT /v1/cursors/a {"acked":"00000000000000000007","hold":true})",
                 "DELETE /v1/cursors/a ", R"(PUT /v1/cursors/b {"acked":"00000000000000000003"})"});
}

TEST_CASE("OP-8 reload prints each mistake and ends with 78", "[daemon]") {
  const Tool tool;
  {
    const FakeDaemon daemon(
        tool.socket(),
        {{"POST /v1/reload", {422, R"({"title":"x","mistakes":["a.toml:1:2: b: c","d"]})"}}});
    const tests::Finished refused = tool.run({"reload", "--wait"});
    CHECK(refused.code == 78);
    CHECK(refused.err ==
          "feedwire: a.toml:1:2: b: c\nfeedwire: d\n"
          "feedwire: the old configuration stays in force\n");
  }
  std::filesystem::remove(tool.socket());
  const bool needs_restart = GENERATE(false, true);
  const FakeDaemon daemon(
      tool.socket(), {{"POST /v1/reload",
                       {200, fmt::format(R"({{"feeds":3,"needs_restart":{}}})", needs_restart)}}});
  const tests::Finished done = tool.run({"reload", "--wait"});
  CHECK(done.code == 0);
  CHECK(done.out == "reloaded: 3 feeds\n");
  CHECK((done.err.find("restart feedwired") != std::string::npos) == needs_restart);
}

TEST_CASE("OP-9 what the daemon refuses has its exit code", "[daemon]") {
  const Tool tool;
  const FakeDaemon daemon(tool.socket(),
                          {{"POST /v1/reload", {403, R"({"detail":"not you"})"}},
                           {"PUT /v1/cursors/a", {503, R"({"detail":"stopping"})"}}});

  const tests::Finished refused = tool.run({"reload", "--wait"});
  CHECK(refused.code == 77);
  CHECK(refused.err == "feedwire: not you\n");
  CHECK(tool.run({"cursor", "set", "a", "1"}).code == 75);
}

TEST_CASE("status prints whatever the daemon tells, a line each", "[daemon]") {
  const Tool tool;
  const FakeDaemon daemon(
      tool.socket(),
      {{"GET /v1/status",
        {200, R"({"version":"0.1.0","ready":true,"reasons":[],"feeds":2,"log":{"epoch":1}})"}}});

  CHECK(tool.run({"status"}).out ==
        "version                0.1.0\n"
        "ready                  yes\n"
        "feeds                  2\n"
        "log.epoch              1\n");
}

TEST_CASE("OP-9 what needs the daemon ends with 69 while it is down", "[daemon]") {
  const Tool tool;

  const tests::Finished reload = tool.run({"reload", "--wait"});
  CHECK(reload.code == 69);
  CHECK(reload.err.find("feedwired is not running") != std::string::npos);
  CHECK(tool.run({"cursor", "set", "a", "1"}).code == 69);
  CHECK(tool.run({"cursor", "delete", "a"}).code == 69);
}

}  // namespace feedwire::cli
