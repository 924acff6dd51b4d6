// The stages together: poll, parse, decide, commit, read back, in virtual time on a replayed web.

#include "tests/daemon/stage_run.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;
using tests::answer;

TEST_CASE("entries are announced once, edits once, and a 304 announces and parses nothing",
          "[stages]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run(5s);
  CHECK(sim.events() == std::vector<std::string>(3, "entry.created"));

  sim.run(3h);
  CHECK(sim.events().size() == 3);
  CHECK(sim.web.seen.size() >= 3);
  CHECK(sim.parsed() == 1);
  CHECK(sim.web.seen.back().request.etag == sim.web.seen[1].request.etag);
  CHECK_FALSE(sim.web.seen.back().request.etag.empty());  // H-11

  sim.web.serve_document(kUrl, document(4, 2));
  sim.run(2h);
  CHECK(sim.count("entry.created") == 4);
  CHECK(sim.count("entry.updated") == 1);
}

TEST_CASE("H-10 H-17 H-45 a page in place of the feed changes nothing, and the validators stay",
          "[stages]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run(5s);
  sim.web.serve(kUrl, [](const HttpRequest& request) {
    return answer(request, 200, "<!DOCTYPE html><html><body>Please log in</body></html>",
                  {{"etag", "\"page\""}});
  });
  sim.run(2h);
  sim.web.serve_document(kUrl, document(3));
  sim.run(5h);
  CHECK(sim.events().size() == 3);
  CHECK(sim.web.seen.back().request.etag != "\"page\"");
}

TEST_CASE("H-46 a document without entries is a success, and takes nothing back", "[stages]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run(5s);
  sim.web.serve_document(kUrl, document(0));
  sim.run_long(60h);
  CHECK(sim.web.seen.size() > 10);
  CHECK(sim.failing() == 0);
  CHECK(sim.events() == std::vector<std::string>(3, "entry.created"));
  sim.web.serve_document(kUrl, document(4));
  sim.run_long(2h);
  CHECK(sim.events() == std::vector<std::string>(4, "entry.created"));
}

TEST_CASE("H-08 a delta announces what is new, and takes nothing back", "[stages]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(5));
  sim.start({kUrl});
  sim.run_long(2h);
  std::string delta = document(6);  // the newest entry comes first
  delta.erase(delta.find("</item>") + 7);
  sim.web.serve(kUrl, [&](const HttpRequest& request) {
    return tests::answer(request, 226, delta + "</channel></rss>");
  });
  sim.run_long(5h);
  CHECK(sim.events() == std::vector<std::string>(6, "entry.created"));
  CHECK(sim.feed(kUrl).window_entries == 5);  // of the last whole document
  sim.web.serve_document(kUrl, document(6));
  sim.run_long(5h);
  CHECK(sim.events() == std::vector<std::string>(6, "entry.created"));
  CHECK(sim.feed_events().empty());
  CHECK(sim.feed(kUrl).window_entries == 6);
}

TEST_CASE("H-90 each request is on record, with what was sent and what decides the next one",
          "[stages]") {
  StageRun sim;
  sim.web.serve(kUrl, [](const HttpRequest& request) {
    return answer(
        request, 200, document(3),
        {{"etag", "\"a\""}, {"cache-control", "private"}, {"cache-control", "max-age=7200"}});
  });
  sim.start({kUrl});
  sim.run(1min);
  sim.web.serve(kUrl, [](const HttpRequest& request) { return answer(request, 304, ""); });
  sim.run(3h);
  sim.web.serve(kUrl, [](const HttpRequest& request) { return answer(request, 404, "gone"); });
  sim.run(75min);
  sim.web.latency = 30s;
  sim.web.serve_document(kUrl, document(3));
  sim.run(65min);
  sim.stop_cleanly();

  using storage::PollRule;
  using storage::PollVerdict;
  REQUIRE(sim.records.size() >= 4);
  const storage::PollRecord& first = sim.records[0];
  CHECK(first.poll == 1);
  CHECK(first.if_none_match.empty());
  CHECK(first.etag == "\"a\"");
  CHECK(first.cache_control == "private, max-age=7200");
  CHECK(first.verdict == PollVerdict::document);
  CHECK(first.rule == PollRule::freshness);
  CHECK(first.next_poll >= first.at + 2h);
  const storage::PollRecord& second = sim.records[1];
  CHECK(second.poll == 2);
  CHECK(second.if_none_match == "\"a\"");
  CHECK(second.status == 304);
  CHECK(second.verdict == PollVerdict::unchanged);
  CHECK(second.rule == PollRule::floor);
  const storage::PollRecord& third = sim.records[2];
  CHECK(third.status == 404);
  CHECK(third.verdict == PollVerdict::failure);
  CHECK(third.rule == PollRule::failure);
  CHECK(sim.records.size() == sim.web.seen.size());
}

TEST_CASE("H-90 a request that a stop cuts short is on record", "[stages]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(3));
  sim.web.latency = 30s;
  sim.start({kUrl});
  sim.run(10s);
  sim.stop_cleanly();
  REQUIRE(sim.records.size() == 1);
  CHECK(sim.records[0].verdict == storage::PollVerdict::abandoned);
  CHECK(sim.records[0].status == 0);
  CHECK(sim.records[0].took >= 5s);
}

TEST_CASE("a second feed with the same entries creates nothing and sights them", "[stages]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(5));
  sim.web.serve_document(kOther, document(5));
  sim.start({kUrl});
  sim.run(5s);
  sim.set_feeds({kUrl, kOther});
  sim.run(2h);
  CHECK(sim.count("entry.created") == 5);
  CHECK(sim.count("entry.sighted") == 5);
}

TEST_CASE("a feed that is removed is polled no more, one that comes back repeats nothing",
          "[stages]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(2));
  sim.start({kUrl});
  sim.run(5s);
  sim.set_feeds({});
  sim.run(3h);
  CHECK(sim.web.seen.size() == 1);
  sim.set_feeds({kUrl});
  sim.run(2h);
  CHECK(sim.web.seen.size() >= 2);
  CHECK(sim.events().size() == 2);
}

TEST_CASE("RT-LIVE a feed that fails is tried again and heals", "[stages]") {
  StageRun sim;
  sim.start({kUrl});  // no such host
  sim.run(2h);
  const std::size_t failures = sim.web.seen.size();
  CHECK(failures >= 1);
  CHECK(failures <= 2);
  sim.web.serve_document(kUrl, document(2));
  sim.run(4h);
  CHECK(sim.events().size() == 2);
}

TEST_CASE("S8 while large documents fill their places only feeds that may bring one wait",
          "[stages]") {
  StageRun run;
  constexpr char kLarge[] = "http://large.example/feed", kFails[] = "http://fails.example/feed";
  const auto serve = [&](const std::string& url, std::size_t padding) {
    run.web.serve(url, [padding](const HttpRequest& request) {
      return tests::answer(request, 200, document(1) + std::string(padding, ' '));
    });
  };
  const auto polls = [&](const std::string& url) {
    return std::count_if(run.web.seen.begin(), run.web.seen.end(),
                         [&](const auto& seen) { return seen.request.url == url; });
  };
  serve(kUrl, 0);
  serve(kOther, 0);
  serve(kLarge, kLargeBody);
  run.web.serve(kFails, [](const HttpRequest& request) { return tests::answer(request, 500, ""); });
  run.start({kUrl, kLarge, kFails});
  run.run(30s);
  REQUIRE(polls(kUrl) + polls(kLarge) + polls(kFails) == 3);

  run.web.is_crowded = true;
  run.set_feeds({kUrl, kLarge, kFails, kOther});
  run.run_long(90min);
  CHECK(polls(kUrl) == 2);
  CHECK(polls(kLarge) == 1);
  CHECK(polls(kFails) == 1);
  CHECK(polls(kOther) == 0);
  run.web.is_crowded = false;
  run.run(10s);
  CHECK(polls(kLarge) == 2);
  CHECK(polls(kFails) == 2);
  CHECK(polls(kOther) == 1);
}

TEST_CASE("S8 a large document that waits for the parsers holds up no usual one", "[stages]") {
  StageRun run;
  run.web.serve(kUrl, [](const HttpRequest& request) {
    return tests::answer(request, 200, document(1) + std::string(kLargeBody, ' '));
  });
  run.web.serve(
      kOther, [](const HttpRequest& request) { return tests::answer(request, 200, document(2)); });
  run.parser.takes_no_large = true;
  run.start({kUrl});
  run.run(10s);
  run.set_feeds({kUrl, kOther});
  run.run(30s);
  CHECK(run.feed(kUrl).window_entries == 0);
  CHECK(run.feed(kOther).window_entries == 2);
  run.parser.takes_no_large = false;
  run.run(1s);
  CHECK(run.feed(kUrl).window_entries == 1);
}

TEST_CASE("H-73 feeds that are due when the daemon starts are not asked all at once", "[stages]") {
  std::vector<std::string> urls;
  StageRun sim;
  for (int i = 0; i < 50; ++i) {
    urls.push_back("http://h" + std::to_string(i) + ".example/feed");
    sim.web.serve_document(urls.back(), document(1));
  }
  sim.start(urls);
  sim.run(1min);
  REQUIRE(sim.web.seen.size() == 50);
  sim.stop_cleanly();
  sim.clock_.advance(10h);
  sim.start(urls);
  sim.run(1s);
  CHECK(sim.web.seen.size() < 50 + 20);
  sim.run(10s);
  CHECK(sim.web.seen.size() == 50 + 50);
}

TEST_CASE("H-62 while our network is down one feed is tried a minute, and none is blamed",
          "[stages]") {
  std::vector<std::string> urls;
  StageRun sim;
  for (int i = 0; i < 50; ++i) urls.push_back("http://h" + std::to_string(i) + ".example/feed");
  const auto serve_all = [&](bool up) {
    for (const std::string& url : urls) {
      if (up) {
        sim.web.serve_document(url, document(1));
      } else {
        sim.web.serve(url, [](const HttpRequest& request) {
          HttpResponse response = answer(request, 0, "");
          response.error = TransportError::dns;
          return response;
        });
      }
    }
  };
  serve_all(true);
  sim.start(urls);
  sim.run(30min);
  REQUIRE(sim.web.seen.size() == 50);

  serve_all(false);
  const WallTime down = sim.clock_.now().wall;
  CHECK(sim.stage().offline_since() == WallTime{});
  sim.run(3h);
  CHECK(sim.stage().offline_since() > down);
  CHECK(sim.stage().offline_since() < down + 2h);
  CHECK(sim.failing() < 20);
  const std::size_t tried = sim.web.seen.size();
  sim.run(30min);
  CHECK(sim.web.seen.size() - tried >= 28);
  CHECK(sim.web.seen.size() - tried <= 31);

  serve_all(true);
  const std::size_t before = sim.web.seen.size();
  sim.run(2min);
  CHECK(sim.web.seen.size() - before < 25);
  CHECK(sim.stage().offline_since() == WallTime{});
  sim.run(20min);
  CHECK(sim.web.seen.size() - before >= 40);
  CHECK(sim.web.seen.size() - before <= 50);
}

TEST_CASE("H-76 a clock set back makes no feed due early", "[stages]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(2));
  sim.start({kUrl});
  sim.run(5s);
  sim.clock_.step_wall(-24h);
  sim.run(50min);
  CHECK(sim.web.seen.size() == 1);
  sim.run(15min);
  CHECK(sim.web.seen.size() == 2);
}

TEST_CASE("RT-CLK a clock set back by a year stalls no feed, also across a restart", "[stages]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(2));
  sim.start({kUrl});
  sim.run(5s);
  sim.clock_.step_wall(-365 * 24h);
  const bool clean = GENERATE(true, false);
  clean ? sim.stop_cleanly() : sim.crash();
  sim.start({kUrl});
  sim.run(50min);
  CHECK(sim.web.seen.size() == 1);
  sim.run(20min);
  CHECK(sim.web.seen.size() == 2);
}

TEST_CASE("the same seed and the same web give the same requests", "[stages]") {
  const auto trace = [] {
    StageRun sim(5s);
    sim.web.latency = 300ms;
    sim.web.serve_document(kUrl, document(3));
    sim.web.serve_document(kOther, document(2));
    sim.start({kUrl, kOther, "http://three.example/"});
    sim.run(2min);
    std::vector<std::pair<std::int64_t, std::string>> requests;
    for (const auto& seen : sim.web.seen)
      requests.emplace_back(seen.at.mono.time_since_epoch().count(), seen.request.url);
    return requests;
  };
  CHECK(trace() == trace());
  CHECK(trace().size() > 10);
}

}  // namespace feedwire::daemon
