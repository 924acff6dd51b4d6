// A page that is subscribed in place of the feed that it links to (parsed-feed P-12).

#include "tests/daemon/stage_run.h"

namespace feedwire::daemon {

using tests::answer;

namespace {

constexpr char kPage[] = "http://one.example/";

std::string page(const std::string& head) {
  return "<!DOCTYPE html><html><head><title>Home</title>" + head + "</head><body></body></html>";
}

std::string feed_link(const std::string& href, const std::string& title = "News") {
  return "<link rel=\"alternate\" type=\"application/rss+xml\" title=\"" + title + "\" href=\"" +
         href + "\">";
}

tests::ReplayedWeb::Server html(const std::string& head) {
  return [=](const HttpRequest& request) { return answer(request, 200, page(head)); };
}

std::vector<std::string> asked(const StageRun& sim) {
  std::vector<std::string> urls;
  for (const auto& seen : sim.web.seen) urls.push_back(seen.request.url);
  return urls;
}

std::size_t asked_times(const StageRun& sim, const std::string& url) {
  const std::vector<std::string> urls = asked(sim);
  return static_cast<std::size_t>(std::count(urls.begin(), urls.end(), url));
}

}  // namespace

TEST_CASE("P-12 a page that is subscribed leads to its feed, at once and for good", "[discovery]") {
  StageRun sim;
  sim.web.serve(kPage, html(feed_link("/comments/feed", "Comments") + feed_link("feed.xml") +
                            feed_link("/other.xml")));
  sim.web.serve_document(kUrl, document(3));
  sim.start({kPage});
  sim.run(10s);
  CHECK(asked(sim) == std::vector<std::string>{kPage, kUrl});
  CHECK(sim.count("entry.created") == 3);
  REQUIRE(sim.feed_events().size() == 1);
  CHECK(sim.feed_events()[0].find("\"from\":\"http://one.example/\",\"to\":\"http://one.example/"
                                  "feed.xml\",\"cause\":\"discovered\"}") != std::string::npos);
  CHECK(sim.feed(kPage).ref.url == kPage);
  CHECK(sim.feed(kPage).poll.life.moved_to == kUrl);
  CHECK(sim.feed(kPage).poll.failures == 0);
  REQUIRE(sim.records.size() == 2);
  CHECK(sim.records[0].verdict == storage::PollVerdict::page);
  CHECK(sim.records[0].linked == kUrl);

  sim.stop_cleanly();
  sim.start({kPage});
  sim.run_long(10h);
  CHECK(asked_times(sim, kPage) == 1);
  CHECK(asked(sim).size() > 8);
}

TEST_CASE("P-12 a page without a feed is a failure that says what to do", "[discovery]") {
  StageRun sim;
  sim.web.serve(kPage, html(""));
  sim.start({kPage});
  sim.run(10s);
  CHECK(sim.feed(kPage).poll.last_error ==
        "not a feed: an HTML page that links to no feed: subscribe to the feed's own URL");
  sim.web.serve(kPage, html(feed_link("/feed.xml")));  // it may have one later
  sim.web.serve_document(kUrl, document(1));
  sim.run_long(5h);
  CHECK(sim.count("entry.created") == 1);
}

TEST_CASE("P-12 H-65 nobody follows the links of a portal that answers for the page",
          "[discovery]") {
  const auto [code, to, follows] =
      GENERATE(table<int, std::string, bool>({{302, "http://portal.example/", false},
                                              {301, "http://portal.example/", true},
                                              {302, "http://www.one.example/en", true}}));
  StageRun sim;
  sim.web.serve(kPage, [=, code = code, to = to](const HttpRequest& request) {
    HttpResponse response = answer(request, 200, page(feed_link(kUrl)));
    response.final_url = to;
    response.redirects = {{code, to}};
    return response;
  });
  sim.web.serve_document(kUrl, document(1));
  sim.start({kPage});
  sim.run(10s);
  CHECK(sim.count("entry.created") == (follows ? 1 : 0));
}

TEST_CASE("P-12 one link is followed, not two", "[discovery]") {
  StageRun sim;
  sim.web.serve(kPage, html(feed_link("/feed.xml")));
  sim.web.serve(kUrl, html(feed_link("/another.xml")));
  sim.start({kPage});
  sim.run_long(20h);
  CHECK(sim.feed(kPage).poll.last_error == "not a feed: an HTML page");
  CHECK(asked_times(sim, kPage) == 1);
  CHECK(asked_times(sim, "http://one.example/another.xml") == 0);
}

TEST_CASE("P-12 H-45 a page before a feed that we know is a failure, whatever it links to",
          "[discovery]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run_long(2h);
  sim.web.serve(kUrl, html(feed_link("http://portal.example/feed")));
  sim.run_long(10h);
  CHECK(sim.feed(kUrl).poll.last_error == "not a feed: an HTML page");
  CHECK(sim.feed(kUrl).poll.life.moved_to.empty());
  CHECK(sim.feed_events().empty());
}

TEST_CASE("P-12 H-69 a page whose feed is subscribed already is not polled beside it",
          "[discovery]") {
  StageRun sim;
  sim.web.serve(kPage, html(feed_link("/feed.xml")));
  sim.web.serve_document(kUrl, document(3));
  sim.start({kPage, kUrl});
  sim.run_long(10h);
  CHECK(sim.feed(kPage).poll.rule == storage::PollRule::same_url);
  CHECK(asked_times(sim, kUrl) <= 11);
}

TEST_CASE("P-12 a page that is removed and added again leads to its feed again", "[discovery]") {
  StageRun sim;
  sim.web.serve(kPage, html(feed_link("/feed.xml")));
  sim.web.serve_document(kUrl, document(3));
  sim.web.serve_document(kOther, document(1));
  sim.start({kPage, kOther});
  sim.run_long(2h);
  sim.set_feeds({kOther});
  sim.run_long(2h);
  sim.web.serve(kPage, html(feed_link("/new.xml")));
  sim.web.serve_document("http://one.example/new.xml", document(4));
  sim.set_feeds({kPage, kOther});
  sim.run_long(3h);
  CHECK(sim.feed(kPage).poll.life.moved_to == "http://one.example/new.xml");
  CHECK(sim.feed(kPage).poll.failures == 0);
}

TEST_CASE("H-75 who waits for the poll of a page hears of the feed", "[discovery]") {
  StageRun sim;
  sim.web.serve(kPage, html(feed_link("/feed.xml")));
  sim.web.serve_document(kUrl, document(3));
  sim.start({kPage});
  bool told = false;
  PollOrder order;
  order.wait = true;
  sim.stage().poll_now(
      feeds::feed_key(kPage), order,
      [&](const Result<void>& done) {
        CHECK(done);
        CHECK(sim.count("entry.created") == 3);
        told = true;
      },
      sim.clock_.now());
  sim.run(10s);
  CHECK(told);
}

}  // namespace feedwire::daemon
