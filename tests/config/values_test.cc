#include <array>
#include <catch2/catch.hpp>

#include "config/byte_size.h"
#include "config/duration.h"
#include "config/feed_url.h"
#include "config/suggest.h"

namespace feedwire::config {

using namespace std::chrono_literals;

TEST_CASE("a duration is a whole number with a unit, and is printed as short as it goes",
          "[duration]") {
  CHECK(parse_duration("90s").value() == 90s);
  CHECK(parse_duration("15m").value() == 15min);
  CHECK(parse_duration("6h").value() == 6h);
  CHECK(parse_duration("7d").value() == 168h);
  for (const char* text :
       {"", "s", "90", "-1s", "+1s", "1.5h", "1h30m", "90 s", "90S", "99999d", "4294967296s"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
  for (const char* text : {"0s", "1s", "90s", "1m", "61m", "1h", "25h", "7d"})
    CHECK(format_duration(parse_duration(text).value()) == text);
  CHECK(format_duration(3600s) == "1h");
}

TEST_CASE("a size is a whole number with a binary unit", "[size]") {
  CHECK(parse_byte_size("512B").value() == 512);
  CHECK(parse_byte_size("64KiB").value() == 64u << 10);
  CHECK(parse_byte_size("10GiB").value() == 10ull << 30);
  for (const char* text : {"", "1", "1KB", "1 MiB", "1mib", "-1B", "1.5GiB", "8388608TiB"}) {
    INFO(text);
    CHECK_FALSE(parse_byte_size(text));
  }
  for (const char* text : {"0B", "1B", "1023B", "1KiB", "1536KiB", "1GiB", "8388607TiB"})
    CHECK(format_byte_size(parse_byte_size(text).value()) == text);
}

TEST_CASE("a misspelling finds its word, another word does not", "[suggest]") {
  static constexpr std::array<std::string_view, 4> kWords = {"timeout", "max_body", "floor",
                                                             "keep"};
  CHECK(closest("timeuot", kWords) == "timeout");
  CHECK(closest("max-body", kWords) == "max_body");
  CHECK(closest("MaxBody", kWords) == "max_body");
  CHECK(closest("flor", kWords) == "floor");
  CHECK(closest("budget", kWords).empty());
  CHECK(closest("", kWords).empty());
  CHECK(closest(std::string(100'000, 'x'), kWords).empty());
}

TEST_CASE("two spellings of one URL have one identity", "[url]") {
  CHECK(url_identity("HTTPS://Example.org:443") == url_identity("https://example.org/"));
  CHECK(url_identity("http://[::1]:80/a") == url_identity("http://[::1]/a"));
  CHECK(url_identity("http://example.org/?q") == url_identity("http://example.org?q"));
  CHECK(url_identity("https://example.org/a") != url_identity("https://example.org/A"));
  CHECK(url_identity("http://example.org/") != url_identity("https://example.org/"));
  CHECK(url_identity("http://example.org:443/") != url_identity("http://example.org/"));
}

TEST_CASE("a URL loses its fragment and nothing else", "[url]") {
  CHECK(check_feed_url("https://Example.org/a?b=%20#c").value() == "https://Example.org/a?b=%20");
  CHECK(check_feed_url("http://127.0.0.1:8080/x").value() == "http://127.0.0.1:8080/x");
  CHECK(check_feed_url("http://bücher.example/").value() == "http://bücher.example/");
  for (const char* url :
       {"", "https://", "https://#a", "http://[::1", "http://[zz]/", "http://a:/", "http://a:0/",
        "javascript:alert(1)", "exec:ls", "http://a\\b/", "http://a/\x1b[0m", "http://a/\xff"}) {
    INFO(url);
    CHECK_FALSE(check_feed_url(url));
  }
}

}  // namespace feedwire::config
