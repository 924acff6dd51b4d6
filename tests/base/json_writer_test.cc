#include "base/json_writer.h"

#include <catch2/catch.hpp>

namespace feedwire {

namespace {
std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}
}  // namespace

TEST_CASE("a string keeps what is harmless, Chinese and emoji too", "[json]") {
  CHECK(json_string("雷峰网 \U0001F600 é/") == "\"雷峰网 \U0001F600 é/\"");
  CHECK(json_string("") == "\"\"");
}

TEST_CASE("EV-3 nothing that moves a terminal or splits a line leaves a string", "[json]") {
  CHECK(json_string("a\"b\\c\n\r\t\b\f") == R"("a\"b\\c\n\r\t\b\f")");
  CHECK(json_string(std::string("\0\x1b\x7f", 3)) == R"("\u0000\u001b\u007f")");
  CHECK(json_string("\u0080\u009f\u00a0") == "\"\\u0080\\u009f\u00a0\"");
  CHECK(json_string("\u2028\u2029\u202a\u202e\u2066\u2069\ufeff") ==
        R"("\u2028\u2029\u202a\u202e\u2066\u2069\ufeff")");
  CHECK(json_string("\ufdd0\uffff\U0001fffe") == R"("\ufdd0\uffff\ud83f\udffe")");
  CHECK(json_string("x\u202ey") == R"("x\u202ey")");
}

TEST_CASE("the writer places commas", "[json]") {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("a", "x").key("b").begin_array().number(-1).boolean(true).real(0.5);
  json.end_array().field_if("c", "").key("d").begin_object().end_object().key("e").raw("[1]");
  json.end_object();
  CHECK(out == R"({"a":"x","b":[-1,true,0.5],"d":{},"e":[1]})");
}

}  // namespace feedwire
