// feedwired --record, and the recording polled again in virtual time.

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <memory>
#include <set>
#include <string>

#include "base/rng.h"
#include "daemon/poll_stage.h"
#include "daemon/store_stage.h"
#include "storage/log_reader.h"
#include "tests/e2e/daemon_run.h"
#include "tests/support/recorded_web.h"
#include "tests/support/replayed_web.h"
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

/// The events of entries with what EV-6 lets differ taken away.
std::multiset<std::string> entry_events(const std::vector<std::string>& lines) {
  std::multiset<std::string> events;
  for (const std::string& line : lines) {
    rapidjson::Document event;
    event.Parse(line.data(), line.size());
    REQUIRE_FALSE(event.HasParseError());
    if (!std::string(event["type"].GetString()).starts_with("feedwire.entry.")) continue;
    for (const char* name : {"sequence", "time", "recordedtime", "source"})
      event.RemoveMember(name);
    rapidjson::Value& data = event["data"];
    data.RemoveMember("fetch_id");
    if (data.HasMember("after") && data["after"].IsObject())
      for (const char* name : {"first_seen", "effective_at", "bracket"})
        data["after"]["_feedwire"].RemoveMember(name);
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> writer(text);
    event.Accept(writer);
    events.emplace(text.GetString());
  }
  return events;
}

/// The log of a daemon that gets these answers.
std::vector<std::string> replay(std::vector<daemon::RecordedResponse> recording,
                                const std::vector<std::string>& urls) {
  const TempDir dir;
  PosixFs fs;
  SeededRng rng(3);
  ManualClock clock({recording.front().at, MonoTime{1h}});
  RecordedWeb web(std::move(recording));
  InlineParser parser;
  storage::Options options;
  options.dir = dir.path();
  options.min_free_bytes = 0;
  const auto store = storage::Store::open(options, fs, clock, rng).value();
  std::vector<storage::PollOutcome> outcomes;
  daemon::PollOptions poll;
  poll.pace.floor = 60s;
  daemon::PollStage stage(
      poll, web, parser, [&](feeds::FeedKey feed) { return store->window_hashes(feed); },
      [&](storage::PollOutcome& outcome) {
        outcomes.push_back(std::move(outcome));
        return true;
      },
      rng);
  std::vector<storage::FeedRef> refs;
  std::vector<daemon::Subscription> subscriptions;
  for (const std::string& url : urls) {
    refs.push_back({feeds::feed_key(url), url, "", "", {}});
    subscriptions.emplace_back();
    subscriptions.back().ref = refs.back();
  }
  REQUIRE(store->subscribe(refs));
  stage.set_feeds(std::move(subscriptions), {}, {}, clock.now());
  for (int turn = 0; turn < 10'000 && !(web.is_done() && stage.idle()); ++turn) {
    clock.advance(500ms);
    stage.step(clock.now());
    REQUIRE(daemon::StoreStage(*store).commit(outcomes));
    for (const storage::PollOutcome& outcome : std::exchange(outcomes, {}))
      stage.committed(outcome.feed, clock.now());
  }
  REQUIRE(web.is_done());
  std::vector<std::string> lines;
  storage::LogReader reader = storage::LogReader::open(fs, dir.path() / "events", 0).value();
  while (const auto line = reader.next().value()) lines.emplace_back(line->line);
  return lines;
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
