#include <catch2/catch.hpp>

#include "feeds/parse.h"

namespace feedwire::feeds {
namespace {

using Urls = std::vector<std::string>;

Urls found(const std::string& head) {
  return discover_feeds("<!DOCTYPE html><html><head>" + head + "</head></html>",
                        "https://page.example/dir/");
}

/// What a link with this href leads to.
Urls href(const std::string& reference) {
  return found("<link rel=\"alternate\" type=\"application/rss+xml\" href=\"" + reference + "\">");
}

Urls type(const std::string& name) {
  return found("<link rel=\"alternate\" type=\"" + name + "\" href=\"/f\">");
}

}  // namespace

TEST_CASE("P-12 links are found in every spelling", "[discover]") {
  const Urls feed = {"https://page.example/f"};
  CHECK(found("<LINK REL=Alternate TYPE='Application/RSS+XML; charset=utf-8' HREF=/f>") == feed);
  CHECK(found("<link href='/f' type='application/rss+xml' rel='home alternate'/>") == feed);
  CHECK(found("<link\n rel = \"alternate\"\n type=\"application/rss+xml\"\n title=\"a > b\"\n"
              " href=\"/f\"\n>") == feed);
  CHECK(found("</head><body><p><link rel=alternate type=application/rss+xml href=/f>") == feed);
  CHECK(found("<link rel=\"feed\" href=\"/f\">") == feed);
}

TEST_CASE("P-12 types of feeds count, others do not", "[discover]") {
  for (const char* feed : {"application/rss+xml", "application/atom+xml", "application/rdf+xml",
                           "application/feed+json", "application/json", "application/x.atom+xml",
                           "text/xml", "application/xml"}) {
    INFO(feed);
    CHECK(type(feed).size() == 1);
  }
  for (const char* other : {"", "text/html", "text/css", "application/json+oembed", "image/png"}) {
    INFO(other);
    CHECK(type(other).empty());
  }
  CHECK(found("<link rel=stylesheet type=application/rss+xml href=/f>").empty());
  CHECK(found("<link rel=alternate hreflang=de href=/de>").empty());
  CHECK(found("<link rel=alternate type=application/json href=/wp-json/wp/v2/posts/1>").empty());
}

TEST_CASE("P-12 what is found is absolute and can be fetched", "[discover]") {
  CHECK(href("feed.xml") == Urls{"https://page.example/dir/feed.xml"});
  CHECK(href("../f?a=1&amp;b=2") == Urls{"https://page.example/f?a=1&b=2"});
  CHECK(href("//other.example/f") == Urls{"https://other.example/f"});
  CHECK(href(" \n/f\n") == Urls{"https://page.example/f"});
  CHECK(href("feed:http://other.example/f") == Urls{"http://other.example/f"});
  CHECK(href("feed://other.example/f") == Urls{"https://other.example/f"});
  CHECK(href("javascript:alert(1)").empty());
  CHECK(href("").empty());
  CHECK(href("  ").empty());
}

TEST_CASE("P-12 the first base with an address is what relative links are relative to",
          "[discover]") {
  const std::string link = "<link rel=alternate type=application/rss+xml href=f>";
  CHECK(found("<base target=_blank><base href='/b/'><base href='/c/'>" + link) ==
        Urls{"https://page.example/b/f"});
  CHECK(found("<base href='//cdn.example/'>" + link) == Urls{"https://cdn.example/f"});
  CHECK(discover_feeds(link, "").empty());
}

TEST_CASE("P-12 a link that no browser sees is none", "[discover]") {
  const std::string link = "<link rel=alternate type=application/rss+xml href=/f>";
  CHECK(found("<!-- " + link + " -->").empty());
  CHECK(found("<script>'" + link + "'</script>").empty());
  CHECK(found("<style>" + link + "</style>").empty());
  CHECK(found("<title>" + link + "</title>").empty());
  CHECK(found("<link rel=alternate type='application/rss+xml").empty());
}

TEST_CASE("P-12 each feed is listed once, comments only where there is nothing else",
          "[discover]") {
  const std::string link = "<link rel=alternate type=application/rss+xml href=/f>";
  const std::string comments =
      "<link rel=alternate type=application/rss+xml title='Comments' href='/c'>";
  CHECK(found(link + comments + link) == Urls{"https://page.example/f"});
  CHECK(found(comments) == Urls{"https://page.example/c"});
  std::string many;
  for (int i = 0; i < 1'000; ++i)
    many += "<link rel=alternate type=application/rss+xml href=/" + std::to_string(i) + ">";
  CHECK(found(many).size() == 100);
}

}  // namespace feedwire::feeds
