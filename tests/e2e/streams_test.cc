// GET /v1/events/stream of the real daemon, which is killed under its clients, and whose clients
// are. FEEDWIRE_KILLS: how often.

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/rng.h"
#include "tests/e2e/daemon_run.h"
#include "tests/e2e/growing_feeds.h"
#include "tests/support/stream_client.h"

namespace feedwire::tests {
namespace {

using namespace std::chrono_literals;

std::string socket_of(const DaemonRun& run) {
  return (run.config().parent_path() / "run" / "feedwire.sock").native();
}

/// A client that keeps what an EventSource keeps between two connections: the last id.
class ResumingClient {
 public:
  /// What one connection of this length brings. None at all if nobody listens, as after a kill.
  void live(const DaemonRun& run, std::chrono::milliseconds length) {
    std::unique_ptr<StreamClient> client;
    try {
      client = std::make_unique<StreamClient>(
          socket_of(run), "/v1/events/stream",
          last_id_.empty() ? "" : fmt::format("Last-Event-ID: {}\r\n", last_id_));
    } catch (const std::runtime_error&) {
      std::this_thread::sleep_for(20ms);
      return;
    }
    client->wait_for_end(length);
    const SseBody body = parse_sse(client->body());
    for (const SseEvent& event : body.events) {
      if (event.type.empty()) continue;  // the first one, which has an id alone
      CHECK(event.id == member(event.data, "sequence"));
      CHECK(event.type == member(event.data, "type"));
      lines_.push_back(event.data);
    }
    if (!body.last_id.empty()) last_id_ = body.last_id;
    ++lives_;
  }

  const std::vector<std::string>& lines() const { return lines_; }
  int lives() const { return lives_; }

 private:
  std::string last_id_;
  std::vector<std::string> lines_;
  int lives_ = 0;
};

bool answers(const DaemonRun& run) { return run.tool({"cursor", "list"}).code == 0; }

/// Lets the client come to the end of the log, ends the daemon, and compares.
void check_all_was_sent(GrowingFeeds& feeds, const DaemonRun& run, Process& daemon,
                        ResumingClient& client) {
  feeds.freeze();
  REQUIRE(eventually([&] {
    client.live(run, 300ms);
    return client.lines().size() >= run.lines().size();
  }));
  daemon.signal(SIGTERM);
  REQUIRE(daemon.wait() == 0);
  // What the daemon said last came after the client had gone.
  std::vector<std::string> log = run.lines();
  REQUIRE(client.lines().size() <= log.size());
  log.resize(client.lines().size());
  CHECK(client.lines() == log);
}

}  // namespace

TEST_CASE("CO-1 a stream's client that is killed 200 times is sent each event once",
          "[e2e][streams]") {
  GrowingFeeds feeds;
  const DaemonRun run(feeds.urls());
  Process daemon(run.daemon());
  REQUIRE(eventually([&] { return answers(run); }));
  SeededRng rng(20261124);
  ResumingClient client;
  while (client.lives() < 200 || client.lines().size() < 50)
    client.live(run, std::chrono::milliseconds(static_cast<int>(rng.uniform(1, 50))));
  check_all_was_sent(feeds, run, daemon, client);
}

TEST_CASE("CO-2 streams of a daemon that is killed go on without gap or repeat", "[e2e][streams]") {
  GrowingFeeds feeds;
  const DaemonRun run(feeds.urls());
  const char* const given = std::getenv("FEEDWIRE_KILLS");
  const int kills = given == nullptr ? 10 : std::atoi(given);
  SeededRng rng(20261123);
  ResumingClient client;
  for (int kill = 0; kill < kills; ++kill) {
    Process daemon(run.daemon());
    REQUIRE(eventually([&] { return answers(run); }));
    for (int life = 0; life < 3; ++life)
      client.live(run, std::chrono::milliseconds(static_cast<int>(rng.uniform(5, 400))));
    daemon.signal(SIGKILL);
    client.live(run, 50ms);
    daemon.wait();
  }
  Process daemon(run.daemon());
  REQUIRE(eventually([&] { return answers(run); }));
  // On a busy machine the lives before may have been few, and have seen little.
  REQUIRE(eventually([&] {
    client.live(run, 300ms);
    return client.lines().size() > 50 && client.lives() > kills * 2;
  }));
  check_all_was_sent(feeds, run, daemon, client);
}

}  // namespace feedwire::tests
