// feedwire feed add|remove|pause|resume|poll and opml import|export, with a daemon made up.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/cli/fake_daemon.h"
#include "tests/cli/tool.h"

namespace feedwire::cli {
namespace {

using Requests = std::vector<std::string>;

constexpr const char* kFeed =
    R"({"feed_id":"f-2c26b46b68ffc68f","url":"https://example.org/feed","state":"paused",)"
    R"("failures":0})";
constexpr const char* kFailing =
    R"({"url":"https://example.org/feed","state":"failing","failures":1,)"
    R"("last_error":"HTTP status 404"})";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("feed add says what became of the feed, and refuses what is no URL", "[daemon]") {
  const Tool tool;
  const FakeDaemon daemon(
      tool.socket(),
      {{"POST /v1/feeds",
        {200, R"({"added":0,"feeds":[{"url":"https://example.org/feed","added":false,)"
              R"("note":"it is named at a.toml:7, whose settings hold"}]})"}}});

  const tests::Finished added = tool.run(
      {"feed", "add", "https://example.org/feed#x", "--name", "a", "--tag", "x", "--tag", "y z"});
  CHECK(added.code == 0);
  CHECK(added.out == "https://example.org/feed: it is named at a.toml:7, whose settings hold\n");
  CHECK(daemon.requests() ==
        Requests{R"(POST /v1/feeds {"feeds":[{"url":"https://example.org/feed","name":"a",)"
                 R"("tags":["x","y z"]}]})"});

  CHECK(tool.run({"feed", "add", "https://example.org/feed", "--interval", "90m"}).code == 0);
  CHECK(daemon.requests().back() ==
        R"(POST /v1/feeds {"feeds":[{"url":"https://example.org/feed","tags":[],)"
        R"("interval":"90m"}]})");
  CHECK(tool.run({"feed", "add", "https://example.org/feed", "--paged"}).code == 0);
  CHECK(daemon.requests().back() ==
        R"(POST /v1/feeds {"feeds":[{"url":"https://example.org/feed","tags":[],"paged":true}]})");
  for (const char* interval : {"0s", "30", "soon"}) {
    const tests::Finished odd =
        tool.run({"feed", "add", "https://example.org/feed", "--interval", interval});
    CHECK(odd.code == 64);
    CHECK(contains(odd.err, "expected a duration of 1s or more, such as 30m"));
  }

  const tests::Finished secret = tool.run({"feed", "add", "http://me:hush@example.org/"});
  CHECK(secret.code == 64);
  CHECK(contains(secret.err, "http://***@example.org/: a user name or password"));
  CHECK_FALSE(contains(secret.err, "hush"));

  const tests::Finished refused = tool.run({"feed", "add", "example.org/feed"});
  CHECK(refused.code == 64);
  CHECK(contains(refused.err, "did you mean \"https://example.org/feed\"?"));
  CHECK(daemon.requests().size() == 3);
}

TEST_CASE("what only the daemon can do says so while it is down", "[daemon]") {
  const Tool tool;
  for (const char* verb : {"remove", "pause", "resume", "poll"}) {
    const tests::Finished done = tool.run({"feed", verb, "a"});
    CHECK(done.code == 69);
    CHECK(contains(done.err, "feedwired is not running"));
  }
  CHECK(tool.run({"feed", "add", "https://example.org/feed"}).code == 69);
}

TEST_CASE("feed pause, resume and remove pass the feed on", "[daemon]") {
  const Tool tool;
  const FakeDaemon daemon(
      tool.socket(), {{"POST /v1/feeds/a/pause", {200, kFeed}},
                      {"POST /v1/feeds/2c26b46b68ffc68f/resume", {200, kFeed}},
                      {"DELETE /v1/feeds/a", {204, ""}},
                      {"DELETE /v1/feeds/b", {409, R"({"detail":"b is named at a.toml:7"})"}}});

  CHECK(tool.run({"feed", "pause", "a"}).out == "https://example.org/feed: paused\n");
  CHECK(tool.run({"feed", "resume", "f-2c26b46b68ffc68f", "--json"}).out ==
        std::string(kFeed) + "\n");
  CHECK(tool.run({"feed", "remove", "a"}).out == "removed: a\n");
  const tests::Finished refused = tool.run({"feed", "remove", "b"});
  CHECK(refused.code == 64);
  CHECK(refused.err == "feedwire: b is named at a.toml:7\n");
}

TEST_CASE("H-75 feed poll waits for the outcome if asked, and a refusal says until when",
          "[daemon]") {
  const Tool tool;
  const FakeDaemon daemon(
      tool.socket(),
      {{"POST /v1/feeds/a/poll?wait=false", {202, kFeed}},
       {"POST /v1/feeds/a/poll?wait=true", {200, kFailing}},
       {"POST /v1/feeds/a/poll?wait=false&force=a%20fix", {202, kFeed}},
       {"POST /v1/feeds/b/poll?wait=false", {429, R"({"detail":"not before noon: 429"})"}}});

  CHECK(tool.run({"feed", "poll", "a"}).out == "https://example.org/feed: to be polled now\n");
  const tests::Finished failed = tool.run({"feed", "poll", "a", "--wait"});
  CHECK(failed.code == 65);
  CHECK(failed.out == "https://example.org/feed: failing: HTTP status 404\n");
  CHECK(tool.run({"feed", "poll", "a", "--force", "a fix"}).code == 0);
  const tests::Finished refused = tool.run({"feed", "poll", "b"});
  CHECK(refused.code == 75);
  CHECK(refused.err == "feedwire: not before noon: 429\n");
}

TEST_CASE("S18 opml import sends all feeds at once, and lists what it refuses with its line",
          "[daemon]") {
  const Tool tool;
  tool.dir().write("feeds.opml",
                   "<opml version=\"2.0\"><body>\n"
                   "<outline text=\"news\">\n"
                   "<outline text=\"A\" xmlUrl=\"https://a.example/\"/>\n"
                   "<outline text=\"x\" xmlUrl=\"exec:rm -rf /\"/>\n"
                   "</outline>\n"
                   "<outline text=\"B\" xmlUrl=\"http://b.example/\"/></body></opml>\n");
  const std::string file = (tool.dir().path() / "feeds.opml").native();
  const FakeDaemon daemon(
      tool.socket(), {{"POST /v1/feeds",
                       {200, R"({"added":1,"feeds":[{"url":"https://a.example/","added":true},)"
                             R"({"url":"http://b.example/","added":false,"note":"known"}]})"}}});

  const tests::Finished dry = tool.run({"opml", "import", file, "--dry-run"});
  CHECK(dry.out == "https://a.example/  [news]\nhttp://b.example/\n");
  CHECK(daemon.requests().empty());

  const tests::Finished imported = tool.run({"opml", "import", file});
  CHECK(imported.code == 0);
  CHECK(imported.out ==
        "http://b.example/: known\n1 feeds added, 1 not new, 1 refused, 0 outlines ignored\n");
  CHECK(contains(imported.err, "feeds.opml:4:"));
  CHECK(contains(imported.err, "exec:rm -rf /: "));
  CHECK(daemon.requests() ==
        Requests{R"(POST /v1/feeds {"feeds":[{"url":"https://a.example/","title":"A",)"
                 R"("tags":["news"]},{"url":"http://b.example/","title":"B","tags":[]}]})"});
  CHECK(tool.run({"opml", "import", file + "x"}).code != 0);
}

}  // namespace feedwire::cli
