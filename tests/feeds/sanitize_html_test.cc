#include <catch2/catch.hpp>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "feeds/ascii.h"
#include "feeds/html.h"
#include "tests/support/safe_html.h"

namespace feedwire::feeds {
namespace {

constexpr const char* kBase = "https://base.example/dir/page";

/// As decode() hands them over, bytes are valid UTF-8.
std::string clean(std::string_view html) { return sanitize_html(repair_utf8(html), kBase); }

/// A line of xss.txt as it is meant.
std::string unescape(std::string_view line) {
  std::string out;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const std::string_view rest = line.substr(at);
    if (rest.size() < 2 || rest[0] != '\\') {
      out += rest[0];
    } else if (const std::size_t i = std::string_view("nt0\\").find(rest[1]); i != rest.npos) {
      out += "\n\t\0\\"[i];
      ++at;
    } else if (rest.size() >= 4 && rest[1] == 'x' && hex_digit(rest[2]) >= 0) {
      out += static_cast<char>(hex_digit(rest[2]) * 16 + hex_digit(rest[3]));
      at += 3;
    } else {
      out += rest[0];
    }
  }
  return out;
}

std::vector<std::string> read_attacks() {
  std::ifstream file(FEEDWIRE_TEST_DATA "/xss.txt");
  std::vector<std::string> attacks;
  for (std::string line; std::getline(file, line);)
    if (!line.starts_with("# ") && !line.empty()) attacks.push_back(unescape(line));
  return attacks;
}

}  // namespace

TEST_CASE("S13 no attack leaves anything that is not on the lists", "[sanitize]") {
  const std::vector<std::string> attacks = read_attacks();
  REQUIRE(attacks.size() >= 500);
  CHECK(std::set<std::string>(attacks.begin(), attacks.end()).size() == attacks.size());
  for (const std::string& attack : attacks) {
    const std::string once = clean(attack);
    INFO(attack << "\n -> " << once);
    CHECK(tests::html_fault(once) == "");
    CHECK(clean(once) == once);
  }
}

TEST_CASE("S13 two attacks side by side or one cut short are no better", "[sanitize]") {
  const std::vector<std::string> attacks = read_attacks();
  for (std::size_t i = 0; i < attacks.size(); ++i) {
    const std::string both = attacks[i] + attacks[(i * 7 + 3) % attacks.size()];
    for (std::size_t cut = 0; cut <= both.size(); ++cut) {
      const std::string once = clean(std::string_view(both).substr(cut));
      INFO(both.substr(cut) << "\n -> " << once);
      REQUIRE(tests::html_fault(once) == "");
      REQUIRE(clean(once) == once);
    }
  }
}

TEST_CASE("the judge of sanitised HTML finds what is wrong with it", "[sanitize]") {
  for (const char* bad :
       {"<script>",
        "<b onclick=\"x\"></b>",
        "<b",
        "<b>",
        "</b>",
        "<b></i></b>",
        "<B></B>",
        "a < b",
        "a & b",
        "&#60;",
        "<b title=x></b>",
        "<b title='x'></b>",
        "<b title=\"<\"></b>",
        "<b title=\"a\" title=\"b\"></b>",
        "<a href=\"javascript:x\"></a>",
        "<a href=\"/x\"></a>",
        "<a href=\"https:///\"></a>",
        "<b href=\"https://e.example/\"></b>",
        "<!-- -->",
        "<img src=\"https://e.example/a\" srcset=\"https://e.example/a 1x, data:x 2x\">",
        "a\x01b"})
    CHECK(tests::html_fault(bad) != "");
}

TEST_CASE("P-3 ordinary HTML stays as it is", "[sanitize]") {
  for (const char* html :
       {"<p>One <b>two</b> <i>three</i></p>", "<h1>T</h1><ul><li>a</li><li>b</li></ul>",
        "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td colspan=\"2\">b</td></tr></tbody>"
        "</table>",
        "<a href=\"https://e.com/?a=1&amp;b=2\" title=\"x\">l</a><br><hr>",
        "<pre><code>a &lt; b\n  &amp;&amp; c</code></pre>", "text &amp; more",
        "<blockquote cite=\"https://e.com/\"><p>q</p></blockquote>",
        "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>"})
    CHECK(clean(html) == html);
}

TEST_CASE("P-2 every URL is absolute", "[sanitize]") {
  CHECK(clean("<a href='../x'>l</a>") == "<a href=\"https://base.example/x\">l</a>");
  CHECK(clean("<a href='#n'>l</a>") == "<a href=\"https://base.example/dir/page#n\">l</a>");
  CHECK(clean("<img src=a.png>") == "<img src=\"https://base.example/dir/a.png\">");
  CHECK(clean("<a href='mailto:a@b.example'>l</a>") == "<a>l</a>");
  CHECK(sanitize_html("<a href=x>l</a><img src=y>", "") == "<a>l</a>");
}

TEST_CASE("P-3 what runs or asks vanishes with its content, the text around it stays",
          "[sanitize]") {
  CHECK(clean("a<script>x</script>b<style>y</style>c") == "abc");
  CHECK(clean("a<object><p>x</p></object>b<embed src=x>c<applet>y</applet>d") == "abcd");
  CHECK(clean("a<svg><g><text>x</text></g></svg>b<math><mi>y</mi></math>c") == "abc");
  CHECK(clean("a<select><option>x</select>b<button>y</button>c<textarea>z</textarea>d<input>") ==
        "abcd");
  CHECK(clean("<div>a<object>x</div>b") == "<div>a</div>b");
  CHECK(clean("a<script/>b<svg/>c") == "abc");
  CHECK(clean("<font color=red>a</font><o:p>b</o:p><span class=x>c</span>") == "abc");
  CHECK(clean("<!-- x -->a<!doctype html><?php y ?>b<![CDATA[z]]>c") == "abc");
  CHECK(clean("<iframe src=x.html>a") ==
        "<a href=\"https://base.example/dir/x.html\">"
        "https://base.example/dir/x.html</a>a");
}

TEST_CASE("P-3 an embed becomes a link, so that nothing is lost", "[sanitize]") {
  const std::string link = "<a href=\"https://v.example/1\">https://v.example/1</a>";
  CHECK(clean("<iframe src=https://v.example/1 width=9>no frames</iframe>.") == link + ".");
  CHECK(clean("<video src=https://v.example/1>old browser</video>.") == link + ".");
  CHECK(clean("<video><source src=https://v.example/1><source src=/2>old</video>.") == link + ".");
  CHECK(clean("<audio controls><source src=https://v.example/1></audio>.") == link + ".");
  CHECK(clean("<a href=/x><video><source src=https://v.example/1></video>y</a>") ==
        "<a href=\"https://base.example/x\"></a>" + link + "y");
  CHECK(clean("<iframe src='javascript:x'></iframe>.") == ".");
}

TEST_CASE("P-3 a lazy image gets its real source, a pixel goes", "[sanitize]") {
  const std::string image = "<img src=\"https://base.example/a.png\">";
  CHECK(clean("<img data-src=/a.png>") == image);
  CHECK(clean("<img src='data:image/gif;base64,R0' data-original=/a.png>") == image);
  CHECK(clean("<img src='' data-lazy-src=/a.png>") == image);
  CHECK(clean("<img data-srcset='/a.png 1x, /b.png 2x'>") ==
        "<img src=\"https://base.example/a.png\" "
        "srcset=\"https://base.example/a.png 1x, https://base.example/b.png 2x\">");
  CHECK(clean("<img data-src=/a.png><noscript><img src=/a.png></noscript>") == image);
  CHECK(clean("<noscript><img src=/a.png></noscript>") == image);
  CHECK(clean("<img src=/a.png width=1 height=1><img src=/b.png width=1px height=0>.") == ".");
  CHECK(clean("<img src=/a.png width=1 height=9 class=x style=y loading=lazy>") ==
        "<img src=\"https://base.example/a.png\" width=\"1\" height=\"9\">");
  CHECK(clean("<img alt=x>.") == ".");
}

TEST_CASE("P-7 the first image is the first that is shown", "[sanitize]") {
  std::string first;
  sanitize_html(
      "<img src=/p.gif width=1 height=1><svg><img src=/s.png></svg><img data-src=/a.png>"
      "<img src=/b.png>",
      kBase, &first);
  CHECK(first == "https://base.example/a.png");
}

TEST_CASE("S13 each candidate of a srcset is checked", "[sanitize]") {
  CHECK(clean("<img src=/a srcset='/b 2x,javascript:x 3x, /c,d 100w , /e 1y,/f'>") ==
        "<img src=\"https://base.example/a\" srcset=\"https://base.example/b 2x, "
        "https://base.example/c,d 100w, https://base.example/f\">");
  CHECK(clean("<img srcset='/a,\x01 6w'>") ==
        "<img src=\"https://base.example/a\" srcset=\"https://base.example/a 6w\">");
  CHECK(clean("<img srcset='//,\x01 6w'>").empty());
}

TEST_CASE("what is open is closed, end tags of nothing are dropped", "[sanitize]") {
  CHECK(clean("<p>a<p>b<ul><li>c<li>d</ul>") == "<p>a</p><p>b</p><ul><li>c</li><li>d</li></ul>");
  CHECK(clean("<b>a<i>b</b>c</i>d") == "<b>a<i>b</i></b>cd");
  CHECK(clean("a</p></div>b</br>c") == "ab<br>c");
  CHECK(clean("<table><tr><td>a<td>b<tr><td>c</table>") ==
        "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>");
  CHECK(clean("<div><table><tr><td></div>a</table>b") ==
        "<div><table><tr><td>a</td></tr></table>b</div>");
  CHECK(clean("<dl><dt>a<dd>b<dt>c</dl>") == "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>");
  CHECK(clean("<ul><li>a<ul><li>b</ul><li>c</ul>") ==
        "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>");
  CHECK(clean("<a name=x/>a<a id=y />b<p/>c") == "<a>a</a><a></a>b<p></p>c");
  CHECK(clean("1 < 2 <b") == "1 &lt; 2 &lt;b");
}

TEST_CASE("nesting is bounded and the output well nested all the same", "[sanitize]") {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<div><b><blockquote>";
  const std::string once = clean(deep + "x");
  CHECK(tests::html_fault(once) == "");
  CHECK(once.size() < 10'000);
  CHECK(clean(once) == once);
}

TEST_CASE("P-3 controls go, a form feed parts words as in HTML", "[sanitize]") {
  CHECK(clean("a\x01"
              "b\f"
              "c&#xc;d&#1;e") == "ab c de");
  CHECK(clean("<b title=\"a\f"
              "b&#12;c\">x</b>") == "<b title=\"a b c\">x</b>");
}

TEST_CASE("P-3 a control in its size does not make a pixel an image", "[sanitize]") {
  CHECK(sanitize_html("<img src=/a width=1 height=\"\x06"
                      "1px\">",
                      "https://example.org/")
            .empty());
}

}  // namespace feedwire::feeds
