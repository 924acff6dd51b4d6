#include <catch2/catch.hpp>
#include <chrono>

#include "feeds/json_feed.h"

namespace feedwire::feeds {
namespace {

std::string title_line(std::string title) {
  ParsedEntry entry;
  entry.title = std::move(title);
  const std::string text = entry_markdown(entry, {});
  const std::size_t start = text.find("title: ");
  return text.substr(start, text.find('\n', start) - start);
}

std::string body(const ParsedEntry& entry) {
  const std::string text = entry_markdown(entry, {});
  return text.substr(text.find("\n---\n") + 6);
}

}  // namespace

TEST_CASE("an entry in markdown has front matter, then its HTML", "[markdown]") {
  ParsedEntry entry;
  entry.title = "TikTok: what next?";
  entry.tags = {"行业云", "no"};
  entry.image = "https://example.org/i.png";
  entry.authors = {{"Ann", "", "", ""}, {"Bob", "", "", ""}};
  entry.comments_url = "https://example.org/1#comments";
  entry.published = std::chrono::sys_seconds{std::chrono::seconds{1'737'604'680}};
  entry.content_html = "<p>x</p>";
  CHECK(entry_markdown(entry, {}) ==
        "---\n"
        "title: \"TikTok: what next?\"\n"
        "categories:\n"
        "  - \"行业云\"\n"
        "  - \"no\"\n"
        "headimg: \"https://example.org/i.png\"\n"
        "author: \"Ann, Bob\"\n"
        "comments: \"https://example.org/1#comments\"\n"
        "date: 2025-01-23T03:58:00Z\n"
        "thumbnail: \"https://example.org/i.png\"\n"
        "---\n\n"
        "<p>x</p>\n");
}

TEST_CASE(
    "the thumbnail is the first of the media's, the author the feed's where the entry has none",
    "[markdown]") {
  ParsedFeed feed;
  feed.authors = {{"Editor", "", "", ""}};
  ParsedEntry entry;
  entry.image = "https://example.org/i.png";
  entry.media_thumbnails = {{"https://example.org/t.png", {}, {}}};
  const std::string text = entry_markdown(entry, feed);
  CHECK(text.find("thumbnail: \"https://example.org/t.png\"\n") != std::string::npos);
  CHECK(text.find("headimg: \"https://example.org/i.png\"\n") != std::string::npos);
  CHECK(text.find("author: \"Editor\"\n") != std::string::npos);
}

TEST_CASE("front matter without anything known is empty", "[markdown]") {
  CHECK(entry_markdown({}, {}) == "---\n---\n\n\n");
}

TEST_CASE("no title can leave its YAML string", "[markdown]") {
  CHECK(title_line("a \"b\" \\ c") == R"(title: "a \"b\" \\ c")");
  CHECK(title_line("# - : {} [] & * ! | > ' % @ `") == R"(title: "# - : {} [] & * ! | > ' % @ `")");
  CHECK(title_line("x\n---\ny") == R"(title: "x\U0000000a---\U0000000ay")");
  CHECK(title_line("\u0085\u2028\ufeff\U0001fffe") ==
        R"(title: "\U00000085\U00002028\U0000feff\U0001fffe")");
  CHECK(title_line("yes") == R"(title: "yes")");
  CHECK(title_line("雷峰网 😀") == "title: \"雷峰网 😀\"");
  CHECK(title_line("a\xff") == "title: \"a\ufffd\"");
}

TEST_CASE("plain text becomes paragraphs", "[markdown]") {
  ParsedEntry entry;
  entry.content_text = "a < b & c\nnext\n\nlast >";
  CHECK(body(entry) == "<p>a &lt; b &amp; c<br>\nnext</p>\n<p>last &gt;</p>\n");
  entry.content_text.clear();
  entry.summary = "short";
  CHECK(body(entry) == "<p>short</p>\n");
}

}  // namespace feedwire::feeds
