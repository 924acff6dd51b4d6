// The real daemon and a feed that publishes more between two polls than it shows (I-18).

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "tests/e2e/daemon_run.h"
#include "tests/support/web_server.h"

namespace feedwire::tests {
namespace {

std::string entries(int first, int last, const std::string& next) {
  std::string json = R"({"version":"https://jsonfeed.org/version/1.1","title":"T",)";
  if (!next.empty()) json += R"("next_url":")" + next + R"(",)";
  json += R"("items":[)";
  for (int i = last; i >= first; --i) {
    const std::string url = "http://news.example/" + std::to_string(i);
    json += R"({"id":")" + url + R"(","url":")" + url + R"(","content_text":"Text"})";
    if (i > first) json += ',';
  }
  return json + "]}";
}

/// A feed of three pages, once `missed` is set; before that it has only shown entries 1 to 10.
struct PagedFeed {
  PagedFeed() {
    web.handle("/feed", [this](const WebRequest& request) { return answer(request.target); });
  }

  WebResponse answer(const std::string& target) {
    WebResponse page{200, {{"Content-Type", "application/feed+json"}}};
    if (target == "/feed?page=2") {
      page.body = entries(21, 32, web.url("/feed?page=3"));
    } else if (target == "/feed?page=3") {
      page.body = entries(8, 20, web.url("/feed?page=4"));
      if (slow) page.delay = std::chrono::seconds{20};
    } else {
      page.body = missed ? entries(31, 40, web.url("/feed?page=2")) : entries(1, 10, "");
    }
    return page;
  }

  int asked(const std::string& target) const {
    int count = 0;
    for (const WebRequest& request : web.requests()) count += request.target == target ? 1 : 0;
    return count;
  }

  std::atomic<bool> missed = false, slow = false;
  WebServer web;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("I-18 older pages bring what was missed, and that is told", "[e2e]") {
  PagedFeed feed;
  const DaemonRun run({feed.web.url("/feed")});
  Process daemon(run.daemon());
  REQUIRE(eventually([&] { return run.count("entry.created") == 10; }));
  feed.missed = true;
  REQUIRE(eventually([&] { return run.count("feed.gap_closed") == 1; }));
  CHECK(run.count("entry.created") == 40);
  CHECK(run.count("entry.updated") == 0);
  CHECK(run.count("feed.gap") == 1);
  CHECK(feed.asked("/feed?page=2") == 1);
  CHECK(feed.asked("/feed?page=3") == 1);
  CHECK(feed.asked("/feed?page=4") == 0);
  CHECK(contains(run.tool({"feed", "show", feed.web.url("/feed")}).out,
                 "closed by 2 pages with 20 entries"));
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
  CHECK(contains(daemon.err(), "gap closed url="));
  const Finished politeness = run.tool({"politeness"});
  INFO(politeness.out);
  CHECK(politeness.code == 0);
  CHECK(run.tool({"fsck"}).code == 0);
}

TEST_CASE("I-18 a daemon that is killed between two pages goes on with the next one", "[e2e]") {
  PagedFeed feed;
  feed.slow = true;
  const DaemonRun run({feed.web.url("/feed")});
  {
    Process daemon(run.daemon());
    REQUIRE(eventually([&] { return run.count("entry.created") == 10; }));
    feed.missed = true;
    REQUIRE(eventually([&] { return feed.asked("/feed?page=3") == 1; }));
    REQUIRE(eventually([&] {
      return contains(run.tool({"feed", "show", feed.web.url("/feed")}).out,
                      "being closed, 1 pages with 10 entries so far");
    }));
    daemon.signal(SIGKILL);
    CHECK(daemon.wait() == 128 + SIGKILL);
  }
  feed.slow = false;
  Process daemon(run.daemon());
  REQUIRE(eventually([&] { return run.count("feed.gap_closed") == 1; }));
  CHECK(run.count("entry.created") == 40);
  CHECK(run.count("feed.gap") == 1);
  CHECK(feed.asked("/feed?page=2") == 1);
  CHECK(feed.asked("/feed?page=3") == 2);
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
  const Finished politeness = run.tool({"politeness"});
  INFO(politeness.out);
  CHECK(politeness.code == 0);
}

}  // namespace feedwire::tests
