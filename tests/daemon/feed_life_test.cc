// The life of feeds through the stages: failing, gone, moved (http.md H-48, H-63 to H-69).

#include "tests/daemon/stage_run.h"

namespace feedwire::daemon {

using tests::answer;

namespace {

tests::ReplayedWeb::Server status(int code) {
  return [code](const HttpRequest& request) { return answer(request, code, ""); };
}

constexpr char kNew[] = "http://new.example/feed";

// A server that leads to another one, which has this document.
tests::ReplayedWeb::Server leads(int code, const std::string& to, const std::string& body) {
  return [=](const HttpRequest& request) {
    const std::string etag = '"' + hex64(xxh3_64(body)) + '"';
    const bool conditional = request.validators_url == to && !request.etag.empty();
    const bool same = conditional && request.etag == etag;
    HttpResponse response = answer(request, same ? 304 : 200, same ? "" : body, {{"etag", etag}});
    response.sent_validators = conditional;
    response.final_url = to;
    response.redirects = {{code, to}};
    return response;
  };
}

std::size_t asked(const StageRun& sim, const std::string& url) {
  return static_cast<std::size_t>(
      std::count_if(sim.web.seen.begin(), sim.web.seen.end(),
                    [&](const auto& seen) { return seen.request.url == url; }));
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

  const std::size_t before = asked(sim, kUrl);
  sim.run_long(100h);
  sim.stop_cleanly();
  sim.start({kUrl, kOther});
  sim.run_long(100h);
  CHECK(asked(sim, kUrl) == before);
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

TEST_CASE("H-48 an outage of ours wakes no feed that is gone", "[feed_life]") {
  StageRun sim;
  std::vector<std::string> urls = {kUrl};
  for (int i = 0; i < 30; ++i) urls.push_back("http://h" + std::to_string(i) + ".example/feed");
  for (const std::string& url : urls) sim.web.serve_document(url, document(1));
  sim.web.serve(kUrl, status(410));
  sim.start(urls);
  sim.run_long(60h);
  REQUIRE(sim.feed(kUrl).poll.life.gone);
  const std::size_t before = asked(sim, kUrl);
  const auto down = [](const HttpRequest& request) {
    HttpResponse response = answer(request, 0, "");
    response.error = TransportError::dns;
    return response;
  };
  for (std::size_t i = 1; i < urls.size(); ++i) sim.web.serve(urls[i], down);
  sim.run_long(4h);
  for (std::size_t i = 1; i < urls.size(); ++i) sim.web.serve_document(urls[i], document(1));
  sim.run_long(4h);
  CHECK(asked(sim, kUrl) == before);
}

TEST_CASE("H-51 a server that asks for more than two days is told of, once in a row",
          "[feed_life]") {
  StageRun sim;
  sim.web.serve(kUrl, [](const HttpRequest& request) {
    return answer(request, 503, "", {{"retry-after", "172801"}});
  });
  sim.web.serve(kOther, [](const HttpRequest& request) {
    return answer(request, 503, "", {{"retry-after", "172800"}});
  });
  sim.start({kUrl, kOther});
  sim.run_long(10 * 24h);
  REQUIRE(sim.feed_events().size() == 1);
  CHECK(starts(sim.feed_events()[0], "warning "));
  CHECK(sim.feed_events()[0].find("\"code\":\"retry-after\",\"seconds\":172801}") !=
        std::string::npos);
}

TEST_CASE("H-65 a temporary redirect changes nothing, however long", "[feed_life]") {
  const int code = GENERATE(302, 303, 307);
  StageRun sim;
  sim.web.serve(kUrl, leads(code, kNew, document(3)));
  sim.start({kUrl});
  sim.run_long(20 * 24h);
  CHECK(asked(sim, kNew) == 0);
  CHECK(sim.feed_events().empty());
}

TEST_CASE("H-66 H-69 a feed moves once, stays what it is, and none of its entries is new",
          "[feed_life]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run_long(2h);
  sim.web.serve(kUrl, leads(GENERATE(301, 308), kNew, document(3)));
  sim.web.serve_document(kNew, document(3));
  sim.run_long(6 * 24h);
  CHECK(asked(sim, kNew) == 0);
  sim.stop_cleanly();  // sightings and moves are kept
  sim.start({kUrl});
  sim.run_long(2 * 24h);
  CHECK(asked(sim, kNew) > 10);
  sim.stop_cleanly();
  sim.start({kUrl});
  const std::size_t old = asked(sim, kUrl);
  sim.web.serve_document(kNew, document(4));
  sim.run_long(24h);
  CHECK(asked(sim, kUrl) == old);
  CHECK(sim.events() == std::vector<std::string>(4, "entry.created"));
  REQUIRE(sim.feed_events().size() == 1);
  CHECK(starts(sim.feed_events()[0], "moved "));
  CHECK(sim.feed_events()[0].find(
            "\"from\":\"http://one.example/feed.xml\",\"to\":\"http://new.example/feed\","
            "\"cause\":\"redirect\"}") != std::string::npos);
  CHECK(sim.feed(kUrl).poll.life.moved_to == kNew);
  CHECK(sim.feed(kUrl).ref.url == kUrl);
  for (const auto& seen : sim.web.seen) CHECK(seen.request.home_url == kUrl);
}

TEST_CASE("H-18 H-66 validators go with the feed, and to no other URL", "[feed_life]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run_long(2h);
  sim.web.serve(kUrl, leads(301, kNew, document(3)));
  sim.web.serve_document(kNew, document(3));
  while (asked(sim, kNew) == 0) sim.run_long(1h);
  CHECK(sim.records.back().if_none_match == sim.records.back().etag);
  CHECK(sim.records.back().status == 304);
  CHECK(sim.parsed() == 1);  // the body was the same all the time
}

TEST_CASE("H-66 a document that shares nothing with ours is no move of ours", "[feed_life]") {
  StageRun sim;
  std::string other = document(3);
  for (std::size_t at = 0; (at = other.find("one.example/a/", at)) != other.npos;)
    other.replace(at, 14, "new.example/z/");
  for (std::size_t at = 0; (at = other.find("ntry ", at)) != other.npos;)
    other.replace(at, 5, "ther ");
  const bool titled = GENERATE(false, true);  // the title tells, too
  if (!titled) other.replace(other.find("<title>T<"), 9, "<title>X<");
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run_long(2h);
  sim.web.serve(kUrl, leads(301, kNew, other));
  sim.web.serve_document(kNew, other);
  sim.run_long(20 * 24h);
  CHECK((asked(sim, kNew) > 0) == titled);
}

TEST_CASE("H-66 an entry in common is enough, under another title", "[feed_life]") {
  StageRun sim;
  std::string other = document(4, 1);
  other.replace(other.find("<title>T<"), 9, "<title>X<");
  sim.web.serve_document(kUrl, document(1));
  sim.start({kUrl});
  sim.run_long(2h);
  sim.web.serve(kUrl, leads(301, kNew, other));
  sim.web.serve_document(kNew, other);
  sim.run_long(20 * 24h);
  CHECK(asked(sim, kNew) > 0);
  CHECK(sim.count("entry.created") == 4);
}

TEST_CASE("H-66 a feed is recognised by its own id, under another title", "[feed_life]") {
  const auto atom = [](const std::string& id, const std::string& words) {
    return "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>" + id + "</id><title>" + words +
           "</title><entry><id>tag:" + words + "</id><title>" + words + "</title></entry></feed>";
  };
  StageRun sim;
  const bool is_same = GENERATE(false, true);
  const std::string other = atom(is_same ? "urn:uuid:1" : "urn:uuid:2", "new");
  sim.web.serve_document(kUrl, atom("urn:uuid:1", "old"));
  sim.start({kUrl});
  sim.run_long(2h);
  sim.stop_cleanly();
  sim.start({kUrl});
  sim.web.serve(kUrl, leads(301, kNew, other));
  sim.web.serve_document(kNew, other);
  sim.run_long(20 * 24h);
  CHECK((asked(sim, kNew) > 0) == is_same);
}

TEST_CASE("H-66 the same address by https is taken at once", "[feed_life]") {
  const std::string secure = "https://one.example/feed.xml";
  StageRun sim;
  sim.web.serve(kUrl, leads(301, secure, document(3)));
  sim.web.serve_document(secure, document(3));
  sim.start({kUrl});
  sim.run_long(3h);
  CHECK(asked(sim, kUrl) == 1);
  CHECK(asked(sim, secure) >= 1);
  REQUIRE(sim.feed_events().size() == 1);
  CHECK(sim.feed_events()[0].find("\"cause\":\"https\"") != std::string::npos);
}

TEST_CASE("H-66 an old URL that is no more is left at once for where it led", "[feed_life]") {
  StageRun sim;
  sim.web.serve(kUrl, leads(301, kNew, document(3)));
  sim.web.serve_document(kNew, document(4));
  sim.start({kUrl});
  sim.run_long(2h);
  sim.web.serve(kUrl, status(410));
  sim.run_long(3h);
  CHECK(asked(sim, kNew) >= 1);
  CHECK(sim.count("entry.created") == 4);
  REQUIRE(sim.feed_events().size() == 1);
  CHECK(sim.feed_events()[0].find("\"cause\":\"lost\"") != std::string::npos);
  CHECK(sim.feed(kUrl).poll.failures == 0);
}

TEST_CASE("H-67 while a portal answers for everyone nobody moves to it", "[feed_life]") {
  StageRun sim;
  std::vector<std::string> urls;
  for (int i = 0; i < 10; ++i) urls.push_back("http://h" + std::to_string(i) + ".example/feed");
  for (const std::string& url : urls) sim.web.serve_document(url, document(1));
  sim.start(urls);
  sim.run_long(2h);
  for (const std::string& url : urls) sim.web.serve(url, leads(301, kNew, document(1)));
  sim.run_long(1h);
  for (const std::string& url : urls) sim.web.serve_document(url, document(1));
  for (const std::string& url : urls) CHECK(sim.feed(url).poll.life.moved_to.empty());
  sim.run_long(2h);
  for (const std::string& url : urls) sim.web.serve(url, status(404));
  sim.run_long(6h);
  CHECK(asked(sim, kNew) == 0);
  CHECK(sim.feed_events().empty());
}

TEST_CASE("H-69 two feeds that meet on one URL are polled once, until one of them goes",
          "[feed_life]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(3));
  sim.web.serve_document(kNew, document(3));
  sim.start({kUrl, kNew});
  sim.run_long(2h);
  sim.web.serve(kUrl, leads(301, kNew, document(3)));
  sim.run_long(10 * 24h);
  CHECK(sim.feed(kUrl).poll.life.moved_to == kNew);
  CHECK(sim.feed(kUrl).poll.rule == storage::PollRule::same_url);
  CHECK(sim.feed(kUrl).poll.next_poll == WallTime{});
  const auto polls_a_day = [&] {
    const std::size_t before = sim.web.seen.size();
    sim.run_long(24h);
    return sim.web.seen.size() - before;
  };
  CHECK(polls_a_day() <= 24);
  const bool restarts = GENERATE(false, true);
  if (restarts) {
    sim.stop_cleanly();
    sim.start({kUrl, kNew});
    CHECK(polls_a_day() <= 24);
  }
  sim.set_feeds({kUrl});
  CHECK(polls_a_day() >= 20);
  CHECK(sim.records.back().feed == feeds::feed_key(kUrl));
  CHECK(sim.records.back().url == kNew);
  sim.set_feeds({kUrl, kNew});
  CHECK(polls_a_day() <= 24);
  CHECK(sim.records.back().feed == feeds::feed_key(kNew));
  CHECK(sim.count("entry.created") == 3);
}

TEST_CASE("H-69 two feeds that have both moved to a third URL are polled once", "[feed_life]") {
  StageRun sim;
  for (const char* url : {kUrl, kOther}) sim.web.serve(url, leads(301, kNew, document(3)));
  sim.web.serve_document(kNew, document(3));
  sim.start({kUrl, kOther});
  sim.run_long(9 * 24h);
  const std::size_t before = sim.web.seen.size();
  sim.run_long(48h);
  CHECK(sim.web.seen.size() - before >= 40);
  CHECK(sim.web.seen.size() - before <= 48);
}

TEST_CASE("H-66 a feed that is removed and added begins at its own URL", "[feed_life]") {
  StageRun sim;
  sim.web.serve(kUrl, leads(301, kNew, document(3)));
  sim.web.serve_document(kNew, document(3));
  sim.start({kUrl});
  sim.run_long(9 * 24h);
  REQUIRE(asked(sim, kNew) > 0);
  const std::size_t before = asked(sim, kUrl);
  sim.set_feeds({});
  sim.set_feeds({kUrl});
  sim.run_long(2h);
  CHECK(asked(sim, kUrl) > before);
  CHECK(sim.feed(kUrl).poll.life.moved_to.empty());
}

}  // namespace feedwire::daemon
