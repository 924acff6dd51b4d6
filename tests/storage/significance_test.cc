#include "storage/significance.h"

#include <bit>
#include <catch2/catch.hpp>
#include <string>

#include "storage/similarity.h"

namespace feedwire::storage {
namespace {

std::string item(const std::string& title, const std::string& html,
                 const std::string& more = "\"tags\":[\"a\"]") {
  return R"({"id":"1","url":"http://e.example/1?a=1","title":")" + title + R"(","content_html":")" +
         html + "\"," + more + R"(,"_feedwire":{}})";
}

std::string significance_of(const std::string& old_item, const std::string& new_item) {
  return std::string(significance(compare_items(old_item, new_item, true), old_item, new_item));
}

std::string words(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "word" + std::to_string(i) + " ";
  return text;
}

// The slow and certain way: the longest common subsequence by its table.
std::size_t changed_by_table(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> same(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j)
      same[i][j] =
          a[i - 1] == b[j - 1] ? same[i - 1][j - 1] + 1 : std::max(same[i - 1][j], same[i][j - 1]);
  return std::max(a.size(), b.size()) - same[a.size()][b.size()];
}

}  // namespace

TEST_CASE("I-14 tags, authors and the parameters of a link are minor", "[significance]") {
  const std::string old_item = item("T", "<p>x</p>");
  CHECK(significance_of(old_item, item("T", "<p>x</p>", "\"tags\":[\"b\"]")) == "minor");
  CHECK(significance_of(old_item, item("T", "<p>x</p>", "\"authors\":[{\"name\":\"A\"}]")) ==
        "minor");
  std::string other = old_item;
  other.replace(other.find("?a=1"), 4, "?b=2");
  CHECK(significance_of(old_item, other) == "minor");
  other.replace(other.find("/1?"), 3, "/2?");
  CHECK(significance_of(old_item, other) == "major");
}

TEST_CASE("I-14 a title or an enclosure is major", "[significance]") {
  const std::string old_item = item("T", "<p>x</p>");
  CHECK(significance_of(old_item, item("U", "<p>x</p>")) == "major");
  CHECK(significance_of(old_item, item("T", "<p>x</p>",
                                       "\"attachments\":[{\"url\":\"http://e/\"}]")) == "major");
}

TEST_CASE("I-14 of the visible text 50 characters and 5 % are minor, more is major",
          "[significance]") {
  const std::string text = words(300);  // its last space is seen before what follows
  CHECK(significance_of(item("T", text), item("T", text + std::string(49, 'x'))) == "minor");
  CHECK(significance_of(item("T", text), item("T", text + std::string(50, 'x'))) == "major");
  CHECK(significance_of(item("T", text), item("T", "<b>" + text + "</b>")) == "minor");
  // Corrections at both ends are two small ones, not one from end to end.
  std::string corrected = text;
  corrected[0] = 'W';
  corrected[corrected.size() - 3] = 'Z';
  CHECK(significance_of(item("T", text), item("T", corrected)) == "minor");
  CHECK(significance_of(item("T", "short"), item("T", "shirt")) == "major");
}

TEST_CASE("the number of changed characters is that of the slow way", "[significance]") {
  std::uint32_t seed = 1;
  const auto random = [&seed](std::uint32_t below) {
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
  };
  for (int round = 0; round < 300; ++round) {
    std::string a, b;
    for (std::uint32_t i = random(40); i > 0; --i) a += static_cast<char>('a' + random(3));
    for (std::uint32_t i = random(40); i > 0; --i) b += static_cast<char>('a' + random(3));
    const std::size_t expected = changed_by_table(a, b);
    CHECK(changed_chars(a, b, 40) == expected);
    CHECK((changed_chars(a, b, 5) > 5) == (expected > 5));
  }
  CHECK(changed_chars("\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad\xe6\x97\x87", 9) == 1);
  CHECK(changed_chars(std::string(1 << 20, 'a'), std::string(1 << 20, 'b'), 50) == 51);
}

TEST_CASE("I-9 a guid with another date, title and text is reissued", "[significance]") {
  const auto dated = [](const std::string& title, const std::string& text, const std::string& day) {
    return item(title, text, "\"date_published\":\"2026-11-" + day + "T00:00:00Z\"");
  };
  const std::string old_item = dated("Daily links", words(80), "01");
  const std::string other = "Nothing of the earlier one is left in this text about the weather";
  CHECK(is_reissued(old_item, dated("Weather report", other, "09")));
  CHECK_FALSE(is_reissued(old_item, dated("Weather report", other, "08")));
  CHECK_FALSE(is_reissued(old_item, dated("Daily links", other, "09")));
  CHECK_FALSE(is_reissued(old_item, dated("Weather report", words(80), "09")));
  CHECK_FALSE(is_reissued(old_item, item("Weather report", other)));
}

TEST_CASE("alike texts have alike SimHashes", "[significance]") {
  const auto distance = [](const std::string& a, const std::string& b) {
    return std::popcount(simhash(a) ^ simhash(b));
  };
  CHECK(distance(words(200), words(200) + "and a few more") <= 6);
  CHECK(distance(words(200), "entirely different sentences, about other things altogether") > 16);
  CHECK(simhash("...") == 0);
  CHECK(simhash("one") != simhash("two"));
}

}  // namespace feedwire::storage
