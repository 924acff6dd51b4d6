#include "feeds/xml_entities.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "feeds/parse.h"

namespace feedwire::feeds {
namespace {

// What becomes of `body` behind a document type with these declarations.
std::string expanded(std::string_view declarations, std::string_view body) {
  const std::string prolog = fmt::format("<!DOCTYPE rss [{}]>", declarations);
  const auto out = expand_entities(prolog + std::string(body));
  return out ? out->text.substr(prolog.size()) : "nothing declared";
}

ParsedFeed parse_title(std::string_view declarations, std::string_view title) {
  return parse_document(
             fmt::format("<!DOCTYPE rss [{}]><rss version='2.0'><channel><item><title>{}</title>"
                         "</item></channel></rss>",
                         declarations, title),
             {})
      .value();
}

}  // namespace

TEST_CASE("internal entities are replaced in text and attributes", "[entities]") {
  CHECK(expanded("<!ENTITY a 'Ann'>", "<r>&a; &b; &#38; &amp;a;</r>") ==
        "<r>Ann &b; &#38; &amp;a;</r>");
  CHECK(expanded("<!ENTITY a \"&b;!\"> <!ENTITY b 'x &#233;'>", "<r>&a;</r>") ==
        "<r>x &#233;!</r>");
  CHECK(expanded("<!ENTITY a '\"&lt;&#38;#60;<b>'>", "<r c=\"&a;\">&a;</r>") ==
        "<r c=\"&quot;&lt;&#60;&lt;b>\">\"&lt;&#60;<b></r>");
  CHECK(expanded("<!-- <!ENTITY a 'no'> --><!ELEMENT r ANY><!ENTITY a 'yes'><!ENTITY a 'late'>",
                 "<r>&a;</r>") == "<r>yes</r>");
  CHECK(expanded("<!ENTITY a 'x'>", "<r><![CDATA[&a;]]><!-- &a; --></r>") ==
        "<r><![CDATA[&a;]]><!-- &a; --></r>");
  CHECK(expanded("<!ENTITY a 'x\ny'>\n", "<r>&a;</r>") == "<r>x y</r>");
}

TEST_CASE("S9 external, parameter and predefined entities count as not declared", "[entities]") {
  CHECK(expanded("<!ENTITY a SYSTEM 'file:///etc/passwd'>", "&a;") == "nothing declared");
  CHECK(expanded("<!ENTITY % a 'x'>%a;", "&a;") == "nothing declared");
  CHECK(expanded("<!ENTITY amp '<b>'>", "&amp;") == "nothing declared");
  CHECK_FALSE(expand_entities("<?xml version='1.0'?><!-- c --><rss>&a;</rss>"));
  CHECK_FALSE(expand_entities("<!DOCTYPE rss PUBLIC '[' \"x>\"><rss>&a;</rss>"));
  CHECK_FALSE(expand_entities("<!DOCTYPE rss [<!ENTITY"));
}

TEST_CASE("S10 what grows too much is left out, and a problem", "[entities]") {
  std::string nested = "<!ENTITY e0 'ha ha ha ha '>";
  for (int i = 1; i < 10; ++i) {
    std::string ten;
    for (int k = 0; k < 10; ++k) ten += fmt::format("&e{};", i - 1);
    nested += fmt::format("<!ENTITY e{} '{}'>", i, ten);
  }
  const ParsedFeed bomb = parse_title(nested, "x&e9;y");
  CHECK(bomb.entries.at(0).title == "xy");
  CHECK(bomb.problems.at(0).code == "entity-limit");

  const std::string large = fmt::format("<!ENTITY e '{}'>", std::string(60'000, 'e'));
  std::string references;
  for (int i = 0; i < 10'000; ++i) references += "&e;";
  const ParsedFeed quadratic = parse_title(large, references);
  CHECK(quadratic.entries.at(0).title.size() <= 1024 * 1024);
  CHECK(quadratic.problems.at(0).code == "entity-limit");

  CHECK(parse_title("<!ENTITY a '&b;'><!ENTITY b '&a;'>", "x&a;y").entries.at(0).title == "xy");
}

}  // namespace feedwire::feeds
