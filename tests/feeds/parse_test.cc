#include "feeds/parse.h"

#include <rapidjson/document.h>
#include <rapidjson/prettywriter.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "feeds/json_feed.h"

namespace feedwire::feeds {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string pretty(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return buffer.GetString();
}

ParsedFeed parse(std::string_view bytes, std::string url = "https://feeds.example/dir/feed") {
  return parse_document(bytes, {std::move(url), ""}).value();
}

ParsedFeed parse_finished(std::string_view bytes, std::string url) {
  ParsedFeed feed = parse(bytes, std::move(url));
  for (ParsedEntry& entry : feed.entries) finish_entry(entry, feed);
  return feed;
}

std::string error_of(std::string_view bytes) {
  return parse_document(bytes, {"https://feeds.example/", ""}).error().message;
}

std::string rss(std::string_view items, std::string_view attributes = "") {
  return "<rss version=\"2.0\"" + std::string(attributes) +
         "><channel><title>T</title><link>https://t.example/</link>" + std::string(items) +
         "</channel></rss>";
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("each document of tests/data/feeds gives its expected JSON Feed", "[parse]") {
  std::size_t cases = 0;
  for (const auto& file : std::filesystem::directory_iterator(FEEDWIRE_TEST_DATA "/feeds")) {
    const std::filesystem::path& path = file.path();
    if (path.stem().extension() == ".expected") continue;
    const std::string name = path.stem().native();
    INFO(name);
    const ParsedFeed feed = parse_finished(read_file(path), "https://feeds.example/dir/" + name);
    const std::filesystem::path expected_path = path.parent_path() / (name + ".expected.json");
    rapidjson::Document actual, expected;
    actual.Parse(feed_json(feed).c_str());
    expected.Parse(read_file(expected_path).c_str());
    REQUIRE_FALSE(expected.HasParseError());
    if (actual != expected) CHECK(pretty(actual) == pretty(expected));
    ++cases;
  }
  CHECK(cases >= 25);
}

TEST_CASE("P-12 what is no feed is named", "[parse]") {
  CHECK(error_of("") == "not a feed: empty");
  CHECK(error_of(" \n\t") == "not a feed: empty");
  CHECK(error_of("<!DOCTYPE html><html><body>hi</body></html>") == "not a feed: an HTML page");
  CHECK(error_of("<?xml version='1.0'?><!-- x --><html xmlns='http://www.w3.org/1999/xhtml'/>") ==
        "not a feed: an HTML page");
  CHECK(error_of("<svg xmlns='http://www.w3.org/2000/svg'/>") ==
        "not a feed: another XML document <svg>");
  CHECK(
      error_of("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><a/></rdf:RDF>") ==
      "not a feed: another XML document <rdf:RDF>");
  CHECK(error_of("\x7f"
                 "ELF\x01\x01\x01\x02\x03\x04\x05") == "not a feed: binary data");
  CHECK(error_of("502 Bad Gateway") == "not a feed: plain text");
  CHECK(error_of("{\"error\":\"no\"}") == "not a feed: JSON that is no JSON Feed");
}

TEST_CASE("broken documents tell the line", "[parse]") {
  const ParsedFeed recovered = parse("<rss>\n<channel>\n</wrong></rss>");
  CHECK(recovered.problems.at(0).code == "recovered-xml");
  CHECK(recovered.problems.at(0).line == 3);
  CHECK_THAT(error_of("\n<?xml version='1.0'?>\n<rss"),
             Catch::Matchers::StartsWith("broken XML at line 3: "));
  CHECK_THAT(error_of("{\"version\":\"https://jsonfeed.org/version/1\",\n\"items\":[,]}"),
             Catch::Matchers::StartsWith("broken JSON at line 2: "));
}

TEST_CASE("S11 nesting beyond the limits is refused before a tree is built", "[parse]") {
  const std::string deep = repeat("<a>", 1'000'000);
  Result<ParsedFeed> xml = parse_document("<rss>" + deep, {});
  REQUIRE_FALSE(xml);
  CHECK(xml.error().code == ErrorCode::too_large);
  Result<ParsedFeed> json = parse_document("{\"items\":" + repeat("[", 1'000'000), {});
  REQUIRE_FALSE(json);
  CHECK(json.error().code == ErrorCode::too_large);
}

TEST_CASE("S11 elements may nest to the limit, and XHTML that deep is read", "[parse]") {
  const std::size_t depth = kMaxDepth - 4;  // within rss, channel, item, description
  const ParsedFeed feed = parse(rss("<item><description>" + repeat("<b>", depth) + "x" +
                                    repeat("</b>", depth) + "</description></item>"));
  CHECK(feed.entries.at(0).content->body.size() == depth * 7 + 1);
}

TEST_CASE("S9 an external entity is not looked up", "[parse]") {
  const ParsedFeed feed = parse("<!DOCTYPE rss [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" +
                                rss("<item><title>a &x; b</title></item>"));
  CHECK_THAT(feed.entries.at(0).title, !Catch::Matchers::Contains("root"));
}

TEST_CASE("S24 entries beyond the limit are a problem", "[parse]") {
  const ParsedFeed feed = parse(rss(repeat("<item/>", kMaxEntries + 5)));
  CHECK(feed.entries.size() == kMaxEntries);
  CHECK(feed.problems.at(0).code == "too-many-entries");
}

TEST_CASE("problems are capped, so that a hostile feed cannot grow them", "[parse]") {
  const ParsedFeed feed = parse(rss(repeat("<item><link>data:x</link></item>", 500)));
  CHECK(feed.problems.size() == 10);
}

TEST_CASE("P-4 a link without a scheme takes that of the feed's URL", "[parse]") {
  const std::string document = rss("<item><link>//host.example/1</link></item>");
  CHECK(parse(document, "http://a.example/f").entries.at(0).url == "http://host.example/1");
  CHECK(parse(document, "https://a.example/f").entries.at(0).url == "https://host.example/1");
  CHECK(parse(document, "").entries.at(0).url == "https://host.example/1");
}

TEST_CASE("P-4 a relative link without anything to resolve it with is a problem", "[parse]") {
  const ParsedFeed feed = parse(rss("\n<item>\n<link>one.html</link></item>"), "");
  CHECK(feed.entries.at(0).url.empty());
  CHECK(feed.problems.at(0).code == "relative-url");
  CHECK(feed.problems.at(0).line == 3);
}

TEST_CASE("the raw hash covers an entry and what it inherits, nothing else", "[parse]") {
  const auto hash = [](std::string_view item, std::string_view channel = "",
                       std::string url = "https://a.example/") {
    return parse(rss(std::string(channel) + std::string(item)), std::move(url))
        .entries.at(0)
        .raw_hash;
  };
  const std::string item = "<item><title a='b'>x</title></item>";
  CHECK(hash(item) == hash(item));
  CHECK(hash(item) == hash(item, "<lastBuildDate>Sat, 01 Feb 2025 12:00:00 GMT</lastBuildDate>"));
  CHECK(hash(item) != hash("<item><title a='b'>y</title></item>"));
  CHECK(hash(item) != hash("<item><title a='c'>x</title></item>"));
  CHECK(hash(item) != hash("<item><title a='b'/>x</item>"));
  CHECK(hash(item) != hash(item, "<language>fr</language>"));
  CHECK(hash(item) != hash(item, "", "https://b.example/"));

  const auto atom_hash = [](std::string_view author) {
    return parse("<feed xmlns='http://www.w3.org/2005/Atom'><author><name>" + std::string(author) +
                 "</name></author><entry><title>x</title></entry></feed>")
        .entries.at(0)
        .raw_hash;
  };
  CHECK(atom_hash("a") != atom_hash("b"));
}

TEST_CASE("finish_entry alone does the costly work", "[parse]") {
  ParsedFeed feed = parse(rss("<item><description>&lt;p&gt;x&lt;/p&gt;</description></item>"));
  ParsedEntry& entry = feed.entries.at(0);
  CHECK(entry.content_html.empty());
  CHECK(entry.content->body == "<p>x</p>");
  finish_entry(entry, feed);
  CHECK(entry.content_html == "<p>x</p>");
  CHECK_FALSE(entry.content);
}

TEST_CASE("P-2 the summary of content alone is its first 300 characters", "[parse]") {
  const std::string long_text = repeat("\u4e91", 1000);
  const ParsedFeed feed = parse_finished(
      rss("<item><description>" + long_text + "</description></item>"), "https://a.example/");
  CHECK(feed.entries.at(0).summary.size() <= 300 * 3 + 3);
  CHECK(feed.entries.at(0).summary.size() >= 290 * 3);
}

TEST_CASE("P-10 bytes that are no UTF-8 cost a replacement and a problem", "[parse]") {
  const ParsedFeed feed = parse("<?xml version='1.0' encoding='utf-8'?>" + rss("<item><title>a\xff"
                                                                               "b</title></item>"));
  CHECK(feed.entries.at(0).title ==
        "a\ufffd"
        "b");
  CHECK(feed.problems.at(0).code == "bad-bytes");
}

TEST_CASE("P-10 UTF-8 wins where the declared encoding does not fit", "[parse]") {
  const ParsedFeed feed = parse("<?xml version='1.0' encoding='gbk'?>" +
                                rss("<item><title>\u96f7\u5cf0</title></item>"));
  CHECK(feed.entries.at(0).title == "\u96f7\u5cf0");
  CHECK(feed.encoding == "utf-8");
  CHECK(feed.problems.at(0).code == "wrong-encoding");
}

}  // namespace feedwire::feeds
