#include <catch2/catch.hpp>

#include "feeds/html.h"

namespace feedwire::feeds {

TEST_CASE("P-1 text of HTML has no tags, its entities decoded once", "[text]") {
  CHECK(html_to_text("A <b>bold</b> move", true) == "A bold move");
  CHECK(html_to_text("a &amp;amp; b &lt;i&gt; &#65;&#x42; &eacute;&copy 2020 &nosuch; &", true) ==
        "a &amp; b <i> AB é© 2020 &nosuch; &");
  CHECK(html_to_text("&#150;&#x80;&#0;&#xd800;&#x110000;&#xfffe;.", true) ==
        "–€\ufffd\ufffd\ufffd.");
  CHECK(html_to_text("S14: &amp;lt;script&amp;gt;", true) == "S14: &lt;script&gt;");
}

TEST_CASE("P-1 a lone < keeps the text after it", "[text]") {
  CHECK(html_to_text("1 < 2 and a<3", true) == "1 < 2 and a<3");
  CHECK(html_to_text("x <y and no end", true) == "x <y and no end");
  CHECK(html_to_text("x <a href=\"y>text <b>z</b>", true) == "x <a href=\"y>text z");
  CHECK(html_to_text("<", true) == "<");
  CHECK(html_to_text("</", true) == "</");
  CHECK(html_to_text("a <!-- b", true) == "a");
  CHECK(html_to_text("a <!-- b <i>c</i> d", true) == "a c d");
}

TEST_CASE("block elements break lines", "[text]") {
  const char* html = "<h1>Title</h1>\n<p>One\n  two</p><ul><li>a<li>b</ul>c<br>d <hr>";
  CHECK(html_to_text(html, false) == "Title\nOne two\na\nb\nc\nd");
  CHECK(html_to_text(html, true) == "Title One two a b c d");
}

TEST_CASE("each block element breaks lines, no inline element does", "[text]") {
  for (const std::string name :
       {"address", "article", "aside",      "blockquote", "center", "dd",   "details", "dir", "div",
        "dl",      "dt",      "figcaption", "figure",     "footer", "h1",   "h2",      "h3",  "h4",
        "h5",      "h6",      "header",     "li",         "main",   "menu", "nav",     "ol",  "p",
        "pre",     "section", "summary",    "table",      "tr",     "ul"}) {
    INFO(name);
    CHECK(html_to_text("a<" + name + ">b</" + name + ">c", false) == "a\nb\nc");
  }
  for (const std::string name :
       {"a",    "abbr", "b",   "bdi", "cite",   "code", "del", "em",
        "font", "i",    "ins", "kbd", "mark",   "q",    "s",   "small",
        "span", "sub",  "sup", "tt",  "strong", "u",    "var", "x-unknown"}) {
    INFO(name);
    CHECK(html_to_text("a<" + name + ">b</" + name + ">c", false) == "abc");
  }
  CHECK(html_to_text("<table><tr><td>a</td><td>b</td></tr></table>", true) == "a b");
}

TEST_CASE("what is not read as text is left out", "[text]") {
  CHECK(html_to_text("a<script>x < y</script><style>p{}</style><!-- c --><![CDATA[x]]>b", true) ==
        "ab");
  CHECK(html_to_text("a<svg><title>t</title><g>x</g></svg>b<math><mi>y</mi></math>c", true) ==
        "abc");
  CHECK(html_to_text("a<select><option>x</select><textarea>y</textarea>b", true) == "ab");
  CHECK(html_to_text("<object><object>x</object>y</object>z", true) == "z");
}

TEST_CASE("lines wrapped between ideographs leave no space, words of the source keep theirs",
          "[text]") {
  CHECK(html_to_text("阿里\n  巴巴", true) == "阿里巴巴");
  CHECK(html_to_text("阿里 腾讯", true) == "阿里 腾讯");
  CHECK(html_to_text("第一段。<br>第二段", true) == "第一段。第二段");
  CHECK(html_to_text("第一段<p>第二段", true) == "第一段 第二段");
  CHECK(html_to_text("用\nC++\n写", true) == "用 C++ 写");
  CHECK(html_to_text("<p>阿里\n<b>巴巴</b>\n<i>集团</i></p>\n<p>。</p>", true) == "阿里巴巴集团。");
  CHECK(html_to_text("「<b>自研</b>」\n芯片", true) == "「自研」芯片");
  CHECK(html_to_text("カタ\nカナ", true) == "カタカナ");
  CHECK(html_to_text("한국어\n단어", true) == "한국어 단어");
  CHECK(html_to_text("阿里&nbsp;巴巴", true) == "阿里 巴巴");
  CHECK(html_to_text("　　中文　开头", true) == "中文 开头");
}

TEST_CASE("white space of plain text collapses, controls go", "[text]") {
  CHECK(collapse_space("  a\t\n b\u00a0c\u2003d ") == "a b c d");
  CHECK(collapse_space("a\x01\x1b[31mb\u202e\u0085") == "a[31mb");
  CHECK(collapse_space("literal &amp; <blink>") == "literal &amp; <blink>");
  CHECK(collapse_space("") == "");
}

TEST_CASE("entities are decoded once", "[text]") {
  CHECK(decode_entities("&lt;b&gt; &amp;lt; &hellip;&rarr;&Omega;&apos;") == "<b> &lt; …→Ω'");
  CHECK(decode_entities("AT&T &notit; &ampx") == "AT&T ¬it; &x");
}

TEST_CASE("text is cut between characters, at a space if one is near", "[text]") {
  CHECK(truncate_text("short", 300) == "short");
  CHECK(truncate_text("one two three", 9) == "one two");
  CHECK(truncate_text("one two three", 7) == "one two");
  CHECK(truncate_text("雷峰网讯息", 3) == "雷峰网");
  CHECK(truncate_text("e\u0301e\u0301", 3) == "e\u0301");
  CHECK(truncate_text("abc", 0) == "");
  const std::string word(100, 'x');
  CHECK(truncate_text(word, 50) == word.substr(0, 50));
}

TEST_CASE("hostile markup costs time in proportion to its length", "[text]") {
  std::string tags, comments, titles, cut;
  for (int i = 0; i < 200'000; ++i) {
    tags += "<a b=\">\" ";
    comments += "<!--";
    titles += "<title>";
    cut += "<a \"";
  }
  for (const std::string& html : {tags, comments, titles, cut}) {
    html_to_text(html, true);
    sanitize_html(html, "http://e.com/");
  }
}

}  // namespace feedwire::feeds
