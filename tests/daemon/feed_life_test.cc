// The life of feeds through the stages: failing, gone, moved (http.md H-48, H-63 to H-69).

#include "tests/daemon/stage_run.h"

namespace feedwire::daemon {

using tests::answer;

namespace {

tests::ReplayedWeb::Server status(int code) {
  return [code](const HttpRequest& request) { return answer(request, code, ""); };
}

bool starts(const std::string& line, std::string_view with) { return line.starts_with(with); }

}  // namespace

TEST_CASE("H-48 a feed that is gone is told of once and asked no more, also after a restart",
          "[feed_life]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(3));
  sim.web.serve_document(kOther, document(3));
  sim.start({kUrl, kOther});
  sim.run_long(2h);
  sim.web.serve(kUrl, status(410));
  sim.run_long(80h);
  CHECK(sim.feed(kUrl).poll.life.gone);
  REQUIRE(sim.feed_events().size() == 1);
  CHECK(starts(sim.feed_events()[0], "gone {\"rev\":2,\"prev_rev\":1,"));
  CHECK(sim.feed_events()[0].find("\"since\":\"2026-11-21T0") != std::string::npos);

  const auto asked = [&] {
    return std::count_if(sim.web.seen.begin(), sim.web.seen.end(),
                         [](const auto& seen) { return seen.request.url == kUrl; });
  };
  const auto before = asked();
  sim.run_long(100h);
  sim.stop_cleanly();
  sim.start({kUrl, kOther});
  sim.run_long(100h);
  CHECK(asked() == before);
  CHECK(sim.feed_events().size() == 1);
  CHECK(sim.records.back().url == kOther);
}

TEST_CASE("H-48 an operator who removes and adds a feed that is gone has it tried again",
          "[feed_life]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run_long(2h);
  sim.web.serve(kUrl, status(410));
  sim.run_long(80h);
  const std::size_t before = sim.web.seen.size();
  sim.set_feeds({kUrl});  // a reload that changes nothing
  sim.run_long(50h);
  CHECK(sim.web.seen.size() == before);
  sim.set_feeds({});
  sim.web.serve_document(kUrl, document(4));
  sim.set_feeds({kUrl});
  sim.run_long(2h);
  CHECK(sim.web.seen.size() > before);
  CHECK(sim.count("entry.created") == 4);
  CHECK(sim.feed(kUrl).poll.life.gone_since == WallTime{});
}

TEST_CASE("H-48 new settings bring a feed back that is gone, after the pause, while it is polled",
          "[feed_life]") {
  StageRun sim;
  sim.web.serve(kUrl, status(410));
  sim.start({kUrl});
  while (sim.feed_events().empty()) sim.run_long(1h);
  const std::size_t before = sim.web.seen.size();
  sim.set_feeds({kUrl}, {}, "another title");
  sim.run_long(1min);
  sim.set_feeds({kUrl}, {}, "and another");
  sim.run_long(3h);
  CHECK(sim.web.seen.size() > before);  // the run ends with a check of the pause
  CHECK(sim.failing() == 1);
}

TEST_CASE("H-63 a feed that fails for a month is told of once, asked daily, and told to recover",
          "[feed_life]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run_long(2h);
  sim.web.serve(kUrl, status(500));
  sim.run_long(50 * 24h);
  REQUIRE(sim.feed_events().size() == 1);
  CHECK(starts(sim.feed_events()[0], "failing "));
  CHECK(sim.feed_events()[0].find("\"error\":\"HTTP status 500\"") != std::string::npos);
  CHECK(sim.feed_events()[0].find("\"failures\":") != std::string::npos);
  const std::size_t before = sim.web.seen.size();
  sim.run_long(10 * 24h);
  CHECK(sim.web.seen.size() - before >= 9);
  CHECK(sim.web.seen.size() - before <= 10);
  sim.stop_cleanly();
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run_long(100h);
  REQUIRE(sim.feed_events().size() == 2);
  CHECK(starts(sim.feed_events()[1], "recovered "));
  CHECK(sim.events().size() == 3);
}

}  // namespace feedwire::daemon
