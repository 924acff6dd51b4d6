#include "config/opml.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/support/temp_dir.h"

namespace feedwire::config {
namespace {

using Tags = std::vector<std::string>;

std::variant<OpmlFile, Mistake> read(const std::string& text) {
  const tests::TempDir dir;
  dir.write("feeds.opml", text);
  return read_opml(dir.path() / "feeds.opml");
}

OpmlFile read_body(const std::string& body) {
  return std::get<OpmlFile>(read("<opml version=\"2.0\"><head/><body>" + body + "</body></opml>"));
}

}  // namespace

TEST_CASE("an outline gives its URL, its title or else its text, and its folders as tags",
          "[opml]") {
  const OpmlFile opml = read_body(R"(
    <outline text="Tech"><outline title="Linux &amp; co">
      <outline type="rss" text="text" title="title" xmlUrl="https://example.org/a#top"/>
    </outline></outline>
    <outline text=" only&#10;text " xmlUrl="http://example.org/b"/>)");

  REQUIRE(opml.feeds.size() == 2);
  CHECK(opml.feeds[0].url == "https://example.org/a");
  CHECK(opml.feeds[0].title == "title");
  CHECK(opml.feeds[0].tags == Tags{"Tech", "Linux & co"});
  CHECK(opml.feeds[1].title == "only text");
  CHECK(opml.feeds[1].tags.empty());
  CHECK(opml.ignored == 0);
}

TEST_CASE("S18 an outline that is no http or https feed is ignored and counted", "[opml]") {
  const OpmlFile opml = read_body(R"(
    <outline text="x" xmlUrl="exec:rm -rf /"/>
    <outline text="x" xmlUrl="filter:sh:https://example.org/"/>
    <outline text="x" xmlUrl="file:///etc/passwd"/>
    <outline text="x" xmlUrl="|touch /tmp/x"/>
    <outline text="x" htmlUrl="https://example.org/"/>
    <outline text="folder"><outline text="x" xmlUrl="https://example.org/"/></outline>)");

  CHECK(opml.ignored == 5);
  CHECK(opml.feeds.size() == 1);
  REQUIRE(opml.refused.size() == 4);
  CHECK(opml.refused[0].line == 2);
  CHECK(opml.refused[2].line == 4);
  CHECK(opml.refused[2].text().find("file:///etc/passwd: expected a URL") != std::string::npos);
}

TEST_CASE("an entity is not fetched and a broken file is refused with its line", "[opml]") {
  const auto entity = read(R"(<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>
      <opml><body><outline text="&x;" xmlUrl="https://example.org/"/></body></opml>)");
  CHECK(std::get<OpmlFile>(entity).feeds.at(0).title == "&x;");

  const auto broken = read("<opml>\n<body>\n<outline text=\"a>\n</body></opml>");
  CHECK(std::get<Mistake>(broken).line == 3);
  CHECK(std::get<Mistake>(read("<html><body/></html>")).line == 1);
  CHECK(std::holds_alternative<Mistake>(read("")));
}

TEST_CASE("folders within folders without end cost neither time nor memory", "[opml]") {
  constexpr int kDepth = 20'000;
  std::string body;
  for (int i = 0; i < kDepth; ++i)
    body += "<outline text=\"" + std::to_string(i) + "\" xmlUrl=\"https://example.org/\">";
  for (int i = 0; i < kDepth; ++i) body += "</outline>";

  const OpmlFile opml = read_body(body);

  REQUIRE(opml.feeds.size() == kDepth);
  CHECK(opml.feeds.back().tags == Tags{"0", "1", "2", "3", "4", "5", "6", "7"});
}

TEST_CASE("a label is cut between characters", "[opml]") {
  std::string name;
  for (int i = 0; i < 1000; ++i) name += "漢";
  const OpmlFile opml = read_body("<outline text=\"" + name + "\" xmlUrl=\"https://e.example/\"/>");
  CHECK(opml.feeds.at(0).title == name.substr(0, 258));
}

TEST_CASE("what is written is read back: URLs, titles, and tags as folders", "[opml]") {
  std::vector<FeedConfig> feeds(5);
  feeds[0].url = "https://example.org/?a=1&b=2";
  feeds[0].title = "A <b> & \"c\"";
  feeds[0].tags = {"news", "zh 中文"};
  feeds[1].url = "https://example.org/1";
  feeds[2].url = "https://example.org/2";
  feeds[2].tags = {"news"};
  feeds[3].url = "https://example.org/3";
  feeds[3].tags = {"news", "zh 中文", "deep"};
  feeds[4].url = "https://example.org/4";
  feeds[4].tags = {"zh 中文", "news"};

  const std::string text = write_opml(feeds);
  const OpmlFile back = std::get<OpmlFile>(parse_opml(text, "x"));

  CHECK(back.ignored == 0);
  REQUIRE(back.feeds.size() == feeds.size());
  for (const FeedConfig& feed : feeds) {
    const auto found = std::find_if(back.feeds.begin(), back.feeds.end(),
                                    [&](const FeedConfig& other) { return other.url == feed.url; });
    REQUIRE(found != back.feeds.end());
    CHECK(found->title == feed.title);
    CHECK(found->tags == feed.tags);
  }
  CHECK(write_opml(back.feeds) == text);
  CHECK(write_opml({}).find("<body>\n  </body>") != std::string::npos);
}

}  // namespace feedwire::config
