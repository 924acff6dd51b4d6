#include "daemon/http_target.h"

#include <catch2/catch.hpp>

namespace feedwire::daemon {

TEST_CASE("H-06 path and query stay byte for byte, the fragment goes", "[target]") {
  CHECK(parse_target("http://example.org/a/../b//%7e?x=1&&y=%2f+/?#top").value().url ==
        "http://example.org/a/../b//%7e?x=1&&y=%2f+/?");
  CHECK(parse_target("HTTPS://Example.org").value().url == "https://Example.org");
  CHECK(parse_target("http://example.org?").value().url == "http://example.org?");
}

TEST_CASE("what no request line may hold is percent-encoded", "[target]") {
  CHECK(parse_target(" http://example.org/雷峰 网?q=é\n").value().url ==
        "http://example.org/%E9%9B%B7%E5%B3%B0%20%E7%BD%91?q=%C3%A9");
  CHECK(parse_target("http://bücher.example/").value().url == "http://xn--bcher-kva.example/");
}

TEST_CASE("H-07 the origin is scheme, host and port", "[target]") {
  CHECK(parse_target("http://Example.ORG/a").value().origin == "http://example.org:80");
  CHECK(parse_target("https://example.org").value().origin == "https://example.org:443");
  CHECK(parse_target("https://u@example.org:8443/").value().origin == "https://example.org:8443");
  CHECK(parse_target("http://[::1]:81/").value().origin == "http://[::1]:81");
  CHECK(parse_target("http://[::1]/").value().origin == "http://[::1]:80");
}

TEST_CASE("H-07 userinfo leaves the URL and is decoded", "[target]") {
  const HttpTarget target = parse_target("https://me%40home:s%3acret%@example.org/x").value();
  CHECK(target.url == "https://example.org/x");
  CHECK(target.user == "me@home");
  CHECK(target.password == "s:cret%");
}

TEST_CASE("S5 anything but http and https is refused without being repeated", "[target]") {
  for (const char* url : {"file:///etc/passwd", "ftp://h/", "gopher://h/", "", "example.org/feed",
                          "http:///x", "http://:80/", "javascript:alert(1)", "http://user:pw@/"}) {
    CAPTURE(url);
    const Result<HttpTarget> target = parse_target(url);
    REQUIRE_FALSE(target);
    CHECK(target.error().message.find("pw") == std::string::npos);
  }
}

}  // namespace feedwire::daemon
