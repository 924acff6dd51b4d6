// feedwired --record, and the recording polled again in virtual time.

#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "tests/e2e/daemon_run.h"
#include "tests/e2e/replay.h"
#include "tests/support/web_server.h"

namespace feedwire::tests {

using namespace std::chrono_literals;

namespace {

WebResponse page_of(int entries, int edited) {
  std::string xml = "<rss version=\"2.0\"><channel><title>T</title><link>http://t.example/</link>";
  for (int i = entries; i >= 1; --i) {
    const std::string n = std::to_string(i);
    xml += "<item><title>Entry " + n + "</title><link>http://t.example/" + n +
           "</link><description>Text " + n + (i == edited ? " edited" : "") +
           "</description></item>";
  }
  xml += "</channel></rss>";
  return {200, {{"ETag", '"' + std::to_string(entries) + "-" + std::to_string(edited) + '"'}}, xml};
}

}  // namespace

TEST_CASE("EV-5 EV-6 a recording that is polled again gives the same entries", "[e2e][record]") {
  WebServer web;
  std::atomic<int> asked = 0;
  web.handle("/a.xml", [&](const WebRequest& request) -> WebResponse {
    switch (const int turn = ++asked) {
      case 3:
        return {503, {}, "later"};
      case 4:
        return {200, {}, "<!DOCTYPE html><title>Log in</title>"};
      default:
        return answer_conditional(request, page_of(2 + turn / 2, turn > 5 ? 1 : 0));
    }
  });
  const std::string url = web.url("/a.xml");
  DaemonRun run({url});
  const std::filesystem::path dir = run.state_dir().parent_path() / "recording";
  {
    Process daemon(run.daemon({"--record", dir.native()}));
    REQUIRE(eventually([&] { return asked >= 4; }));
    daemon.signal(SIGTERM);  // goes on where it was
    REQUIRE(daemon.wait() == 0);
  }
  Process daemon(run.daemon({"--record", dir.native()}));
  REQUIRE(eventually([&] { return run.count("entry.updated") == 1; }));
  daemon.signal(SIGTERM);
  REQUIRE(daemon.wait() == 0);

  auto recording = daemon::read_recording(dir).value();
  CHECK(recording.size() >= 6);
  CHECK(recording.front().url == url);
  struct stat status {};
  REQUIRE(::stat((dir / "00000000000000000001.response").c_str(), &status) == 0);
  CHECK((status.st_mode & 077) == 0);
  const auto events = entry_events(run.lines());
  CHECK(events.size() >= 4);
  CHECK(entry_events(replay(std::move(recording), {url})) == events);
}

TEST_CASE("feedwired --record says so where it cannot keep anything", "[e2e][record]") {
  DaemonRun run({});
  const Finished done = tests::run(run.daemon({"--once", "--record", "/proc/nowhere"}));
  CHECK(done.code == 74);
  CHECK(done.err.find("--record: ") != std::string::npos);
}

}  // namespace feedwire::tests
