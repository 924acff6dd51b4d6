#include "daemon/host_holds.h"

#include "tests/daemon/stage_run.h"

namespace feedwire::daemon {

using tests::answer;

namespace {

constexpr MonoTime kStart{1h};
constexpr char kA[] = "http://blogs.example/a", kB[] = "http://blogs.example/b",
               kC[] = "http://blogs.example/c";

tests::ReplayedWeb::Server busy(int code, const std::string& retry_after, bool is_private = false) {
  return [=](const HttpRequest& request) {
    HttpResponse response = answer(request, code, "", {{"retry-after", retry_after}});
    response.from_private_network = is_private;
    return response;
  };
}

// A run in which A and B are told `code` after an hour, C is well.
struct BusyHost : StageRun {
  explicit BusyHost(int code = 429, bool is_private = false) {
    for (const char* url : {kA, kB, kC}) web.serve_document(url, document(1));
    start({kA, kB, kC});
    run_long(30min);
    for (const char* url : {kA, kB}) web.serve(url, busy(code, "36000", is_private));
  }
  std::size_t polls(std::chrono::seconds span) {
    const std::size_t before = web.seen.size();
    run_long(span);
    return web.seen.size() - before;
  }
};

}  // namespace

TEST_CASE("H-56 a host that refuses two feeds within ten minutes is held, one that refuses one not",
          "[host_holds]") {
  HostHolds holds;
  holds.refuse("a", 1, kStart, kStart + 1h);
  holds.refuse("a", 1, kStart + 1min, kStart + 2h);
  CHECK_FALSE(holds.held_until("a", kStart + 2min));
  holds.refuse("a", 2, kStart + 12min, kStart + 1h);
  CHECK_FALSE(holds.held_until("a", kStart + 12min));
  holds.refuse("a", 3, kStart + 22min, kStart + 30min);
  CHECK(holds.held_until("a", kStart + 22min) == kStart + 1h);  // the later of the two
  CHECK_FALSE(holds.held_until("b", kStart + 22min));
  CHECK_FALSE(holds.held_until("a", kStart + 1h));
}

TEST_CASE("H-57 the first answer after a hold decides for all", "[host_holds]") {
  HostHolds holds;
  holds.refuse("a", 1, kStart, kStart + 1h);
  holds.refuse("a", 2, kStart, kStart + 1h);
  holds.refuse("a", 3, kStart + 2h, kStart + 5h);
  CHECK(holds.held_until("a", kStart + 2h) == kStart + 5h);
  holds.accept("a");
  holds.refuse("a", 3, kStart + 6h, kStart + 9h);
  CHECK_FALSE(holds.held_until("a", kStart + 6h));
}

TEST_CASE("H-58 public bridges are known by name, and their subdomains", "[host_holds]") {
  CHECK(is_shared_host("rsshub.app"));
  CHECK(is_shared_host("eu.rsshub.app"));
  CHECK_FALSE(is_shared_host("notrsshub.app"));
  CHECK_FALSE(is_shared_host("example.org"));
}

TEST_CASE("H-56 H-57 while a host is held none of its feeds is polled, and each says why",
          "[host_holds]") {
  BusyHost run(GENERATE(429, 503));
  while (run.failing() < 2) run.run_long(1min);
  if (GENERATE(false, true)) {  // nobody had to wait yet
    run.stop_cleanly();
    run.start({kA, kB, kC});
  }
  CHECK(run.polls(9h) <= 1);  // C, if its turn came before
  CHECK(run.feed(kC).poll.rule == storage::PollRule::host_hold);
  CHECK(run.feed(kC).poll.next_poll > run.clock_.now().wall);
  CHECK(run.feed(kC).poll.failures == 0);
  const bool restarts = GENERATE(false, true);
  if (restarts) {
    run.stop_cleanly();
    run.start({kA, kB, kC});
    CHECK(run.polls(30min) == 0);
  }
}

TEST_CASE("H-57 after a hold one feed asks first, and all are held again or none", "[host_holds]") {
  BusyHost run;
  run.web.serve(kC, busy(429, "36000"));
  run.run_long(9h);
  CHECK(run.polls(4h) == 1);
  CHECK(run.polls(5h) == 0);
  for (const char* url : {kA, kB, kC}) run.web.serve_document(url, document(1));
  run.run_long(4h);
  for (const char* url : {kA, kB, kC})
    CHECK(run.feed(url).poll.rule != storage::PollRule::host_hold);
  CHECK(run.failing() == 0);
}

TEST_CASE("H-56 H-58 gateways' errors and private servers hold nobody but the feed",
          "[host_holds]") {
  const bool is_private = GENERATE(false, true);
  BusyHost run(is_private ? 429 : GENERATE(502, 504), is_private);
  CHECK(run.polls(9h) >= 10);
  CHECK(run.feed(kC).poll.rule != storage::PollRule::host_hold);
}

TEST_CASE("H-53 a stop in the middle of a poll makes no feed due early that said 429",
          "[host_holds]") {
  StageRun run;
  run.web.serve(kA, busy(429, ""));
  run.start({kA});
  run.run_long(1min);
  run.web.serve_document(kA, document(1));
  run.run_long(3h);
  REQUIRE(run.records.back().verdict == storage::PollVerdict::document);
  run.web.latency = 5min;
  const std::size_t asked = run.web.seen.size();
  while (run.web.seen.size() == asked) run.run_long(1min);
  run.stop_cleanly();
  REQUIRE(run.records.back().verdict == storage::PollVerdict::abandoned);
  run.start({kA});
  run.run_long(115min);
  CHECK(run.web.seen.size() == asked + 1);
  run.run_long(20min);
  CHECK(run.web.seen.size() == asked + 2);
}

}  // namespace feedwire::daemon
