// What does an entry cost that a feed has shown before? Counts the instructions of read_feed() for
// a document whose entries are all new, all known, and all known but one, and fails where a known
// one is sanitised or rendered.

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <map>
#include <string>

#include "feeds/feed.h"
#include "feeds/read_feed.h"
#include "tests/support/instructions.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kEntries = 30;
// Of the instructions for a document that is all new: what its XML, hashes and keys may cost.
constexpr double kMaxKnownShare = 0.5;
// Of one new entry among known ones, beside the share of one among new ones.
constexpr double kMaxDeviation = 0.2;

std::string make_document() {
  std::string document =
      "<rss version=\"2.0\"><channel><title>T</title><link>https://example.org/</link>";
  for (std::size_t i = 0; i < kEntries; ++i) {
    document += fmt::format(
        "<item><guid isPermaLink=\"false\">{0:04}</guid><title>Number {0:04}</title>"
        "<link>https://example.org/{0:04}.html</link>"
        "<pubDate>Mon, 03 Feb 2025 10:00:00 +0800</pubDate><description><![CDATA[",
        i);
    for (std::size_t paragraph = 0; paragraph < 8; ++paragraph)
      document += fmt::format(
          "<p class=\"x\">Word after word &amp; a <a href=\"/{0}/{1}\">link</a>, "
          "<em>some</em> <b>marks</b> &#8220;and&#8221; 中文的句子，没有空格。 An image: "
          "<img src=\"/images/{0}-{1}.jpg\" alt=\"\" onload=\"x()\"></p>\n",
          i, paragraph);
    document += "]]></description></item>";
  }
  return document + "</channel></rss>";
}

void count_all() {
  const std::string document = make_document();
  ReadRequest request;
  request.source.url = request.subscribed_url = "https://example.org/feed";
  // This one also does what is done only once.
  const Feed feed = Feed::check(read_feed(document, request).value()).value();
  const auto count = [&](const char* label, std::size_t new_entries) {
    request.known_raw.clear();
    for (std::size_t i = new_entries; i < feed.size(); ++i)
      request.known_raw.push_back(feed.entry(i).raw_hash);
    tests::count_instructions(label, [&] { read_feed(document, request).value(); });
  };
  count("all new", kEntries);
  count("one new", 1);
  count("all known", 0);
}

int judge(std::map<std::string, tests::Counted> counts) {
  const double all_new = counts["all new"].instructions, one_new = counts["one new"].instructions,
               all_known = counts["all known"].instructions;
  fmt::print("a document of {} entries, {} bytes\n{:<12} {:>14} {:>14} {:>8}\n", kEntries,
             make_document().size(), "entries", "instructions", "an entry", "share");
  for (const char* label : {"all new", "one new", "all known"})
    fmt::print("{:<12} {:>14.0f} {:>14.0f} {:>8.3f}\n", label, counts[label].instructions,
               counts[label].instructions / kEntries, counts[label].instructions / all_new);

  const double saved = (all_new - all_known) / kEntries;
  bool good = all_new > 0 && all_known < kMaxKnownShare * all_new &&
              std::abs((one_new - all_known) / saved - 1) < kMaxDeviation;
  for (const char* function : {"feeds::sanitize_html(", "feeds::append_item_json("}) {
    const bool of_new = counts["all new"].ran(function),
               of_known = counts["all known"].ran(function);
    fmt::print("{} for new entries: {}, for known ones: {}\n", function, of_new ? "called" : "not",
               of_known ? "called" : "not");
    good = good && of_new && !of_known;
  }
  fmt::print("{}\n", good ? "ok" : "FAILED");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace feedwire::feeds

int main() {
  using namespace feedwire;
  if (!tests::under_valgrind()) return feeds::judge(tests::run_under_valgrind());
  feeds::count_all();
}
