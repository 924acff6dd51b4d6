// What makes an entry a changed one, so that it is sanitised and rendered again: its own bytes, and
// what it inherits from the document around it.

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "feeds/feed.h"
#include "feeds/read_feed.h"

namespace feedwire::feeds {
namespace {

std::uint64_t raw_hash(std::string_view document, std::string_view url = "https://example.org/a/") {
  ReadRequest request;
  request.source.url = request.subscribed_url = url;
  const Feed feed = Feed::check(read_feed(document, request).value()).value();
  REQUIRE(feed.size() == 1);
  return feed.entry(0).raw_hash;
}

std::string replaced(std::string_view document, std::string_view from, std::string_view to) {
  std::string changed(document);
  REQUIRE(changed.find(from) != std::string::npos);
  return changed.replace(changed.find(from), from.size(), to);
}

constexpr std::string_view kRss =
    "<rss version=\"2.0\" xml:base=\"https://example.org/x/\"><channel><title>t</title>"
    "<language>en</language><item><guid>1</guid><link>one</link></item></channel></rss>";

constexpr std::string_view kAtom =
    "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"https://example.org/x/\" "
    "xml:lang=\"en\"><title>t</title><author><name>Ann</name></author>"
    "<entry><id>1</id><link href=\"one\"/></entry></feed>";

constexpr std::string_view kJson =
    R"({"version":"https://jsonfeed.org/version/1.1","title":"t","language":"en",
"authors":[{"name":"Ann"}],"items":[{"id":"1","url":"one"}]})";

}  // namespace

TEST_CASE("the raw hash of an entry stays when the document around it says something new",
          "[raw_hash]") {
  for (const std::string_view document : {kRss, kAtom})
    CHECK(raw_hash(replaced(document, "<title>t", "<title>other")) == raw_hash(document));
  CHECK(raw_hash(replaced(kJson, "\"t\"", "\"other\"")) == raw_hash(kJson));
}

TEST_CASE("the raw hash of an entry changes with its own bytes", "[raw_hash]") {
  CHECK(raw_hash(replaced(kRss, "one", "two")) != raw_hash(kRss));
  CHECK(raw_hash(replaced(kAtom, "one", "two")) != raw_hash(kAtom));
  CHECK(raw_hash(replaced(kJson, "one", "two")) != raw_hash(kJson));
}

TEST_CASE("the raw hash of an entry changes with the language that it inherits", "[raw_hash]") {
  CHECK(raw_hash(replaced(kRss, ">en<", ">fr<")) != raw_hash(kRss));
  CHECK(raw_hash(replaced(kAtom, "\"en\"", "\"fr\"")) != raw_hash(kAtom));
  CHECK(raw_hash(replaced(kJson, "\"en\"", "\"fr\"")) != raw_hash(kJson));
}

TEST_CASE("the raw hash of an entry changes with the base of its links", "[raw_hash]") {
  CHECK(raw_hash(replaced(kRss, "/x/", "/y/")) != raw_hash(kRss));
  CHECK(raw_hash(replaced(kAtom, "/x/", "/y/")) != raw_hash(kAtom));
  CHECK(raw_hash(kJson, "https://example.org/b/") != raw_hash(kJson));
}

TEST_CASE("the raw hash of an entry changes with the authors that it inherits", "[raw_hash]") {
  CHECK(raw_hash(replaced(kAtom, "Ann", "Bob")) != raw_hash(kAtom));
  CHECK(raw_hash(replaced(kJson, "Ann", "Bob")) != raw_hash(kJson));
}

}  // namespace feedwire::feeds
