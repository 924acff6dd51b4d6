// The real daemon with a WebSub hub: both on loopback.

#include <arpa/inet.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "base/unique_fd.h"
#include "tests/e2e/daemon_run.h"
#include "tests/support/test_hub.h"
#include "tests/support/web_server.h"

namespace feedwire::tests {
namespace {

std::string feed_of(int first, int last) {
  std::string xml = "<rss version=\"2.0\"><channel><title>T</title>";
  for (int i = last; i >= first; --i) {
    const std::string n = std::to_string(i);
    xml += "<item><title>" + n + "</title><link>http://news.example/" + n + "</link></item>";
  }
  return xml + "</channel></rss>";
}

// A port that was free a moment ago.
std::uint16_t free_port() {
  const WebServer taken;
  return taken.port();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A daemon with one feed, whose hub it may subscribe to.
struct HubDaemon {
  HubDaemon() {
    web.handle("/feed", [this](const WebRequest& request) {
      return answer_conditional(
          request,
          {200,
           {{"ETag", "\"1\""},
            {"Link", "<" + hub.url() + ">; rel=\"hub\", <" + web.url("/feed") + ">; rel=\"self\""}},
           feed_of(1, 3)});
    });
    const std::string port = std::to_string(free_port());
    run.write_config(
        "state_dir = \"state\"\nruntime_dir = \"run\"\n[log]\nlevel = \"debug\"\n"
        "[fetch]\nallow = [\"127.0.0.0/8\"]\nhost_gap = \"0s\"\n"
        "[store]\nmin_free = \"1MiB\"\nballast = \"1MiB\"\n"
        "[websub]\nlisten = \"127.0.0.1:" +
        port + "\"\ncallback = \"http://127.0.0.1:" + port + "/hooks\"\n[[feed]]\nurl = \"" +
        web.url("/feed") + "\"\n");
  }

  std::string shown() const { return run.tool({"feed", "show", web.url("/feed")}).out; }
  bool pushes(const std::string& body) const {
    const TestHub::Fields asked = hub.asked().front();
    return hub.push(asked, body, hub_signature(asked.at("hub.secret"), body)).status == 202;
  }

  TestHub hub;
  WebServer web;
  DaemonRun run{{}};
};

}  // namespace

TEST_CASE("W-2 W-3 W-6 a hub is asked, confirms and pushes, also after a restart", "[e2e]") {
  HubDaemon test;
  const DaemonRun& run = test.run;
  {
    Process daemon(run.daemon());
    REQUIRE(eventually([&] { return test.hub.asked().size() == 1; }));
    const TestHub::Fields asked = test.hub.asked()[0];
    CHECK(asked.at("hub.mode") == "subscribe");
    CHECK(asked.at("hub.topic") == test.web.url("/feed"));
    CHECK(test.hub
              .verify({{"hub.mode", "unsubscribe"},
                       {"hub.topic", asked.at("hub.topic")},
                       {"hub.callback", asked.at("hub.callback")}},
                      "c")
              .status == 404);
    const HttpAnswer verified = test.hub.verify(asked, "the challenge");
    CHECK(verified.status == 200);
    CHECK(verified.body == "the challenge");
    REQUIRE(eventually([&] { return contains(test.shown(), "active until"); }));

    CHECK(test.hub.push(asked, feed_of(4, 4), "sha1=0000").status == 202);
    CHECK(test.pushes(feed_of(4, 5)));
    REQUIRE(eventually([&] { return run.count("entry.created") == 5; }));
    CHECK(contains(test.shown(), "pushes         1, the last 2"));
    CHECK(contains(test.shown(), "; 1 with a wrong signature"));
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
    CHECK(contains(daemon.err(), "hub pushes url="));
    // OP-13: what only the hub is to know is in no log, ledger or answer.
    const std::string secret = asked.at("hub.secret"), callback = asked.at("hub.callback");
    const std::string token = callback.substr(callback.rfind('/') + 1);
    for (const std::string& text :
         {daemon.err(), test.shown(),
          run.tool({"feed", "show", test.web.url("/feed"), "--json"}).out}) {
      CHECK_FALSE(contains(text, secret));
      CHECK_FALSE(contains(text, token));
    }
  }
  Process daemon(run.daemon());
  REQUIRE(eventually([&] {
    return contains(run.tool({"status", "--json"}).out, "\"ready\":true");
  }));
  CHECK(test.pushes(feed_of(5, 6)));
  REQUIRE(eventually([&] { return run.count("entry.created") == 6; }));
  CHECK(run.count("entry.deleted") == 0);
  CHECK(run.count("feed.gap") == 0);
  CHECK(test.hub.asked().size() == 1);
  CHECK(test.web.requests("/feed").size() <= 2);  // the second one by W-5

  CHECK(run.tool({"feed", "pause", test.web.url("/feed")}).code == 0);
  REQUIRE(eventually([&] { return test.hub.asked().size() == 2; }));
  CHECK(test.hub.asked()[1].at("hub.mode") == "unsubscribe");
  CHECK(test.hub.verify(test.hub.asked()[1], "bye").body == "bye");
  CHECK_FALSE(test.pushes(feed_of(7, 7)));
  CHECK(run.tool({"politeness"}).code == 0);
}

TEST_CASE("W-2 what a hub was told is taken outlives kill -9", "[e2e]") {
  HubDaemon test;
  int last = 3;
  for (int round = 0; round < 3; ++round) {
    Process daemon(test.run.daemon());
    if (round == 0) {
      REQUIRE(eventually([&] { return test.hub.asked().size() == 1; }));
      CHECK(test.hub.verify(test.hub.asked()[0], "c").status == 200);
    }
    REQUIRE(eventually([&] { return contains(test.shown(), "active until"); }));
    CHECK(eventually([&] { return test.pushes(feed_of(last + 1, last + 2)); }));
    daemon.signal(SIGKILL);
    daemon.wait();
    last += 2;
    // A crashed daemon's log is complete before the next one starts, or after it has recovered.
    Process recovered(test.run.daemon());
    REQUIRE(eventually([&] {
      return contains(test.run.tool({"status", "--json"}).out, "\"ready\":true");
    }));
    CHECK(test.run.count("entry.created") == last);
    recovered.signal(SIGTERM);
    CHECK(recovered.wait() == 0);
  }
}

TEST_CASE("an address for hubs that is taken keeps the daemon from starting, and says why",
          "[e2e]") {
  HubDaemon test;
  const WebServer taken;
  const std::string port = std::to_string(taken.port());
  test.run.write_config(
      "state_dir = \"state\"\nruntime_dir = \"run\"\n[websub]\nlisten = "
      "\"127.0.0.1:" +
      port +
      "\"\ncallback = \"https://feeds.example/\"\n"
      "[store]\nmin_free = \"1MiB\"\nballast = \"1MiB\"\n");
  const Finished refused = run(test.run.daemon());
  CHECK(refused.code != 0);
  CHECK(contains(refused.err, "websub.listen: 127.0.0.1:" + port + ": somebody else listens"));
}

}  // namespace feedwire::tests
