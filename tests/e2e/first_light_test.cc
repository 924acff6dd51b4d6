// The main job end to end: feedwired against feeds on loopback.

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/daemon_run.h"
#include "tests/support/web_server.h"

namespace feedwire::tests {

using namespace std::chrono_literals;

namespace {

WebResponse feed_of(std::string body) {
  return {200, {{"ETag", '"' + std::to_string(std::hash<std::string>{}(body)) + '"'}}, body};
}

std::string rss(int entries, int edited = 0) {
  std::string xml = "<rss version=\"2.0\"><channel><title>新闻</title><link>//news.example/</link>";
  for (int i = entries; i >= 1; --i) {
    const std::string n = std::to_string(i);
    xml += "<item><title>第" + n + "篇" + (i == edited ? "（更正）" : "") +
           "</title><link>//news.example/a/" + n + ".html</link><description><![CDATA[<p>正文 " +
           n + "</p>]]></description><pubDate>Mon, 03 Feb 2025 22:05:26 +0800</pubDate></item>";
  }
  return xml + "</channel></rss>";
}

std::string atom(const std::vector<std::string>& titles) {
  std::string xml = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>B</title>";
  for (const std::string& title : titles)
    xml += "<entry><id>urn:b:" + title + "</id><title>" + title +
           "</title><updated>2026-01-02T03:04:05Z</updated></entry>";
  return xml + "</feed>";
}

std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("first pass creates, the second says nothing, an edited title is one update", "[e2e]") {
  WebServer web;
  web.page("/a.xml", feed_of(rss(5)));
  DaemonRun run({web.url("/a.xml")});

  const Finished first = run.once();
  INFO(first.err);
  REQUIRE(first.code == 0);
  CHECK(first.out == "1 feeds polled, 0 failed; entries: 5 created, 0 updated, 0 sighted\n");
  CHECK(run.count("entry.created") == 5);
  CHECK(member(run.lines().back(), "url").rfind("http://", 0) == 0);  // P-4

  std::this_thread::sleep_for(1100ms);  // the floor
  const std::size_t before = run.lines().size();
  REQUIRE(run.once().code == 0);
  CHECK(run.lines().size() == before);

  web.page("/a.xml", feed_of(rss(5, 2)));
  std::this_thread::sleep_for(1100ms);
  REQUIRE(run.once().code == 0);
  CHECK(run.count("entry.created") == 5);
  CHECK(run.count("entry.updated") == 1);
  CHECK(run.lines().back().find(R"("changed":["title"])") != std::string::npos);
}

TEST_CASE("the same feed under a second URL is sighted, not created", "[e2e]") {
  WebServer web;
  web.page("/a.xml", feed_of(rss(5)));
  web.page("/b.xml", feed_of(rss(5)));
  DaemonRun run({web.url("/a.xml")});
  REQUIRE(run.once().code == 0);
  run.set_urls({web.url("/a.xml"), web.url("/b.xml")});
  REQUIRE(run.once().code == 0);
  CHECK(run.count("entry.created") == 5);
  CHECK(run.count("entry.sighted") == 5);
}

TEST_CASE("the seed feeds give what their expectations say", "[e2e][shared]") {
  const char* const shared = std::getenv("FEEDWIRE_SHARED");
  if (shared == nullptr) {
    SUCCEED("FEEDWIRE_SHARED is not set: own feeds only");
    return;
  }
  WebServer web;
  const std::filesystem::path seeds = std::filesystem::path(shared) / "seeds";
  std::vector<std::string> urls;
  for (const char* name : {"leiphone.xml", "niaogebiji.xml", "cls.xml"}) {
    web.page(std::string("/") + name, feed_of(slurp(seeds / name)));
    urls.push_back(web.url(std::string("/") + name));
  }
  DaemonRun run(urls);
  REQUIRE(run.once().code == 0);
  CHECK(run.count("entry.created") == 52);

  web.page("/again.xml", feed_of(slurp(seeds / "leiphone.xml")));
  urls.push_back(web.url("/again.xml"));
  run.set_urls(urls);
  std::this_thread::sleep_for(1100ms);
  REQUIRE(run.once().code == 0);
  CHECK(run.count("entry.created") == 52);
  CHECK(run.count("entry.sighted") == 50);
}

TEST_CASE("a feed that fails does not fail the run, and is named", "[e2e]") {
  WebServer web;
  web.page("/page.xml", {200, {}, "<!DOCTYPE html><html><title>Log in</title></html>"});
  web.page("/a.xml", feed_of(rss(2)));
  DaemonRun run({web.url("/page.xml"), web.url("/a.xml"), web.url("/missing.xml")});
  const Finished done = run.once();
  CHECK(done.code == 0);
  CHECK(done.out == "3 feeds polled, 2 failed; entries: 2 created, 0 updated, 0 sighted\n");
  CHECK(done.err.find("/page.xml") != std::string::npos);
  CHECK(done.err.find("not a feed: ") != std::string::npos);
  CHECK(done.err.find("HTTP status 404") != std::string::npos);
}

TEST_CASE("a loopback feed that is not allowed is refused without a packet", "[e2e]") {
  WebServer web;
  web.page("/a.xml", feed_of(rss(2)));
  DaemonRun run({});
  run.write_config(
      "state_dir = \"state\"\nruntime_dir = \"run\"\n[store]\nmin_free = \"1MiB\"\n"
      "[[feed]]\nurl = \"" +
      web.url("/a.xml") + "\"\n");
  const Finished done = run.once();
  CHECK(done.code == 0);
  CHECK(done.err.find("blocked") != std::string::npos);
  CHECK(web.connections() == 0);
}

TEST_CASE("the daemon follows its feeds, reloads, and ends within 5 s of SIGTERM", "[e2e]") {
  WebServer web;
  web.page("/a.xml", feed_of(rss(3)));
  web.page("/b.xml", feed_of(atom({"One"})));
  DaemonRun run({web.url("/a.xml")});
  Process daemon(run.daemon());
  REQUIRE(eventually([&] { return run.count("entry.created") == 3; }));
  web.page("/a.xml", feed_of(rss(4)));
  REQUIRE(eventually([&] { return run.count("entry.created") == 4; }));

  const Finished status = run.tool({"status"});
  INFO(status.out << status.err << daemon.err());
  CHECK(status.code == 0);

  run.set_urls({web.url("/a.xml"), web.url("/b.xml")});
  const Finished reloaded = run.tool({"reload", "--wait"});
  INFO(reloaded.err);
  CHECK(reloaded.code == 0);
  REQUIRE(eventually([&] { return run.count("entry.created") == 5; }));
  CHECK(run.count("feed.added") == 2);

  run.write_config(slurp(run.config()) + "identity = \"title_content\"\n");  // of the last feed
  CHECK(run.tool({"reload", "--wait"}).code == 0);
  CHECK(run.count("feed.changed") == 1);
  web.page("/b.xml", feed_of(atom({"Two", "One"})));
  REQUIRE(eventually([&] { return run.count("entry.created") == 6; }));
  CHECK(run.count("feed.identity_changed") == 1);

  run.write_config("state_dir = \"state\"\nruntime_dir = \"run\"\n[fetch]\ntimeuot = \"5s\"\n");
  const Finished refused = run.tool({"reload", "--wait"});
  CHECK(refused.code == 78);
  CHECK(daemon.running());

  run.set_urls({web.url("/b.xml")});
  daemon.signal(SIGHUP);
  REQUIRE(eventually([&] { return run.count("feed.removed") == 1; }));

  const Finished second = tests::run(run.daemon({"--once"}));
  CHECK(second.code == 75);

  daemon.signal(SIGTERM);
  CHECK(daemon.wait(5s) == 0);
}

TEST_CASE("feedwired --check says all that is wrong and touches nothing", "[e2e]") {
  DaemonRun run({});
  run.write_config(
      "[fetch]\ntimeuot = \"5s\"\nmax_body = \"lots\"\n[[feed]]\nurl = \"ftp://x/\"\n");
  const Finished done = tests::run(run.daemon({"--check"}));
  CHECK(done.code == 78);
  CHECK(done.err.find(":2:") != std::string::npos);
  CHECK(done.err.find("timeout") != std::string::npos);
  CHECK(done.err.find(":3:") != std::string::npos);
  CHECK(done.err.find(":5:") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(run.events_dir()));
}

}  // namespace feedwire::tests
