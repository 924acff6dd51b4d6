// The older pages by which gaps are closed (I-18), by the whole of the stages in virtual time.

#include <catch2/catch.hpp>

#include "tests/daemon/stage_run.h"

namespace feedwire::daemon {
namespace {

using End = storage::Backfill::End;
using storage::PollCause;
using tests::answer;

constexpr char kSecond[] = "http://one.example/feed.xml?page=2";
constexpr char kThird[] = "http://one.example/feed.xml?page=3";

// Entries first..last, the last one first, and what the next page is.
std::string entries(int first, int last, const std::string& next = "") {
  std::string xml = "<rss version=\"2.0\"><channel><title>T</title>";
  if (!next.empty())
    xml += "<link xmlns=\"http://www.w3.org/2005/Atom\" rel=\"next\" href=\"" + next + "\"/>";
  for (int i = last; i >= first; --i) {
    const std::string n = std::to_string(i);
    xml += "<item><title>Entry " + n + "</title><link>http://one.example/a/" + n +
           "</link><guid>http://one.example/a/" + n + "</guid></item>";
  }
  return xml + "</channel></rss>";
}

class PagesRun : public StageRun {
 public:
  // The feed has shown entries 1 to 10, and after the next poll, due in an hour, 31 to 40.
  void miss_entries(const std::string& next = kSecond) {
    web.serve_document(kUrl, entries(1, 10));
    start({kUrl});
    run(10s);
    web.serve_document(kUrl, entries(31, 40, next));
  }

  /// What was asked for apart from the feed.
  std::vector<std::string> pages() const {
    std::vector<std::string> urls;
    for (const tests::ReplayedWeb::Seen& seen : web.seen)
      if (seen.request.url != kUrl) urls.push_back(seen.request.url);
    return urls;
  }
  WallTime asked_at(const std::string& url, std::size_t time = 0) const {
    for (const tests::ReplayedWeb::Seen& seen : web.seen)
      if (seen.request.url == url && time-- == 0) return seen.at.wall;
    FAIL("it was not asked for");
    return {};
  }
  storage::Backfill backfill() const {
    const storage::PollRow row = feed(kUrl).poll;
    REQUIRE(row.backfill);
    return *row.backfill;
  }
  bool tells(const std::string& what) {
    const std::vector<std::string> told = feed_events();
    return std::any_of(told.begin(), told.end(), [&](const std::string& line) {
      return line.find(what) != std::string::npos;
    });
  }
};

}  // namespace

TEST_CASE("I-18 older pages are asked for one after the other, until one reaches back", "[pages]") {
  PagesRun run;
  run.web.serve_document(kSecond, entries(21, 31, kThird));
  run.web.serve_document(kThird, entries(8, 21, "http://one.example/feed.xml?page=4"));
  run.miss_entries();
  run.run_long(90min);
  CHECK(run.pages() == std::vector<std::string>{kSecond, kThird});
  CHECK(run.count("entry.created") == 40);
  CHECK(run.count("entry.updated") == 0);
  CHECK(run.tells("gap_closed "));
  CHECK(run.tells(R"("pages":2,"entries":20)"));
  CHECK(run.backfill().end == End::closed);
  for (const tests::ReplayedWeb::Seen& seen : run.web.seen) {
    if (seen.request.url == kUrl) continue;
    CHECK(seen.request.etag.empty());
    CHECK(seen.request.home_url == kUrl);
  }
  const auto is_page = [](const storage::PollRecord& record) {
    return record.cause == PollCause::backfill &&
           record.verdict == storage::PollVerdict::document && record.gap != WallTime{};
  };
  CHECK(std::count_if(run.records.begin(), run.records.end(), is_page) == 2);

  run.run_long(10h);  // the next polls find nothing
  CHECK(run.count("entry.created") == 40);
  CHECK(run.feed(kUrl).window_entries == 10);
  CHECK(run.pages().size() == 2);
}

TEST_CASE("I-18 ten pages are asked for at most", "[pages]") {
  PagesRun run;
  for (int n = 2; n <= 15; ++n) {
    const std::string url = "http://one.example/feed.xml?page=";
    run.web.serve_document(url + std::to_string(n),
                           entries(1000 - n, 1000 - n, url + std::to_string(n + 1)));
  }
  run.miss_entries();
  run.run_long(5h);
  CHECK(run.pages().size() == 10);
  CHECK(run.backfill().end == End::limit);
  CHECK(run.tells("gap {"));
  CHECK_FALSE(run.tells("gap_closed"));
}

TEST_CASE("I-18 pages that lead in a circle are asked for once", "[pages]") {
  PagesRun run;
  run.web.serve_document(kSecond, entries(28, 30, kThird));
  run.web.serve_document(kThird, entries(25, 27, kSecond));
  run.miss_entries();
  run.run_long(5h);
  CHECK(run.pages().size() == 2);
  CHECK(run.backfill().end == End::loop);
}

TEST_CASE("I-18 a page may be on another host, whose patience is its own", "[pages]") {
  const std::string there = "http://archive.example/2";
  PagesRun run;
  run.web.serve(there, [](const HttpRequest& request) {
    return answer(request, 429, "", {{"retry-after", "7200"}});
  });
  run.miss_entries(there);
  run.run_long(90min);
  const auto polls = run.feed(kUrl).poll.polls;
  CHECK(run.backfill().failures == 1);
  run.web.serve_document(there, entries(10, 30));
  run.run_long(65min);
  CHECK(run.pages().size() == 1);
  CHECK(run.feed(kUrl).poll.polls > polls);
  run.run_long(1h);
  REQUIRE(run.pages().size() == 2);
  CHECK(run.asked_at(there, 1) - run.asked_at(there) >= 2h);
  CHECK(run.backfill().end == End::closed);
  CHECK(run.count("entry.created") == 40);
}

TEST_CASE("I-18 H-51 a host that asks for patience between two pages means its feed too",
          "[pages]") {
  PagesRun run;
  run.web.serve_document(kSecond, entries(21, 30, kThird));
  run.web.serve(kThird, [](const HttpRequest& request) {
    return answer(request, 503, "", {{"retry-after", "10800"}});
  });
  run.miss_entries();
  run.run_long(90min);
  const auto polls = run.feed(kUrl).poll.polls;
  CHECK(run.feed(kUrl).poll.rule == storage::PollRule::retry_after);
  run.web.serve_document(kThird, entries(10, 20));
  run.run_long(2h);
  CHECK(run.feed(kUrl).poll.polls == polls);
  run.run_long(2h);
  CHECK(run.feed(kUrl).poll.polls > polls);
  CHECK(run.asked_at(kThird, 1) - run.asked_at(kThird) >= 3h);
  CHECK(run.backfill().end == End::closed);
  CHECK(run.count("entry.created") == 40);
}

TEST_CASE("I-18 H-51 a feed whose host asks for patience is asked for no page either", "[pages]") {
  PagesRun run;
  run.web.serve(kSecond, [](const HttpRequest& request) { return answer(request, 500, ""); });
  run.miss_entries();
  run.run_long(70min);
  REQUIRE(run.pages().size() == 1);
  run.web.serve(kUrl, [](const HttpRequest& request) {
    return answer(request, 429, "", {{"retry-after", "14400"}});
  });
  while (run.feed(kUrl).poll.last_status != 429) run.run(10s);
  const std::size_t before = run.pages().size();
  run.web.serve_document(kUrl, entries(31, 40, kSecond));
  run.web.serve_document(kSecond, entries(10, 30));
  run.run_long(230min);
  CHECK(run.pages().size() == before);
  run.run_long(20min);
  CHECK(run.pages().size() == before + 1);
  CHECK(run.backfill().end == End::closed);
}

TEST_CASE("I-18 a page that is not there, or is none, leaves the gap open", "[pages]") {
  PagesRun run;
  const bool is_there = GENERATE(true, false);
  run.web.serve(kSecond, [is_there](const HttpRequest& request) {
    return answer(request, is_there ? 200 : 404, "<html><body>Sorry</body></html>");
  });
  run.miss_entries();
  run.run_long(20h);
  CHECK(run.pages().size() == 1);
  CHECK(run.backfill().end == End::failed);
  CHECK_FALSE(run.tells("gap_closed"));
}

TEST_CASE("I-18 a server that fails is tried five times", "[pages]") {
  PagesRun run;
  run.web.serve(kSecond, [](const HttpRequest& request) { return answer(request, 500, ""); });
  run.miss_entries();
  run.run_long(24h);
  CHECK(run.pages().size() == 5);
  CHECK(run.backfill().end == End::failed);
}

TEST_CASE("I-18 pages have numbers where the operator says so", "[pages]") {
  PagesRun run;
  run.paged = true;
  run.web.serve_document("http://one.example/feed.xml?paged=2", entries(21, 30));
  run.web.serve_document("http://one.example/feed.xml?paged=3", entries(11, 20));
  run.web.serve_document("http://one.example/feed.xml?paged=4", entries(1, 10));
  run.miss_entries("");
  run.run_long(90min);
  CHECK(run.pages().size() == 3);
  CHECK(run.backfill().end == End::closed);
  CHECK(run.count("entry.created") == 40);
}

TEST_CASE("I-18 after a stop between two pages the next one is asked for", "[pages]") {
  PagesRun run;
  run.web.latency = 1s;
  run.web.serve_document(kSecond, entries(21, 30, kThird));
  run.web.serve_document(kThird, entries(10, 20));
  run.miss_entries();
  while (run.pages().size() < 2) run.run(0s);  // the second is on its way
  CHECK(run.backfill().page == kThird);
  CHECK(run.count("entry.created") == 30);

  enum class Stop { clean, crash, crash_then_clean };
  const Stop stop = GENERATE(Stop::clean, Stop::crash, Stop::crash_then_clean);
  stop == Stop::clean ? run.stop_cleanly() : run.crash();
  run.start({kUrl});
  if (stop == Stop::crash_then_clean) {
    run.run_long(10min);
    run.stop_cleanly();
    run.start({kUrl});
  }
  run.run_long(stop == Stop::crash_then_clean ? 40min : 50min);
  CHECK(run.pages().size() == 2);  // it counts as asked for (H-72)
  run.run_long(75min);
  REQUIRE(run.pages().size() == 3);
  CHECK(run.pages().back() == kThird);
  CHECK(run.backfill().end == End::closed);
  CHECK(run.backfill().pages == 2);
  CHECK(run.count("entry.created") == 40);
  run.run_long(5h);
  CHECK(run.pages().size() == 3);
}

TEST_CASE("I-18 a page whose feed is removed, or missed more meanwhile, is left", "[pages]") {
  PagesRun run;
  run.web.serve_document(kSecond, entries(10, 30));
  run.miss_entries();
  run.web.latency = 2s;
  while (run.pages().empty()) run.run(0s);
  SECTION("removed") {
    run.stage().remove_feeds({feeds::feed_key(kUrl)});
    run.run(10s);
    CHECK(run.count("entry.created") == 20);
    CHECK(run.stage().idle());
  }
  SECTION("paused") {
    run.stage().pause(feeds::feed_key(kUrl));
    run.run(10s);
    CHECK(run.backfill().end == End::closed);  // it was asked for before
  }
}

TEST_CASE("I-18 pages of a paused feed wait until it is resumed", "[pages]") {
  PagesRun run;
  run.web.serve_document(kSecond, entries(21, 30, kThird));
  run.web.serve_document(kThird, entries(10, 20));
  run.miss_entries();
  while (run.pages().empty()) run.run(0s);
  run.stage().pause(feeds::feed_key(kUrl));
  run.run_long(5h);
  CHECK(run.pages().size() == 1);
  run.stage().resume(feeds::feed_key(kUrl), run.feed(kUrl).poll, run.clock_.now());
  run.run(10s);
  CHECK(run.pages().size() == 2);
  CHECK(run.backfill().end == End::closed);
}

TEST_CASE("I-18 with --once a gap is closed before the end", "[pages]") {
  PagesRun run;
  run.web.serve_document(kSecond, entries(21, 30, kThird));
  run.web.serve_document(kThird, entries(10, 20));
  run.miss_entries();
  run.stop_cleanly();
  run.clock_.advance(2h);
  run.options().once = true;
  run.start({kUrl});
  for (int i = 0; i < 600 && !run.stage().idle(); ++i) run.run(0s);
  CHECK(run.stage().idle());
  CHECK(run.pages().size() == 2);
  CHECK(run.backfill().end == End::closed);
}

TEST_CASE("I-18 with --once nobody waits for a page that failed", "[pages]") {
  PagesRun run;
  run.web.serve(kSecond, [](const HttpRequest& request) { return answer(request, 500, ""); });
  run.miss_entries();
  run.stop_cleanly();
  run.clock_.advance(2h);
  run.options().once = true;
  run.start({kUrl});
  for (int i = 0; i < 600 && !run.stage().idle(); ++i) run.run(0s);
  CHECK(run.stage().idle());
  CHECK(run.pages().size() == 1);
  CHECK(run.backfill().end == End::none);
}

}  // namespace feedwire::daemon
