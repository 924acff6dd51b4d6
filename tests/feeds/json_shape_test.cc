#include "feeds/json_shape.h"

#include <catch2/catch.hpp>
#include <string>

namespace feedwire::feeds {
namespace {

// An item whose first member has this value.
std::string item_with(std::string_view value) {
  return R"({"x":)" + std::string(value) + R"(,"_feedwire":{"guid":"a"}})";
}

std::string nested(std::size_t depth) {
  return item_with(std::string(depth, '[') + std::string(depth, ']'));
}

}  // namespace

TEST_CASE("an item may hold every kind of JSON value", "[json_shape]") {
  for (const char* const value :
       {R"("")", R"("雷峰网，“智能”")", R"("雷峰网读懂智能与未来的科技é😀，。雷峰网")",
        R"("a\"b\\c\/d\n\t\r\b\f")", R"("\u2028\ud83d\ude00")", "0", "-1", "20.25", "1e9",
        "-0.5E-05", "1e+20", "true", "false", "null", "[]", "{}", "[1,[],{}]",
        R"({"a":{"b":[{"c":null}]},"d":1})"}) {
    INFO(value);
    CHECK(is_item_json(item_with(value)));
  }
  CHECK(is_item_json(R"({"_feedwire":{}})"));
}

TEST_CASE("what is no JSON is refused", "[json_shape]") {
  for (const char* const value :
       {"",      "-",         "01",        "1.",          ".5",          "1e",
        "+1",    "0x1",       "NaN",       "tru",         "nul",         "truefalse",
        R"(")",  R"("a)",     R"("\")",    R"("\x")",     R"("\u12g4")", R"("\u12")",
        "[",     "]",         "[1",        "[1,]",        "[,1]",        "[1 ,2]",
        "{1:2}", R"({"a"})",  R"({"a":})", R"({"a":1,})", R"({,"a":1})", R"(1,"y")",
        "[}",    R"(["a":1])"}) {
    INFO(value);
    CHECK_FALSE(is_item_json(item_with(value)));
  }
  for (const char* const text :
       {"", "{", "{}", "[]", "null", R"({"_feedwire":{}}})", R"({"_feedwire":{}} )",
        R"( {"_feedwire":{}})", R"({"_feedwire":{}},)", R"({"a":1}{"_feedwire":{}})"}) {
    INFO(text);
    CHECK_FALSE(is_item_json(text));
  }
}

TEST_CASE("quotes and escapes are found at every place of a long item", "[json_shape]") {
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string text(size, 'x'), digits(size, '1');
    INFO(size);
    CHECK(is_item_json(
        item_with('"' + text + R"(\\\"\ud83d\ude00)" + text + R"(","b":")" + text + '"')));
    CHECK(is_item_json(item_with('[' + digits + R"(0,"a",)" + digits + R"(0,"\""])")));
    CHECK_FALSE(is_item_json(item_with('"' + text + R"(\")" + text)));
    CHECK_FALSE(is_item_json(item_with('"' + text + R"(\x)" + text + '"')));
    CHECK_FALSE(is_item_json(item_with('"' + text + R"("")" + text + '"')));
  }
}

TEST_CASE("an item's last member is the object _feedwire", "[json_shape]") {
  CHECK_FALSE(is_item_json(R"({"id":"a"})"));
  CHECK_FALSE(is_item_json(R"({"_feedwire":{},"id":{}})"));
  CHECK_FALSE(is_item_json(R"({"_feedwire":[]})"));
  CHECK_FALSE(is_item_json(R"({"_feedwire":1})"));
  CHECK_FALSE(is_item_json(R"({"a":{"_feedwire":{}}})"));
  CHECK_FALSE(is_item_json(R"({"_feedwire ":{}})"));
}

TEST_CASE("S17 no item breaks a line or a terminal", "[json_shape]") {
  for (const char* const text : {"a\nb", "a\x7f", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xae",
                                 "\xef\xbb\xbf", "\xf0\x9f\xbf\xbf", "\x1b[2J"}) {
    INFO(text);
    CHECK_FALSE(is_item_json(item_with('"' + std::string(text) + '"')));
  }
  for (const char* const text : {"\xe9\x9b", "\xff", "\x80", "\xed\xa0\x80", "\xe0\x80\x80",
                                 "雷峰网，读懂智能与未来\xc0\xaf雷峰网"}) {
    INFO(text);
    CHECK_FALSE(is_item_json(item_with('"' + std::string(text) + '"')));
  }
  for (const char* const half : {R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", R"("\ud83d\n")",
                                 R"("\ud83d\ud83d")", R"("\ud83d\u0041")"}) {
    INFO(half);
    CHECK_FALSE(is_item_json(item_with(half)));
  }
}

TEST_CASE("S11 items nest only so deep", "[json_shape]") {
  CHECK(is_item_json(nested(kMaxJsonDepth - 1)));
  CHECK_FALSE(is_item_json(nested(kMaxJsonDepth)));
  CHECK_FALSE(is_item_json(nested(1'000'000)));
}

}  // namespace feedwire::feeds
