// The stages before and after a stop, clean or by kill -9 (H-72).

#include "tests/daemon/stage_run.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;

TEST_CASE("H-72 a restart polls nothing early, and keeps validators and window", "[restarts]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run(10min);
  REQUIRE(sim.web.seen.size() == 1);
  const bool clean = GENERATE(true, false);
  clean ? sim.stop_cleanly() : sim.crash();
  sim.start({kUrl});
  sim.run(45min);
  CHECK(sim.web.seen.size() == 1);
  sim.run(20min);
  REQUIRE(sim.web.seen.size() == 2);
  CHECK_FALSE(sim.web.seen.back().request.etag.empty());
  CHECK(sim.events().size() == 3);
}

TEST_CASE("H-72 a first poll that a crash left no trace of is not repeated at once", "[restarts]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(3));
  sim.web.latency = 30s;
  sim.start({kUrl});
  sim.run(10s);
  REQUIRE(sim.web.seen.size() == 1);
  sim.crash();
  sim.start({kUrl});
  sim.run(55min);
  CHECK(sim.web.seen.size() == 1);
  sim.run(10min);
  CHECK(sim.web.seen.size() == 2);
}

TEST_CASE("H-72 a poll under way at a clean stop is not repeated before its time", "[restarts]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(3));
  sim.web.latency = 30s;
  sim.start({kUrl});
  sim.run(10s);
  REQUIRE(sim.web.seen.size() == 1);
  sim.stop_cleanly();
  sim.web.latency = 0s;
  sim.start({kUrl});
  sim.run(55min);
  CHECK(sim.web.seen.size() == 1);
  sim.run(10min);
  CHECK(sim.web.seen.size() == 2);
  CHECK(sim.events().size() == 3);
}

TEST_CASE("H-72 after a crash a feed that was due meanwhile waits one floor", "[restarts]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run(5s);
  sim.crash();
  sim.clock_.advance(3h);
  sim.start({kUrl});
  sim.run(55min);
  CHECK(sim.web.seen.size() == 1);
  sim.run(10min);
  CHECK(sim.web.seen.size() == 2);
}

TEST_CASE("H-72 what a crash left no trace of waits its floor across further restarts",
          "[restarts]") {
  StageRun sim;
  const bool clean = GENERATE(true, false);
  CAPTURE(clean);
  sim.web.serve_document(kUrl, document(3));
  sim.web.serve_document(kOther, document(4));
  sim.start({kUrl});
  sim.run(5s);
  sim.run(58min);
  sim.web.latency = 30s;
  while (sim.web.seen.size() < 2) sim.run(0s);  // it is on its way
  sim.crash();
  sim.web.latency = 0s;
  sim.start({kUrl});
  sim.run(20min);
  sim.set_feeds({kUrl, kOther});  // its events are of later commits
  sim.run(5min);
  REQUIRE(sim.web.seen.size() == 3);
  clean ? sim.stop_cleanly() : sim.crash();
  sim.start({kUrl, kOther});
  sim.run(clean ? 30min : 55min);
  CHECK(sim.web.seen.size() == 3);
  sim.run(10min);
  CHECK(sim.web.seen.size() > 3);
}

}  // namespace feedwire::daemon
