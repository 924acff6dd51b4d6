// How the check of politeness judges requests for older pages (I-18).

#include <catch2/catch.hpp>

#include "tests/storage/politeness_story.h"

namespace feedwire::storage {
namespace {

using Change = std::function<void(PollRecord&)>;

// The request for the n-th older page, which is no poll.
Change page(int n, const Change& change = {}) {
  return [n, change](PollRecord& r) {
    r.cause = PollCause::backfill;
    r.url = r.final_url = "https://example.org/page/" + std::to_string(n);
    r.gap = kStart;
    r.noted = r.previous;
    r.etag = r.if_none_match;
    r.if_none_match.clear();
    if (change) change(r);
  };
}

Change refused(int n, int status, const std::string& retry_after = "") {
  return page(n, [=](PollRecord& r) {
    r.status = status;
    r.verdict = PollVerdict::failure;
    r.retry_after = retry_after;
    r.next_poll = r.at + 1h;
  });
}

// What is found where ten pages were read, and then another one.
Found after_ten_pages(const Change& another) {
  Story story;
  story.then(0s);
  for (int n = 1; n <= 10; ++n) story.then(2s, page(n));
  return story.then(2s, another).found();
}

}  // namespace

TEST_CASE("I-18 older pages are no polls, but their host's gap is kept", "[politeness]") {
  CHECK(Story().then(0s).then(2s, page(1)).then(2s, page(2)).then(1h).found() == Found{});
  CHECK(Story().then(0s).then(2s, page(1)).then(20min).found() == Found{{"H-39", 1}});
  CHECK(Story().then(0s).then(1s, page(1)).found() == Found{{"H-70", 1}});
  CHECK(Story().then(0s).then(2s, page(1)).summary().documents == 1);
  CHECK(Story().then(0s).then(2s, page(1)).summary().requests == 2);
}

TEST_CASE("I-18 ten older pages for a gap, none of them twice", "[politeness]") {
  CHECK(after_ten_pages(page(11)) == Found{{"I-18", 1}});
  CHECK(after_ten_pages(page(11, [](PollRecord& r) { r.gap = kStart + 1h; })) == Found{});
  CHECK(Story().then(0s).then(2s, page(1)).then(2s, page(1)).found() == Found{{"I-18", 1}});
  const auto of_next_run = [](PollRecord& r) { r.run = 2; };
  CHECK(Story().then(0s).then(2s, page(1)).then(2s, page(1, of_next_run)).found() == Found{});
}

TEST_CASE("I-18 no validators are sent for an older page", "[politeness]") {
  const auto conditional = [](PollRecord& r) { r.if_none_match = "\"1\""; };
  CHECK(Story().then(0s).then(2s, page(1, conditional)).found() == Found{{"I-18", 1}});
}

TEST_CASE("I-18 a page that failed is asked for after a back-off, longer each time",
          "[politeness]") {
  const auto tried = [](std::chrono::seconds pause) {
    return Story().then(0s).then(2s, refused(1, 500)).then(pause, page(1)).found();
  };
  CHECK(tried(13min) == Found{});
  CHECK(tried(12min) == Found{{"I-18", 1}});
  const auto again = [](std::chrono::seconds pause) {
    Story story;
    story.then(0s).then(2s, refused(1, 500)).then(15min, refused(1, 500)).then(pause, page(1));
    return story.found();
  };
  CHECK(again(26min) == Found{});
  CHECK(again(25min) == Found{{"I-18", 1}});
  // Another one, of another gap, may be there.
  CHECK(Story().then(0s).then(2s, refused(1, 500)).then(2s, page(2)).found() == Found{});
}

TEST_CASE("I-18 H-51 who asks for patience when asked for a page means page and feed",
          "[politeness]") {
  const auto then_page = [](int status, const char* retry, std::chrono::seconds pause) {
    return Story().then(0s).then(2s, refused(1, status, retry)).then(pause, page(2)).found();
  };
  CHECK(then_page(503, "120", 119s) == Found{{"I-18", 1}});
  CHECK(then_page(503, "120", 120s) == Found{});
  CHECK(then_page(429, "", 59min) == Found{{"I-18", 1}});
  CHECK(then_page(429, "", 1h) == Found{});

  const auto after_poll = [](std::chrono::seconds pause) {
    const auto is_refused = [](PollRecord& r) {
      failed(r, 503);
      r.retry_after = "7200";
    };
    return Story().then(0s).then(1h, is_refused).then(pause, page(1)).found();
  };
  CHECK(after_poll(119min) == Found{{"H-51", 1}});
  CHECK(after_poll(120min) == Found{});

  const auto then_poll = [](const char* retry, const std::string& host) {
    const auto there = [&host](PollRecord& r) { r.host = host; };
    const Change is_refused = refused(1, 429, retry);
    Story story;
    story.then(0s).then(2s, [&](PollRecord& r) { is_refused(r), there(r); }).then(61min);
    return story.found();
  };
  CHECK(then_poll("3600", "example.org") == Found{});
  CHECK(then_poll("7200", "example.org") == Found{{"H-51", 1}});
  CHECK(then_poll("7200", "archive.example") == Found{});
}

}  // namespace feedwire::storage
