#include "base/redact.h"

#include <catch2/catch.hpp>

namespace feedwire {

TEST_CASE("OP-13 userinfo and credentials in a query are taken out of URLs", "[redact]") {
  CHECK(redact_urls("https://user:pass@example.org/feed") == "https://example.org/feed");
  CHECK(redact_urls("https://user:p@ss@example.org") == "https://example.org");
  CHECK(redact_urls("https://token@example.org?x") == "https://example.org?x");
  CHECK(redact_urls("https://example.org/@writer") == "https://example.org/@writer");
  CHECK(redact_urls("http://h/f?format=atom&token=c4n4ry&n=2") ==
        "http://h/f?format=atom&token=[redacted]&n=2");
  CHECK(redact_urls("http://h/f?page=2#access_token=c4n4ry") ==
        "http://h/f?page=2#access_token=[redacted]");
  CHECK(redact_urls("http://h/f?token=c4n?4ry&x=1") == "http://h/f?token=[redacted]&x=1");
  CHECK(redact_urls("http://h/f?token=") == "http://h/f?token=[redacted]");
  CHECK(redact_urls("http://h/f?token") == "http://h/f?token");
  CHECK(redact_urls("moved from=http://a:b@c/ to=\"ftp://d:e@f\"") ==
        "moved from=http://c/ to=\"ftp://f\"");
  CHECK(redact_urls("http://h/?u=http://a:b@c/&key=d") == "http://h/?u=http://c/&key=[redacted]");
  CHECK(redact_urls("") == "");
  CHECK(redact_urls("://") == "://");
  CHECK(redact_urls("?=&;#") == "?=&;#");
}

TEST_CASE("OP-13 what was redacted stays as it is, and so does what has no credential",
          "[redact]") {
  for (const std::string text :
       {"http://h/f?token=[redacted]&n=2", "http://h/f", "http://h/f?page=2&x;y#z",
        "HTTP status 500; a=b", "http://h/f?token=[redacted]#key=[redacted]", "http://***@h/"}) {
    INFO(text);
    CHECK(redact_urls(text) == text);
  }
}

}  // namespace feedwire
