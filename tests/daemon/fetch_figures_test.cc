// What is counted of requests (operations.md 8.4), by the stages in virtual time.

#include "daemon/fetch_figures.h"

#include <map>

#include "tests/daemon/hub_run.h"
#include "tests/daemon/stage_run.h"

namespace feedwire::daemon {
namespace {

using tests::answer;
using Counts = std::map<std::string, std::uint64_t>;

/// Those results that have come at least once.
Counts results(const StageRun& run) {
  Counts counts;
  const FetchFigures figures = run.fetches();
  for (std::size_t i = 0; i < kFetchResults; ++i)
    if (figures.results[i] > 0)
      counts.emplace(to_string(static_cast<FetchResult>(i)), figures.results[i]);
  return counts;
}

tests::ReplayedWeb::Server failing(TransportError error) {
  return [error](const HttpRequest& request) {
    HttpResponse response = answer(request, 0, "");
    response.error = error;
    return response;
  };
}

tests::ReplayedWeb::Server saying(int status, const std::string& body = "") {
  return [=](const HttpRequest& request) { return answer(request, status, body); };
}

struct Case {
  const char* result;
  tests::ReplayedWeb::Server server;
};

}  // namespace

TEST_CASE("8.4 a request counts once, by what came of it", "[figures]") {
  const std::vector<Case> cases = {
      {"ok", saying(200, document(1))},
      {"http_4xx", saying(404)},
      {"http_4xx", saying(410)},
      {"http_5xx", saying(503)},
      {"http_other", saying(304)},
      {"http_other", saying(399)},
      {"parse_error", saying(200, "no feed at all")},
      {"timeout", failing(TransportError::timeout)},
      {"timeout", failing(TransportError::too_slow)},
      {"dns", failing(TransportError::dns)},
      {"connect", failing(TransportError::connect)},
      {"tls", failing(TransportError::tls)},
      {"reset", failing(TransportError::reset)},
      {"truncated", failing(TransportError::truncated)},
      {"too_large", failing(TransportError::too_large)},
      {"blocked", failing(TransportError::blocked)},
      {"redirect", failing(TransportError::bad_redirect)},
      {"encoding", failing(TransportError::bad_encoding)},
      {"other", failing(TransportError::other)},
  };
  Counts expected;
  StageRun run;
  std::vector<std::string> urls = {kOther};
  run.web.serve_document(kOther, document(1));
  for (const Case& one : cases) {
    urls.push_back("http://h" + std::to_string(urls.size()) + ".example/");
    run.web.serve(urls.back(), one.server);
    ++expected[one.result];
  }
  ++expected["ok"];
  run.start(urls);
  run.run(50min);  // each once, spread over the first hour, without a second try
  while (run.fetches().took.count() < urls.size()) run.run(1min);
  CHECK(results(run) == expected);
  CHECK(run.fetches().took.count() == urls.size());
  CHECK(run.fetches().in_flight == 0);
}

TEST_CASE("8.4 bytes and durations of answers, 304 included", "[figures]") {
  StageRun run;
  run.web.serve(kUrl, [](const HttpRequest& request) {
    HttpResponse response = request.etag.empty()
                                ? answer(request, 200, document(2), {{"etag", "\"1\""}})
                                : answer(request, 304, "", {{"etag", "\"1\""}});
    response.wire_bytes = request.etag.empty() ? 77 : 0;
    response.elapsed = request.etag.empty() ? 3s : 40ms;
    return response;
  });
  run.start({kUrl});
  run.run_long(150min);
  CHECK(results(run) == Counts{{"ok", 1}, {"not_modified", 2}});
  const FetchFigures figures = run.fetches();
  CHECK(figures.wire_bytes == 77);
  CHECK(figures.decoded_bytes == document(2).size());
  CHECK(figures.took.sum == 3s + 2 * 40ms);
  for (std::size_t i = 0; i < kDurationBuckets; ++i) {
    INFO(figures.took.bounds[i].count());
    const bool is_short = figures.took.bounds[i] == 50ms, is_long = figures.took.bounds[i] == 5s;
    CHECK(figures.took.counts[i] == (is_short ? 2 : is_long ? 1 : 0));
  }
}

TEST_CASE("8.4 requests are in flight until they are answered", "[figures]") {
  StageRun run;
  run.web.latency = 20s;
  run.web.serve_document(kUrl, document(1));
  run.web.serve_document(kOther, document(1));
  run.start({kUrl, kOther});
  run.run(10s);
  CHECK(run.fetches().in_flight == 2);
  run.run(30s);
  CHECK(run.fetches().in_flight == 0);
}

TEST_CASE("8.4 what is due and finds no place lags behind the schedule", "[figures]") {
  StageRun run;
  run.web.serve_document(kUrl, document(1));
  run.start({kUrl});
  run.run(10s);
  CHECK(run.fetches().lag == 0us);
  run.stage().set_paused(true);
  run.run_long(2h);  // it was due after one
  const auto lag = run.fetches().lag;
  CHECK(lag > 50min);
  CHECK(lag < 70min);
  run.stage().set_paused(false);
  run.run(10s);
  CHECK(run.fetches().lag == 0us);
}

TEST_CASE("8.4 requests to hubs and for older pages are requests too", "[figures]") {
  HubRun run;
  run.serve(document(1));
  run.start({kUrl});
  run.run(1min);
  REQUIRE(run.asked().size() == 1);
  CHECK(results(run) == Counts{{"ok", 2}});

  StageRun pages;
  constexpr char kSecond[] = "http://one.example/feed.xml?page=2";
  const auto entries = [](int first, int last, const std::string& next) {
    std::string xml = "<rss version=\"2.0\"><channel><title>T</title>";
    if (!next.empty())
      xml += "<link xmlns=\"http://www.w3.org/2005/Atom\" rel=\"next\" href=\"" + next + "\"/>";
    for (int i = last; i >= first; --i)
      xml += "<item><title>E " + std::to_string(i) + "</title><guid>g" + std::to_string(i) +
             "</guid></item>";
    return xml + "</channel></rss>";
  };
  pages.web.serve_document(kUrl, entries(1, 10, ""));
  pages.start({kUrl});
  pages.run(10s);
  pages.web.serve_document(kUrl, entries(31, 40, kSecond));
  pages.web.serve(kSecond,
                  [&](const HttpRequest& request) { return answer(request, 200, "is no feed"); });
  pages.run_long(90min);
  CHECK(results(pages) == Counts{{"ok", 2}, {"parse_error", 1}});
}

TEST_CASE("8.4 a page that leads to its feed is no failure", "[figures]") {
  StageRun run;
  run.web.serve("http://one.example/",
                saying(200,
                       "<!DOCTYPE html><html><head><link rel=\"alternate\" "
                       "type=\"application/rss+xml\" href=\"feed.xml\"></head></html>"));
  run.web.serve_document(kUrl, document(1));
  run.start({"http://one.example/"});
  run.run(10s);
  CHECK(results(run) == Counts{{"ok", 2}});
}

}  // namespace feedwire::daemon
