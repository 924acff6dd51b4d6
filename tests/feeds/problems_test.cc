// Every code that a problem can have is in feeds/README.md, and here.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "feeds/parse.h"

namespace feedwire::feeds {
namespace {

std::string rss(std::string_view items) {
  return "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>T</title>" +
         std::string(items) + "</channel></rss>";
}

struct Example {
  std::string code, document, content_type;
};

std::vector<Example> examples() {
  std::string too_many;
  for (std::size_t i = 0; i <= kMaxEntries; ++i) too_many += "<item/>";
  return {
      {"bad-bytes", rss("<item><title>\xff</title></item>"), ""},
      {"wrong-encoding", rss("<item><title>\u4e91</title></item>"), "text/xml; charset=gbk"},
      {"unknown-encoding", rss(""), "text/xml; charset=x-nobody"},
      {"guessed-encoding", "<rss><channel><title>caf\xe9</title></channel></rss>", ""},
      {"leading-junk", "\nWarning: x\n" + rss(""), ""},
      {"recovered-xml", rss("<item><title>a</b></item>"), ""},
      {"cut-entry", "<rss><channel><item/><item><title>x", ""},
      {"entity-limit",
       "<!DOCTYPE rss [<!ENTITY a '&a;'>]>" + rss("<item><title>&a;</title></item>"), ""},
      {"undeclared-prefix", rss("<dc:creator>Ann</dc:creator>"), ""},
      {"bad-date", rss("<item><pubDate>yesterday</pubDate></item>"), ""},
      {"zone-less-date", rss("<item><pubDate>2025-02-01 10:00:00</pubDate></item>"), ""},
      {"bad-url", rss("<item><link>data:x</link></item>"), ""},
      {"relative-url", rss("<item><link>one.html</link></item>"), ""},
      {"binary-content",
       "<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='image/png'>iVBORw0KGgo="
       "</content></entry></feed>",
       ""},
      {"too-many-entries", rss(too_many), ""},
  };
}

std::set<std::string> codes_of(std::string_view document, const Source& source) {
  std::set<std::string> codes;
  const Result<ParsedFeed> feed = parse_document(document, source);
  if (!feed) return codes;
  for (const Problem& problem : feed->problems) codes.insert(problem.code);
  return codes;
}

// The codes of the table in the README: "| `code` | …".
std::set<std::string> documented_codes() {
  std::ifstream readme(FEEDWIRE_SOURCE_DIR "/feeds/README.md");
  std::set<std::string> codes;
  bool in_problems = false;
  for (std::string line; std::getline(readme, line);) {
    if (line.starts_with("## ")) in_problems = line == "## Problems";
    if (in_problems && line.starts_with("| `")) codes.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return codes;
}

}  // namespace

TEST_CASE("each problem is noted under its code", "[problems]") {
  for (const Example& example : examples()) {
    INFO(example.code);
    CHECK(codes_of(example.document, {"", example.content_type}).count(example.code) == 1);
  }
}

TEST_CASE("feeds/README.md documents each code, and no other", "[problems]") {
  std::set<std::string> codes;
  for (const Example& example : examples()) codes.insert(example.code);
  CHECK(codes == documented_codes());
}

TEST_CASE("no document of tests/data brings about a code that is not documented", "[problems]") {
  const std::set<std::string> documented = documented_codes();
  for (const auto& file : std::filesystem::directory_iterator(FEEDWIRE_TEST_DATA "/feeds")) {
    if (file.path().stem().extension() == ".expected") continue;
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(stream), {});
    INFO(file.path());
    for (const std::string& code : codes_of(bytes, {"https://feeds.example/", ""}))
      CHECK(documented.count(code) == 1);
  }
}

}  // namespace feedwire::feeds
