#include "feeds/url.h"

#include <catch2/catch.hpp>

namespace feedwire::feeds {

TEST_CASE("a reference is resolved as RFC 3986 5.4 shows", "[url]") {
  const std::string base = "http://a/b/c/d;p?q";
  const std::pair<const char*, const char*> examples[] = {
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {";x", "http://a/b/c/;x"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../../g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"g/../h", "http://a/b/c/h"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"http:g", "http://a/b/c/g"},
      {"%2e%2E/g", "http://a/b/g"},
  };
  for (const auto& [reference, expected] : examples) {
    INFO(reference);
    CHECK(resolve_url(base, reference) == expected);
  }
}

TEST_CASE("P-4 a link without a scheme takes that of the base, or https", "[url]") {
  CHECK(resolve_url("http://feed.example/rss", "//x.example/p") == "http://x.example/p");
  CHECK(resolve_url("", "//x.example/p") == "https://x.example/p");
}

TEST_CASE("what browsers forgive is forgiven", "[url]") {
  CHECK(resolve_url("", " \n\thttp://a.example/x\n") == "http://a.example/x");
  CHECK(resolve_url("", "http://a.exa\nmple/x\ty") == "http://a.example/xy");
  CHECK(resolve_url("", "http://a.example/a b?c d#e f") == "http://a.example/a%20b?c%20d#e%20f");
  CHECK(resolve_url("", "http:\\\\a.example\\x\\y?a\\b") == "http://a.example/x/y?a\\b");
  CHECK(resolve_url("", "http:/a.example/x") == "http://a.example/x");
  CHECK(resolve_url("", "https:a.example/x") == "https://a.example/x");
  CHECK(resolve_url("", "http:///a.example/x") == "http://a.example/x");
  CHECK(resolve_url("", "HTTP://A.Example/X") == "http://a.example/X");
  CHECK(resolve_url("", "http://a.example/\"<x>`") == "http://a.example/%22%3Cx%3E%60");
  CHECK(resolve_url("", "http://a.example/文") == "http://a.example/%E6%96%87");
  CHECK(resolve_url("", "http://bücher.example/") == "http://xn--bcher-kva.example/");
  CHECK(resolve_url("", "http://例え.テスト/x") == "http://xn--r8jz45g.xn--zckzah/x");
  CHECK(resolve_url("", "http://a%2Eexample/") == "http://a.example/");
}

TEST_CASE("S15 only an absolute http(s) URL with a host comes out", "[url]") {
  for (const char* reference : {"javascript:alert(1)",
                                "JaVaScRiPt:alert(1)",
                                " java\nscript:alert(1)",
                                "\x01javascript:x",
                                "data:text/html,x",
                                "vbscript:x",
                                "mailto:a@b.example",
                                "file:///etc/passwd",
                                "ftp://a/b",
                                "feed://a/b",
                                "http://",
                                "http://?x",
                                "http://#x",
                                "http://:80/",
                                "http://a:99999/",
                                "http://a:x/",
                                "http://a b/",
                                "http://a<b/",
                                "http://[::1",
                                "http://[x]/",
                                "http://a^b/",
                                "http://%00/",
                                "http://a%2Fb/",
                                "http://./",
                                "https://",
                                "tel:1",
                                "urn:x:y",
                                "http://a|b/"}) {
    INFO(reference);
    CHECK(resolve_url("https://base.example/", reference) == "");
  }
  CHECK(resolve_url("", "path") == "");
  CHECK(resolve_url("mailto:a@b", "path") == "");
  CHECK(resolve_url("", "http://[2001:DB8::1]:8080/x") == "http://[2001:db8::1]:8080/x");
}

TEST_CASE("a backslash does not hide the host", "[url]") {
  CHECK(url_host(resolve_url("", "http://good.example\\@evil.example/")) == "good.example");
  CHECK(url_host(resolve_url("", "http://good.example@evil.example/")) == "evil.example");
}

TEST_CASE("a resolved URL resolves to itself", "[url]") {
  for (const char* reference :
       {"http://u:p@a.example:8080/x y/%zz?q=<>#f g", "https://bücher.example/ü?ü#ü",
        "http://a.example", "http://a.example/a/../b/./c//d", "//a.example/%41"}) {
    const std::string once = resolve_url("http://b.example/", reference);
    CHECK(once != "");
    CHECK(resolve_url("https://c.example/x/", once) == once);
  }
}

TEST_CASE("xml:base may be relative without an absolute parent", "[url]") {
  CHECK(join_base("", "/blog/") == "/blog/");
  CHECK(join_base("/blog/", "2020/") == "/blog/2020/");
  CHECK(join_base("http://a.example/x/", "2020/") == "http://a.example/x/2020/");
  CHECK(join_base("http://a.example/x/", "http://b.example/") == "http://b.example/");
  CHECK(join_base("http://a.example/x/", "urn:uuid:1") == "http://a.example/x/");
}

TEST_CASE("a base of unlikely length counts for nothing", "[url]") {
  const std::string long_path(kMaxBaseBytes, 'x');
  CHECK(join_base("http://a.example/x/", "/" + long_path) == "http://a.example/x/");
  CHECK(join_url("http://a.example/x/", "/" + long_path) == "http://a.example/" + long_path);
}

TEST_CASE("a user's name holds no @, so that all see the same host", "[url]") {
  CHECK(resolve_url("", "http://a@b.example@c.example/") == "http://a%40b.example@c.example/");
  CHECK(resolve_url("", "http://@c.example/") == "http://c.example/");
}

TEST_CASE("an empty reference is its base in normal form", "[url]") {
  CHECK(resolve_url("http://a.example/x/./y/../z", "") == "http://a.example/x/z");
  CHECK(resolve_url("http://a.example/x\\y\\..\\z", "") == "http://a.example/x/z");
}

TEST_CASE("a host is lower-case A-labels without port and trailing dot", "[url]") {
  CHECK(url_host("https://u:p@WWW.Bücher.Example.:8080/x") == "www.xn--bcher-kva.example");
  CHECK(url_host("http://[::1]:80/") == "[::1]");
  CHECK(url_host("mailto:a@b") == "");
  CHECK(url_host("/path") == "");
}

TEST_CASE("the registrable domain follows the Public Suffix List", "[url]") {
  CHECK(registrable_domain("www.example.co.uk") == "example.co.uk");
  CHECK(registrable_domain("example.com") == "example.com");
  CHECK(registrable_domain("a.b.example.com.cn") == "example.com.cn");
  CHECK(registrable_domain("user.github.io") == "user.github.io");
  CHECK(registrable_domain("com") == "com");
  CHECK(registrable_domain("127.0.0.1") == "127.0.0.1");
  CHECK(registrable_domain("[::1]") == "[::1]");
  CHECK(registrable_domain("") == "");
}

}  // namespace feedwire::feeds
