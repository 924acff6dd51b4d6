#include "daemon/api_message.h"

#include <catch2/catch.hpp>

namespace feedwire::daemon {

using Segments = std::vector<std::string>;

TEST_CASE("a path is split before it is decoded", "[api]") {
  CHECK(split_path("/").value() == Segments{""});
  CHECK(split_path("/a/b").value() == Segments{"a", "b"});
  CHECK(split_path("/a//b/").value() == Segments{"a", "", "b", ""});
  CHECK(split_path("/a%2Fb/%2e%2E").value() == Segments{"a/b", ".."});
  CHECK(split_path("/%e4%bd%a0").value() == Segments{"你"});
  CHECK_FALSE(split_path(""));
  CHECK_FALSE(split_path("a/b"));
  CHECK_FALSE(split_path("*"));
}

TEST_CASE("escapes are decoded once and strictly", "[api]") {
  CHECK(percent_decode("%25%32%30").value() == "%20");
  CHECK(percent_decode("a+b").value() == "a+b");
  for (const char* bad : {"%", "%4", "%g0", "%0g", "%-1", "%+1", "% 1", "%00", "%0a", "%7f", "%ff",
                          "%c3", "%ed%a0%80"}) {
    INFO(bad);
    CHECK_FALSE(percent_decode(bad));
  }
}

TEST_CASE("a problem is an RFC 9457 document", "[api]") {
  const ApiReply reply = problem(409, "it is \"there\"");

  CHECK(reply.status == 409);
  CHECK(reply.content_type == "application/problem+json");
  CHECK(reply.body == R"({"title":"Conflict","status":409,"detail":"it is \"there\""})");
}

}  // namespace feedwire::daemon
