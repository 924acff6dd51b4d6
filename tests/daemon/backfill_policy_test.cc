#include "daemon/backfill_policy.h"

#include <catch2/catch.hpp>

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using storage::Backfill;

constexpr WallTime kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};

Backfill failed(int status, TransportError error = TransportError::none, bool unreadable = false,
                const std::string& retry_after = "", std::uint32_t before = 0,
                std::chrono::seconds floor = 1h) {
  Backfill backfill;
  backfill.failures = before;
  HttpResponse response;
  response.status = status;
  response.error = error;
  if (!retry_after.empty()) response.headers.emplace_back("retry-after", retry_after);
  SeededRng rng(1);
  note_page_failure(backfill, response, unreadable, floor, kNow, rng);
  return backfill;
}

bool ends(const Backfill& backfill) { return backfill.end == Backfill::End::failed; }

}  // namespace

TEST_CASE("I-18 a page that is not there is given up, one that may come is asked for again",
          "[backfill]") {
  for (const int status : {304, 401, 403, 404, 410, 451}) CHECK(ends(failed(status)));
  for (const int status : {408, 429, 500, 502, 503}) CHECK_FALSE(ends(failed(status)));
  for (const TransportError error : {TransportError::blocked, TransportError::bad_redirect,
                                     TransportError::too_large, TransportError::bad_encoding})
    CHECK(ends(failed(0, error)));
  for (const TransportError error : {TransportError::dns, TransportError::connect,
                                     TransportError::timeout, TransportError::truncated})
    CHECK_FALSE(ends(failed(0, error)));
  CHECK(ends(failed(200, TransportError::none, true)));
  CHECK_FALSE(ends(failed(500, TransportError::none, false, "", kMaxPageFailures - 2)));
  CHECK(ends(failed(500, TransportError::none, false, "", kMaxPageFailures - 1)));
}

TEST_CASE("I-18 H-60 the back-off of a page doubles, and an operator with a short floor waits less",
          "[backfill]") {
  const auto wait = [](std::uint32_t before, std::chrono::seconds floor) {
    return failed(500, TransportError::none, false, "", before, floor).next_ask - kNow;
  };
  CHECK(wait(0, 1h) >= 15min);
  CHECK(wait(0, 1h) <= 18min);
  CHECK(wait(2, 1h) >= 1h);
  CHECK(wait(2, 1h) <= 70min);
  CHECK(wait(0, 1min) >= 15s);
  CHECK(wait(0, 1min) <= 18s);
  CHECK(wait(0, 1s) >= 1s);
}

TEST_CASE("I-18 H-50 H-52 patience that is asked for is had", "[backfill]") {
  CHECK(failed(503, TransportError::none, false, "7200").next_ask == kNow + 2h);
  CHECK(failed(429).next_ask == kNow + 1h);
  HttpResponse response;
  response.status = 404;
  CHECK(page_patience(response, kNow) == WallTime{});
  response.headers = {{"retry-after", "60"}};
  CHECK(page_patience(response, kNow) == kNow + 1min);
  response.error = TransportError::truncated;
  CHECK(page_patience(response, kNow) == WallTime{});
}

TEST_CASE("I-18 pages have numbers in the query", "[backfill]") {
  CHECK(numbered_page("https://a.example/feed/", 2) == "https://a.example/feed/?paged=2");
  CHECK(numbered_page("https://a.example/?feed=rss2", 3) == "https://a.example/?feed=rss2&paged=3");
  CHECK(numbered_page("https://a.example/?paged=1&feed=rss2#x", 10) ==
        "https://a.example/?feed=rss2&paged=10");
  CHECK(numbered_page("https://a.example/?unpaged=1", 2) == "https://a.example/?unpaged=1&paged=2");
}

}  // namespace feedwire::daemon
