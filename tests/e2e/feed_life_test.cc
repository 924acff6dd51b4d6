// What an operator does with feeds while the daemon runs.

#include <catch2/catch.hpp>
#include <csignal>
#include <string>
#include <vector>

#include "tests/e2e/daemon_run.h"
#include "tests/support/web_server.h"

namespace feedwire::tests {

namespace {

const std::string kFeed =
    "<rss version=\"2.0\"><channel><title>T</title><link>http://news.example/</link><ttl>90</ttl>"
    "<item><title>One</title><link>http://news.example/1</link></item></channel></rss>";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
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

}  // namespace feedwire::tests
