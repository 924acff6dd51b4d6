#include "storage/backfill.h"

#include <catch2/catch.hpp>

#include "base/clock.h"

namespace feedwire::storage {
namespace {

constexpr char kFeed[] = "https://news.example/feed";

// The page that is asked for first; "none".
std::string first_page(const std::string& named, const std::string& base = kFeed) {
  feeds::FeedInfoView document;
  document.next_url = named;
  Backfill backfill;
  return find_first_page(backfill, document, base, "") ? backfill.page : "none";
}

}  // namespace

TEST_CASE("I-18 an archive goes before a page, and what a document names before a guess",
          "[backfill]") {
  feeds::FeedInfoView document;
  Backfill backfill;
  CHECK_FALSE(find_first_page(backfill, document, kFeed, ""));
  REQUIRE(find_first_page(backfill, document, kFeed, "https://news.example/feed?paged=2"));
  CHECK(backfill.page == "https://news.example/feed?paged=2");
  CHECK(backfill.by == Backfill::By::number);
  document.next_url = "https://news.example/feed?page=2";
  REQUIRE(find_first_page(backfill, document, kFeed, "https://news.example/feed?paged=2"));
  CHECK(backfill.page == "https://news.example/feed?page=2");
  document.prev_archive = "https://news.example/2026/10";
  REQUIRE(find_first_page(backfill, document, kFeed, ""));
  CHECK(backfill.page == "https://news.example/2026/10");
  CHECK(backfill.by == Backfill::By::archive);

  // From then on the same kind of link is followed.
  document.prev_archive = {};
  find_next_page(backfill, document, "https://news.example/feed?paged=3");
  CHECK(backfill.end == Backfill::End::no_page);
}

TEST_CASE("I-18 a page may be on any host, but https leads to no http, and no secrets are named",
          "[backfill]") {
  CHECK(first_page("https://www.blogger.example/feeds/7?start=26#x") ==
        "https://www.blogger.example/feeds/7?start=26");
  CHECK(first_page("http://news.example/feed?p=2") == "https://news.example/feed?p=2");
  CHECK(first_page("http://news.example/feed?p=2", "http://news.example/feed") ==
        "http://news.example/feed?p=2");
  CHECK(first_page("http://news.example:8080/feed") == "none");
  CHECK(first_page("http://[2001:db8::1]/feed") == "https://[2001:db8::1]/feed");
  CHECK(first_page("https://somebody:secret@news.example/2") == "https://news.example/2");
  CHECK(first_page("ftp://news.example/feed") == "none");
  CHECK(first_page("feed?p=2") == "none");
  CHECK(first_page("https://news.example/" + std::string(Backfill::kMaxPageBytes, 'x')) == "none");
  CHECK(first_page(std::string(kFeed) + "#older") == "none");
}

TEST_CASE("I-18 what brought nothing is not tried again for a day", "[backfill]") {
  using namespace std::chrono_literals;
  const WallTime now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
  Backfill last;
  last.to = now - 1h;
  CHECK_FALSE(is_futile(last, now));
  last.end = Backfill::End::failed;
  CHECK(is_futile(last, now));
  CHECK_FALSE(is_futile(last, now + 24h));
  CHECK_FALSE(is_futile(last, now - 2h));  // the clock was set back
  last.entries = 1;
  CHECK_FALSE(is_futile(last, now));
  last.entries = 0;
  last.end = Backfill::End::closed;
  CHECK_FALSE(is_futile(last, now));
}

}  // namespace feedwire::storage
