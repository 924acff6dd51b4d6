#include <catch2/catch.hpp>

#include "cli/table.h"
#include "cli/terminal_text.h"

namespace feedwire::cli {

TEST_CASE("S16 what acts on a terminal or hides is shown", "[text]") {
  CHECK(visible("plain äöü 中文") == "plain äöü 中文");
  CHECK(visible("\x1b]0;x\x07") == "␛]0;x␇");
  CHECK(visible("a\r\nb\tc\x7f") == "a␍␊b␉c␡");
  CHECK(visible("\u202eabc\u2066") == "<U+202E>abc<U+2066>");
  CHECK(visible("\u0085\u009b") == "<U+0085><U+009B>");
  CHECK(visible("a\u200bb\u200dc\u00ad\ufeff") == "a<U+200B>b<U+200D>c<U+00AD><U+FEFF>");
  CHECK(visible("\U000e0041") == "<U+E0041>");
  CHECK(visible("a\xff") == "a\ufffd");
}

TEST_CASE("columns are counted as a terminal draws them", "[text]") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("中文") == 4);
  CHECK(display_width("e\u0301") == 1);
  CHECK(display_width("한국어") == 6);
  CHECK(cut_to_width("中文字", 6) == "中文字");
  CHECK(cut_to_width("中文字", 5) == "中文…");
  CHECK(cut_to_width("中文字", 4) == "中…");
  CHECK(cut_to_width("abc", 0).empty());
}

TEST_CASE("a table fits the terminal, whatever script its cells are in", "[table]") {
  Table table({{.heading = "KEY"},
               {.heading = "TITLE", .least = 6, .may_shrink = true},
               {.heading = "N", .right = true}});
  table.add_row({"k1", "短信", "7"});
  table.add_row({"k2", "a title that is long", "12345"});

  CHECK(table.text(0) ==
        "KEY  TITLE                     N\n"
        "k1   短信                      7\n"
        "k2   a title that is long  12345\n");
  CHECK(table.text(22) ==
        "KEY  TITLE           N\n"
        "k1   短信            7\n"
        "k2   a title t…  12345\n");
  // Narrower than the columns can be: as narrow as they can.
  CHECK(table.text(1) ==
        "KEY  TITLE       N\n"
        "k1   短信        7\n"
        "k2   a tit…  12345\n");
}

}  // namespace feedwire::cli
