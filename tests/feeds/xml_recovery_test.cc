#include "feeds/xml_recovery.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "feeds/json_feed.h"
#include "feeds/parse.h"
#include "feeds/xml_repair.h"

namespace feedwire::feeds {
namespace {

// What XmlRepair makes of `text`, without what it puts around it.
std::string repaired(std::string_view text) {
  XmlRepair repair(text);
  std::string out;
  while (repair.next(out)) {
  }
  for (const std::string_view own : {"<document>", "<?end?>", "</document>"})
    if (const std::size_t at = out.find(own); at != out.npos) out.erase(at, own.size());
  return out;
}

std::string recovered(std::string_view text) {
  RecoveredXml recovered;
  REQUIRE(recover_xml(text, recovered));
  std::ostringstream out;
  recovered.tree.save(out, "", pugi::format_raw | pugi::format_no_declaration);
  return out.str();
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string json_without_recovery(std::string_view bytes, bool& was_recovered) {
  ParsedFeed feed = parse_document(bytes, {"https://feeds.example/dir/feed", ""}).value();
  for (ParsedEntry& entry : feed.entries) finish_entry(entry, feed);
  was_recovered = std::erase_if(feed.problems, [](const Problem& problem) {
                    return problem.code == "recovered-xml";
                  }) > 0;
  return feed_json(feed);
}

}  // namespace

TEST_CASE("P-11 what both parsers can read gives the same either way", "[recovery]") {
  std::size_t compared = 0;
  for (const auto& file : std::filesystem::directory_iterator(FEEDWIRE_TEST_DATA "/feeds")) {
    if (file.path().extension() != ".xml") continue;
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(stream), {});
    INFO(file.path());
    bool was_recovered = false;
    const std::string expected = json_without_recovery(bytes, was_recovered);
    if (was_recovered) continue;
    CHECK(json_without_recovery(bytes + "</never-opened>", was_recovered) == expected);
    CHECK(was_recovered);
    ++compared;
  }
  CHECK(compared >= 20);
}

TEST_CASE("P-11 end tags match after repair", "[recovery]") {
  CHECK(repaired("<a><b>x</a>") == "<a><b>x</b></a>");
  CHECK(repaired("<a>x</b></a>") == "<a>x</a>");
  CHECK(repaired("<a><c/>x</q></a>") == "<a><c/>x</a>");
  CHECK(repaired("<a><titel>x</title></a>") == "<a><titel>x</titel></a>");
  CHECK(repaired("<t><x>1</y><z>2</z></t>") == "<t><x>1</x><z>2</z></t>");
  CHECK(repaired("<Title>x</TITLE>") == "<Title>x</Title>");
  CHECK(repaired("<a>x</a") == "<a>x</a>");
  CHECK(repaired("<a>x</a></a></a><b/>") == "<a>x</a><b/>");
  CHECK(repaired("<a>x</></ ></3></a>") == "<a>x</a>");
  CHECK(repaired("<a><item>1<item>2</a>") == "<a><item>1</item><item>2</item></a>");
  CHECK(repaired("<d><p>1<br>2<p>3<img src=x></br></d>") ==
        "<d><p>1<br/>2</p><p>3<img src=\"x\"/></p></d>");
  CHECK(repaired("<p>Error<rss><channel/></rss>") == "<p>Error</p><rss><channel/></rss>");
}

TEST_CASE("P-11 attributes are quoted after repair", "[recovery]") {
  CHECK(repaired("<a b=c d='e' f=\"g\" h i=''/>") == "<a b=\"c\" d=\"e\" f=\"g\" i=\"\"/>");
  CHECK(repaired("<a b=\"c>x</a><d e=\"f\"/>") == "<a b=\"c\">x</a><d e=\"f\"/>");
  CHECK(repaired("<a b=\"1 < 2 & 3\"/>") == "<a b=\"1 &lt; 2 &amp; 3\"/>");
  CHECK(repaired("<a b='say \"hi\"'/>") == "<a b=\"say &quot;hi&quot;\"/>");
  CHECK(repaired("<a b=\"c\"d=\"e\"/>") == "<a b=\"c\" d=\"e\"/>");
  CHECK(repaired("<a 1=\"c\" b,c=\"d\" e = f >x") == "<a e=\"f\">x</a>");
  CHECK(repaired("<a b=\"x\ny\r\nz\"/>") == "<a b=\"x y z\"/>");
  CHECK(repaired("<a b=\"c\" <d/>") == "<a b=\"c\"><d/></a>");
}

TEST_CASE("P-11 what begins nothing is text after repair", "[recovery]") {
  CHECK(repaired("<a>1 < 2 <3 <you@example.org> <\u4e91></a>") ==
        "<a>1 &lt; 2 &lt;3 &lt;you@example.org&gt; &lt;\u4e91&gt;</a>");
  CHECK(repaired("<a>&amp; & &x; &#65; &#x41; &#; &#1; &#xd800;&#xffffffffff;</a>") ==
        "<a>&amp; &amp; &amp;x; &#65; &#x41; &amp;#;  </a>");
  CHECK(repaired("<a>x\x01y\x0cz</a>") == "<a>xyz</a>");
  CHECK(repaired("<!-- c --><?php x ?><!DOCTYPE a [<!ENTITY b 'c'>]><a>x<!-- y") == "<a>x</a>");
  CHECK(repaired("<a>x<![CD") == "<a>x</a>");
  CHECK(repaired("<a>x<b c=\"d") == "<a>x</a>");
}

TEST_CASE("P-11 a CDATA section that is never closed ends with its element", "[recovery]") {
  CHECK(repaired("<r><a><![CDATA[x & y</a><b><![CDATA[z]]></b></r>") ==
        "<r><a><![CDATA[x & y]]></a><b><![CDATA[z]]></b></r>");
  CHECK(repaired("<r><a><![CDATA[x</a><b>y</b></r>") == "<r><a><![CDATA[x]]></a><b>y</b></r>");
  CHECK(repaired("<a><![CDATA[x</b>") == "<a><![CDATA[x</b>]]></a>");
  CHECK(repaired("<a><![CDATA[x <![CDATA[ y]]></a>") == "<a><![CDATA[x <![CDATA[ y]]></a>");
}

TEST_CASE("repair tells the line of each start tag", "[recovery]") {
  CHECK(repaired("<a>\n\n<b/><c/>\n</a>\n<d\n/><e/>") ==
        "<a>\n\n<?line 3?><b/><c/>\n</a>\n<?line 5?><d/><?line 6?><e/>");
}

TEST_CASE("a piece ends neither within a character nor a reference", "[recovery]") {
  for (const std::string_view unit : {"\u4e91", "&amp;", "<![CDATA[\u4e91]]>"}) {
    const std::string text = "<a>x" + repeat(unit, 100'000) + "</a>";
    CHECK(recovered(text).size() >= 300'000);
    CHECK(recovered(text).find("\ufffd") == std::string::npos);
    CHECK(recovered(text).find("&amp;amp;") == std::string::npos);
  }
  const std::string long_section = "<a><![CDATA[" + repeat("\u4e91", 200'000) + "]]></a>";
  CHECK(recovered(long_section) == long_section);
}

TEST_CASE("libxml2 reads what repair makes, with nothing around it", "[recovery]") {
  CHECK(recovered("<a b=\"1&amp;2&#38;3 &lt;\">x &amp;#38; y<c/><![CDATA[<&>]]></a><d/>") ==
        "<a b=\"1&amp;2&amp;3 &lt;\">x &amp;#38; y<c/><![CDATA[<&>]]></a><d/>");
  CHECK(recovered("text alone").empty());
  CHECK(recovered("<a b=\"1\" b=\"2\"><x:y:z/></a>") == "<a b=\"1\"><x:y:z/></a>");
}

TEST_CASE("P-11 an entry in which the document ends is left out", "[recovery]") {
  RecoveredXml cut;
  REQUIRE(recover_xml("<rss><channel><item>1</item>\n<item><title>2</title>", cut));
  CHECK(cut.cut_entry == "item");
  CHECK(cut.cut_line == 2);
  const ParsedFeed feed =
      parse_document("<rss><channel><item><title>1</title></item>\n<item><title>2</title>", {})
          .value();
  CHECK(feed.entries.size() == 1);
  CHECK(feed.problems.at(1).code == "cut-entry");
  CHECK(feed.problems.at(1).line == 2);
  CHECK(parse_document("<rss><channel><item><title>1</title></item>", {}).value().entries.size() ==
        1);
}

TEST_CASE("S11 recovery keeps to the limits of depth and nodes", "[recovery]") {
  RecoveredXml out;
  CHECK(recover_xml(repeat("<a>", kMaxDepth) + "x", out));
  RecoveredXml deep;
  const Result<void> too_deep = recover_xml(repeat("<a>", 1'000'000), deep);
  REQUIRE_FALSE(too_deep);
  CHECK(too_deep.error().code == ErrorCode::too_large);
  RecoveredXml many;
  const Result<void> too_many = recover_xml("<r>" + repeat("<a/>", kMaxNodes), many);
  REQUIRE_FALSE(too_many);
  CHECK(too_many.error().code == ErrorCode::too_large);
}

TEST_CASE("S11 tags that are never closed do not make a document deep", "[recovery]") {
  const std::string html = repeat("<p>a<br>b<li>c", 10 * kMaxDepth);
  const ParsedFeed feed = parse_document("<rss><channel><item><description><ul>" + html +
                                             "</ul></description></item></channel></rss>",
                                         {})
                              .value();
  CHECK(feed.entries.size() == 1);
}

TEST_CASE("S9 recovery looks at no external entity", "[recovery]") {
  CHECK(recovered("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;<b>") ==
        "<a>&amp;x;<b/></a>");
}

}  // namespace feedwire::feeds
