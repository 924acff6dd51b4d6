// Documents made to exhaust whoever reads them. feedwire-parse gets them under limits of memory and
// CPU by the kernel, 64 MiB and 12 times the input, a second for each MiB: it must stay within both
// and end with 0 and a problem, or with 65 and a message.

#include <sys/wait.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "tests/support/temp_dir.h"

namespace feedwire {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;
constexpr std::size_t kMillion = 1'000'000;
// Code, libraries and what the allocator reserves but never touches count as address space.
constexpr std::size_t kProgramMiB = 96;

struct Outcome {
  int code;  // 128 + the signal where the limits ended it
  std::string out, err;
};

Outcome parse(const std::string& bytes) {
  const tests::TempDir dir;
  dir.write("bomb", bytes);
  const std::size_t mib = bytes.size() / kMiB + 1;
  std::string limits;
  if (!FEEDWIRE_HAS_SANITIZER) {  // their shadow memory has no limit, and they take their time
    const std::size_t memory_kib = std::min<std::size_t>(kProgramMiB + 64 + 12 * mib, 512) * 1024;
    limits =
        "ulimit -v " + std::to_string(memory_kib) + "; ulimit -t " + std::to_string(1 + mib) + "; ";
  }
  const std::string command = "cd " + dir.path().native() + "; " + limits +
                              "exec " FEEDWIRE_BIN_DIR
                              "/feedwire-parse --url https://e.example/feed bomb >out 2>err";
  const int status = std::system(command.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, dir.read("out"), dir.read("err")};
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

/// Numbered copies of what stands around the number.
std::string number(std::string_view before, std::size_t times, std::string_view behind) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i)
    out.append(before).append(std::to_string(i)).append(behind);
  return out;
}

std::string rss(const std::string& inside) {
  return "<rss version=\"2.0\"><channel><title>T</title>" + inside + "</channel></rss>";
}
std::string rss_html(const std::string& html) {
  return rss("<item><description><![CDATA[" + html + "]]></description></item>");
}
std::string json(const std::string& members) {
  return "{\"version\":\"https://jsonfeed.org/version/1.1\"," + members + "}";
}

bool refused(const std::string& bytes, const char* message) {
  const Outcome outcome = parse(bytes);
  INFO(outcome.err << outcome.out.substr(0, 400));
  CHECK(outcome.code == 65);
  CHECK(outcome.err.find(message) != std::string::npos);
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  return outcome.code == 65;
}

/// Whether it was read, and what was printed holds `text`.
bool read_with(const std::string& bytes, const char* text) {
  const Outcome outcome = parse(bytes);
  INFO(outcome.err << outcome.out.substr(0, 400));
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find(text) != std::string::npos);
  return outcome.code == 0;
}

}  // namespace

TEST_CASE("S10 entities within entities stand for nothing", "[bomb]") {
  std::string entities = "<!DOCTYPE rss [<!ENTITY e0 \"lol\">";
  for (int i = 1; i <= 10; ++i)
    entities += "<!ENTITY e" + std::to_string(i) + " \"" +
                repeat("&e" + std::to_string(i - 1) + ";", 10) + "\">";
  entities += "]>";
  const std::string item = "<item><title>&e10;</title></item>";
  CHECK(read_with(entities + rss(item), "entity-limit"));
  CHECK(read_with(entities + rss(item + "<b>&</c>"), "entity-limit"));  // libxml2's turn
  const std::string one = "<!DOCTYPE rss [<!ENTITY e \"" + repeat("x", 65536) + "\">]>";
  CHECK(read_with(one + rss("<item><title>" + repeat("&e;", 65536) + "</title></item>"),
                  "entity-limit"));
}

TEST_CASE("S11 a million levels are refused, whoever would read them", "[bomb]") {
  const std::string open = repeat("<a>", kMillion), close = repeat("</a>", kMillion);
  CHECK(refused(rss("<item>" + open + close + "</item>"), "deeper than 256"));
  CHECK(refused(rss("<item>" + open), "deeper than 256"));
  CHECK(refused(rss("<item>&</b>" + open), "deeper than 256"));
  CHECK(refused("{\"a\":" + repeat("[", kMillion), "JSON deeper than 64"));
  CHECK(refused(repeat("{\"a\":", kMillion), "JSON deeper than 64"));
}

TEST_CASE("a million items, ten million attributes are refused", "[bomb]") {
  CHECK(refused(rss(repeat("<item/>", kMillion)), "more nodes than 1000000"));
  CHECK(refused(rss("<item" + repeat(" a=\"\"", 10 * kMillion) + "/>"), "more nodes than 1000000"));
  CHECK(refused(json("\"items\":[" + repeat("{},", kMillion) + "{}]"), "more than 1000000 values"));
}

TEST_CASE("S24 a hundred thousand entries, tags or enclosures take no longer than their bytes",
          "[bomb]") {
  CHECK(read_with(rss(number("<item><guid>", 100'000, "</guid></item>")), "too-many-entries"));
  const std::string tags = number("<category>", 200'000, "</category>");
  CHECK(read_with(rss("<item>" + tags + "</item>"), "\"tags\""));
  const std::string enclosures = number("<enclosure url=\"http://e.example/", 200'000, "\"/>");
  CHECK(read_with(rss("<item>" + enclosures + "</item>"), "\"attachments\""));
  CHECK(
      read_with(json("\"items\":[{\"tags\":[" + number("\"", 400'000, "\",") + "\"\"]}]"), "tags"));
}

TEST_CASE("16 MiB of one attribute, one link, one title are read", "[bomb]") {
  const std::string words = repeat("word ", 16 * kMiB / 5);
  CHECK(read_with(rss("<item a=\"" + words + "\"/>"), "\"items\""));
  CHECK(read_with(rss("<item><title>" + words + "</title></item>"), "word word"));
  CHECK(read_with(rss("<item a=\"" + words), "recovered-xml"));
  CHECK(read_with(json("\"title\":\"" + words + "\""), "word word"));
  CHECK(refused(json("\"title\":\"" + words), "broken JSON"));
}

TEST_CASE("S25 NULs, halves of characters and bytes of no encoding are passed over", "[bomb]") {
  CHECK(read_with(rss("<item><title>a" + std::string(4 * kMiB, '\0') + "b</title></item>"),
                  "\"title\":\"ab\""));
  CHECK(refused(std::string(16 * kMiB, '\0'), "empty"));
  CHECK(read_with(rss("<item><title>a&#xD800;&#xDFFF;&#55296;b</title></item>"), "\"title\":"));
  CHECK(read_with("<?xml version='1.0' encoding='utf-8'?>" +
                      rss("<title>" + repeat("\xed\xa0\x80", kMiB) + "</title>"),
                  "bad-bytes"));
  CHECK(read_with(json("\"title\":\"a\\ud83d\",\"items\":[{\"id\":\"\\udfff\"}]"), "bad-bytes"));
  CHECK(read_with(json("\"title\":\"a" + std::string(kMiB, '\0') + "b\""), "\"title\":\"ab\""));
}

TEST_CASE("P-4 a long base of many short links makes no gigabytes", "[bomb]") {
  const std::string base = " xml:base=\"http://e.example/" + repeat("a", 2000) + "/\"";
  const auto atom = [](const std::string& inside) {
    return "<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry>" + inside + "</entry></feed>";
  };
  const std::string links = repeat("<a href=\"x\"/>", 300'000);
  CHECK(read_with(atom("<content type=\"xhtml\"" + base + "><div>" + links + "</div></content>"),
                  "content_html"));
  CHECK(read_with(atom("<content type=\"xhtml\"><div" + base + ">" + links + "</div></content>"),
                  "content_html"));
  CHECK(read_with(
      atom("<content type=\"html\"" + base + ">" + repeat("&lt;a href=x>", 300'000) + "</content>"),
      "content_html"));
  CHECK(read_with(atom("<content type=\"html\"" + base + ">&lt;img srcset='" +
                       repeat("x,", 300'000) + "'></content>"),
                  "content_html"));
  CHECK(read_with("<feed xmlns=\"http://www.w3.org/2005/Atom\"" + base + "><entry>" +
                      number("<link rel=\"enclosure\" href=\"", 100'000, "\"/>") +
                      "</entry></feed>",
                  "relative-url"));
  CHECK(read_with("<rss" + base + "><channel>" +
                      number("<item><link>", 9'000, "</link><comments>x</comments></item>") +
                      "</channel></rss>",
                  "relative-url"));
}

TEST_CASE("numbers beyond any type are no numbers", "[bomb]") {
  CHECK(read_with(json("\"x\":1e99999999999,\"items\":[{\"id\":\"a\"}]"), "\"id\":\"a\""));
  CHECK(read_with(json("\"items\":[{\"id\":" + repeat("9", 4 * kMiB) + "}]"), "\"items\""));
  CHECK(read_with(rss("<ttl>" + repeat("9", kMiB) + "</ttl>"), "\"items\""));
}

TEST_CASE("S13 HTML without ends is sanitised all the same", "[bomb]") {
  CHECK(read_with(rss_html("x" + repeat("<div>", kMillion)), "content_html"));
  CHECK(read_with(rss_html("x" + repeat("<a ", kMillion)), "content_html"));
  CHECK(read_with(rss_html("x" + repeat("<a href=\"", kMillion)), "content_html"));
  CHECK(read_with(rss_html("x" + repeat("<!--", kMillion)), "content_html"));
  CHECK(read_with(rss_html("<p" + repeat(" a=b", kMillion) + ">x"), "content_html"));
  CHECK(read_with(rss_html("<img srcset=\"" + repeat("/a 1x,", kMillion) + "\">"), "content_html"));
}

}  // namespace feedwire
