// What an operator does with feeds while the daemon runs.

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/daemon_run.h"
#include "tests/support/temp_dir.h"
#include "tests/support/web_server.h"

namespace feedwire::tests {

namespace {

const std::string kFeed =
    "<rss version=\"2.0\"><channel><title>T</title><link>http://news.example/</link><ttl>90</ttl>"
    "<item><title>One</title><link>http://news.example/1</link></item></channel></rss>";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The daemon itself: while it is down, or still recovers, the tool may read the store instead.
bool answers(const DaemonRun& run) {
  return contains(run.tool({"status", "--json"}).out, "\"ready\":true");
}

}  // namespace

TEST_CASE("S-10 feed show says the same while the daemon runs and after its end", "[e2e]") {
  WebServer web;
  web.page("/a.xml", {200, {{"Cache-Control", "max-age=7200"}}, kFeed});
  DaemonRun run({web.url("/a.xml")}, "floor = \"60m\"\n");
  const std::vector<std::string> show = {"feed", "show", web.url("/a.xml"), "--json"};
  std::string running;
  {
    Process daemon(run.daemon());
    REQUIRE(eventually([&] { return contains(run.tool(show).out, "\"state\":\"ok\""); }));
    running = run.tool(show).out;
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
  }
  INFO(running);
  CHECK(contains(running, R"("bounds":[{"rule":"floor","seconds":3600},)"
                          R"({"rule":"ttl","seconds":5400},{"rule":"freshness","seconds":7200}])"));
  CHECK(contains(running, R"("expected_per_day":0.)"));
  CHECK(run.tool(show).out == running);
  CHECK(contains(run.tool({"feed", "show", web.url("/a.xml")}).out,
                 "not before     floor 1h; ttl 1h 30m; freshness 2h\n"));
}

TEST_CASE("feeds are added, paused, resumed and removed while the daemon runs, and over restarts",
          "[e2e]") {
  WebServer web;
  web.page("/a.xml", {200, {}, kFeed});
  web.page("/b.xml", {200, {}, kFeed});
  DaemonRun run({web.url("/a.xml")}, "floor = \"60m\"\n");
  const auto state_is = [&](const char* page, const std::string& state) {
    return contains(run.tool({"feed", "show", web.url(page), "--json"}).out,
                    "\"state\":\"" + state + "\"");
  };
  {
    Process daemon(run.daemon());
    REQUIRE(eventually([&] { return state_is("/a.xml", "ok"); }));

    CHECK(run.tool({"feed", "add", web.url("/b.xml"), "--name", "bee", "--tag", "x"}).out ==
          "added: " + web.url("/b.xml") + "\n");
    REQUIRE(eventually([&] { return state_is("/b.xml", "ok"); }));
    CHECK(run.count("entry.sighted") == 1);
    CHECK(run.tool({"feed", "pause", "bee"}).out == web.url("/b.xml") + ": paused\n");

    CHECK(contains(run.tool({"feed", "add", web.url("/a.xml")}).out, "feedwired.toml:"));
    const Finished refused = run.tool({"feed", "remove", web.url("/a.xml")});
    CHECK(refused.code == 64);
    CHECK(contains(refused.err, run.config().native()));

    const Finished same = run.tool({"reload", "--wait"});
    CHECK(same.out == "reloaded: 2 feeds\n");
    CHECK(same.err.empty());
    CHECK(state_is("/b.xml", "paused"));
    std::ofstream(run.config(), std::ios::app) << "\n[api]\nmax_streams = 7\n";
    const Finished more = run.tool({"reload", "--wait"});
    CHECK(more.out == "reloaded: 2 feeds\n");
    CHECK(contains(more.err, "restart feedwired for the other changes"));
    daemon.signal(SIGKILL);
    daemon.wait();
  }
  Process daemon(run.daemon());
  REQUIRE(eventually([&] { return answers(run); }));
  CHECK(state_is("/b.xml", "paused"));
  CHECK(contains(run.tool({"feed", "list"}).out, "paused"));
  CHECK(contains(run.tool({"feed", "show", "bee"}).out, "named by       run-time\n"));
  CHECK(run.tool({"feed", "resume", "bee"}).out == web.url("/b.xml") + ": ok\n");
  CHECK(run.tool({"feed", "remove", "bee"}).code == 0);
  CHECK(run.tool({"feed", "show", "bee"}).code == 65);
  CHECK(run.count("feed.removed") == 1);
  CHECK(run.count("feed.changed") == 2);
  CHECK(web.requests("/b.xml").size() == 1);
}

TEST_CASE("P-12 a page that is added leads to its feed, whose interval is kept", "[e2e]") {
  WebServer web;
  web.page("/", {200,
                 {{"Content-Type", "text/html"}},
                 "<!DOCTYPE html><html><head><link rel=\"alternate\" href=\"/a.xml\" "
                 "type=\"application/rss+xml\"></head></html>"});
  web.page("/a.xml", {200, {}, kFeed});
  DaemonRun run({}, "floor = \"60m\"\n");
  const std::vector<std::string> show = {"feed", "show", "home", "--json"};
  const auto is_polled = [&] { return contains(run.tool(show).out, "\"state\":\"ok\""); };
  {
    Process daemon(run.daemon());
    REQUIRE(eventually([&] { return answers(run); }));
    CHECK(run.tool({"feed", "add", web.url("/"), "--name", "home", "--interval", "30m"}).code == 0);
    REQUIRE(eventually([&] { return run.count("entry.created") == 1 && is_polled(); }));
    CHECK(contains(run.tool({"feed", "show", "home"}).out, "polled at      " + web.url("/a.xml")));
    CHECK(run.tool({"politeness"}).code == 0);
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
  }
  Process daemon(run.daemon());
  REQUIRE(eventually([&] { return answers(run); }));
  CHECK(contains(run.tool(show).out, R"("bounds":[{"rule":"interval","seconds":1800})"));
  CHECK(contains(run.tool(show).out, R"("own_interval":1800)"));
  CHECK(web.requests("/").size() == 1);
  CHECK(web.requests("/a.xml").size() == 1);
}

TEST_CASE("H-75 feed poll polls now, and not twice within a minute", "[e2e]") {
  WebServer web;
  web.page("/a.xml", {200, {}, kFeed});
  DaemonRun run({web.url("/a.xml")}, "floor = \"60m\"\n");
  Process daemon(run.daemon());
  // Until its first poll is committed, it is the one that an operator is told of.
  const std::vector<std::string> show = {"feed", "show", web.url("/a.xml"), "--json"};
  REQUIRE(eventually([&] { return contains(run.tool(show).out, "\"state\":\"ok\""); }));

  const Finished refused = run.tool({"feed", "poll", web.url("/a.xml")});
  CHECK(refused.code == 75);
  CHECK(contains(refused.err, "it was polled less than a minute ago"));
  const Finished forced =
      run.tool({"feed", "poll", web.url("/a.xml"), "--wait", "--force", "the test wants it"});
  CHECK(forced.code == 0);
  CHECK(forced.out == web.url("/a.xml") + ": ok\n");
  CHECK(web.requests("/a.xml").size() == 2);
  CHECK(contains(daemon.err(), "reason=\"the test wants it\""));
  CHECK(run.tool({"politeness"}).code == 0);
}

TEST_CASE("S18 H-73 a thousand feeds are imported in one commit, and exported again", "[e2e]") {
  constexpr int kFeeds = 1000;
  WebServer web;
  TempDir dir;
  std::string opml = "<opml version=\"2.0\"><body><outline text=\"all\">";
  for (int i = 0; i < kFeeds; ++i)
    opml += "<outline text=\"T" + std::to_string(i) + "\" xmlUrl=\"" +
            web.url("/" + std::to_string(i)) + "\"/>";
  dir.write("feeds.opml", opml + "</outline></body></opml>");
  const std::string file = (dir.path() / "feeds.opml").native();
  DaemonRun run({}, "floor = \"60m\"\n");
  Process daemon(run.daemon());
  REQUIRE(eventually([&] { return answers(run); }));

  const Finished imported = run.tool({"opml", "import", file});
  INFO(imported.err);
  CHECK(imported.out == "1000 feeds added, 0 not new, 0 outlines ignored\n");
  CHECK(web.requests().size() < kFeeds / 10);
  std::set<std::string> commits;
  for (const std::string& line : run.lines())
    if (member(line, "type") == "feedwire.feed.added") commits.insert(member(line, "recordedtime"));
  CHECK(commits.size() == 1);
  CHECK(run.count("feed.added") == kFeeds);

  dir.write("again.opml", run.tool({"opml", "export"}).out);
  CHECK(contains(dir.read("again.opml"), "<outline text=\"all\">"));
  const Finished again = run.tool({"opml", "import", (dir.path() / "again.opml").native()});
  CHECK(contains(again.out, "0 feeds added, 1000 not new, 0 outlines ignored\n"));
  CHECK(run.count("feed.changed") == 0);
}

}  // namespace feedwire::tests
