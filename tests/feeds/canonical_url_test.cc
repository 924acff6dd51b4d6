#include <catch2/catch.hpp>

#include "feeds/tracking_params.h"
#include "feeds/url.h"

namespace feedwire::feeds {

TEST_CASE("4.4 spellings of one URL have one canonical form", "[canonical]") {
  const std::string canonical = "https://example.com/a/b?x=1&y=2";
  for (const char* url : {
           "https://example.com/a/b?x=1&y=2",
           "http://example.com/a/b?x=1&y=2",
           "HTTP://WWW.EXAMPLE.COM/a/b?x=1&y=2",
           "http://example.com:80/a/b?x=1&y=2",
           "https://example.com:443/a/b?x=1&y=2",
           "https://user:pw@example.com./a/b?x=1&y=2",
           "https://example.com/a/c/../b?y=2&x=1",
           "https://example.com/./a/%62?x=1&y=2",
           "https://example.com/a/b?&x=1&&y=2&",
           "https://example.com/a/b?x=1&y=2#top",
           " https://exam\tple.com/a/b?x=1&y=2\n",
           "https://example.com/a/b?utm_source=rss&x=1&fbclid=z&y=2",
       }) {
    INFO(url);
    CHECK(canonical_url(url) == canonical);
  }
  CHECK(canonical_url(canonical) == canonical);
}

TEST_CASE("4.4 what names another page stays apart", "[canonical]") {
  CHECK(canonical_url("http://example.com") == "https://example.com/");
  CHECK(canonical_url("http://example.com/A") == "https://example.com/A");
  CHECK(canonical_url("http://example.com:8080/") == "https://example.com:8080/");
  CHECK(canonical_url("http://www.com/x") == "https://www.com/x");
  CHECK(canonical_url("http://example.com/a%2fb%c3%a9") == "https://example.com/a%2Fb%C3%A9");
  CHECK(canonical_url("http://example.com/é") == "https://example.com/%C3%A9");
  CHECK(canonical_url("http://bücher.example/") == "https://xn--bcher-kva.example/");
  CHECK(canonical_url("http://example.com/?b=2&a=1&b=1") == "https://example.com/?a=1&b=2&b=1");
  CHECK(canonical_url("http://example.com/#!/x") == "https://example.com/#!/x");
  CHECK(canonical_url("http://example.com/#/x") == "https://example.com/#/x");
  CHECK(canonical_url("http://example.com/?") == "https://example.com/");
  CHECK(canonical_url("mailto:a@example.com") == "");
  CHECK(canonical_url("//example.com/x") == "");
  CHECK(canonical_url("") == "");
}

TEST_CASE("I-21 tracking parameters go, in any case, others never", "[canonical]") {
  CHECK(canonical_url("http://e.com/?UTM_Source=a&mc_cid=b&_hsenc=c&itm_x=d&Echobox=e&p=1") ==
        "https://e.com/?p=1");
  CHECK(canonical_url("http://e.com/?__readwiseLocation=1&at_medium=x") == "https://e.com/");
  const std::string kept =
      "https://e.com/?from=1&id=2&mid=3&p=4&ref=x&share=5&source=6&spm=7&utm=8&v=9";
  CHECK(canonical_url(kept) == kept);
  CHECK(canonical_url("http://e.com/?ref=e.com&a=1") == "https://e.com/?a=1");
  CHECK(canonical_url("http://blog.e.com/?ref=www.blog.e.com") == "https://blog.e.com/");
}

TEST_CASE("I-22 host rules count for their hosts only", "[canonical]") {
  CHECK(canonical_url("https://www.bilibili.com/video/BV1?spm_id_from=333&vd_source=x&p=2") ==
        "https://bilibili.com/video/BV1?p=2");
  CHECK(canonical_url("https://item.taobao.com/item.htm?id=1&spm=a&scm=b&scmx=c&ali_refid=d") ==
        "https://item.taobao.com/item.htm?id=1");
  CHECK(canonical_url("https://blog.csdn.net/a/article/1?spm=1001&request_id=2") ==
        "https://blog.csdn.net/a/article/1");
  CHECK(canonical_url("https://notcsdn.net/a?spm=1001") == "https://notcsdn.net/a?spm=1001");
  CHECK(canonical_url("https://mp.weixin.qq.com/s?__biz=M&mid=1&idx=2&sn=3&chksm=4&scene=5#rd") ==
        "https://mp.weixin.qq.com/s?__biz=M&idx=2&mid=1&sn=3");
  CHECK(canonical_url("https://mp.weixin.qq.com/s/AbC?scene=1#wechat_redirect") ==
        "https://mp.weixin.qq.com/s/AbC");
}

TEST_CASE("4.4 step 5 redirectors are unwrapped, one within another too", "[canonical]") {
  CHECK(
      canonical_url("https://www.google.com/url?rct=j&sa=t&url=https%3A%2F%2Fe.com%2Fa%3Fb%3D1") ==
      "https://e.com/a?b=1");
  CHECK(canonical_url("https://www.google.co.uk/url?q=http://e.com/") == "https://e.com/");
  CHECK(canonical_url("http://news.google.com/news/url?sa=t&url=http://e.com/x") ==
        "https://e.com/x");
  CHECK(
      canonical_url("https://link.zhihu.com/?target=https%3A//l.facebook.com/l.php%3Fu%3Dhttp%253A"
                    "%252F%252Fe.com%252F") == "https://e.com/");
  CHECK(canonical_url("https://www.google.com/url?url=javascript:alert(1)")
            .starts_with("https://google.com/url?"));
  CHECK(canonical_url("https://google.example.com/url?url=http://e.com/") ==
        "https://google.example.com/url?url=http://e.com/");
}

TEST_CASE("I-21 an operator names further parameters, and hosts that are one", "[canonical]") {
  UrlRules rules;
  rules.strip_params = {"sid", "x_*"};
  rules.host_aliases = {{"m.drvow.com", "www.leiphone.com"}};
  CHECK(canonical_url("http://e.com/?SID=1&sidx=2&x_a=3&X_=4", false, rules) ==
        "https://e.com/?sidx=2");
  CHECK(canonical_url("http://m.drvow.com/a.html?sid=1", false, rules) ==
        "https://leiphone.com/a.html");
  CHECK(canonical_url("http://drvow.com/a", false, rules) == "https://drvow.com/a");
  CHECK(canonical_url("http://m.drvow.com/a?sid=1", true, rules) == "https://leiphone.com/a?sid=1");
}

TEST_CASE("I-20 keep_detail leaves out steps 6 to 8", "[canonical]") {
  CHECK(canonical_url("http://www.e.com/log?b=1&a=2&utm_source=x#v1.2", true) ==
        "https://e.com/log?b=1&a=2&utm_source=x#v1.2");
}

TEST_CASE("the loose form is what two spellings of an article share", "[canonical]") {
  for (const char* url :
       {"https://e.com/news/001", "https://e.com/news/001/", "https://e.com/news/001.html",
        "https://m.e.com/news/001", "https://amp.e.com/news/001.html", "https://e.com/news/001/amp",
        "https://e.com/amp/news/001", "https://e.com/news/001/index.html",
        "https://e.com/news/001/index.php", "https://e.com/news/001?amp=1"}) {
    INFO(url);
    CHECK(loose_url(url) == "https://e.com/news/001");
  }
  CHECK(loose_url("https://e.com/news/?p=1") == "https://e.com/news?p=1");
  CHECK(loose_url("https://e.com/") == "https://e.com");
  CHECK(loose_url("https://m.com/x") == "https://m.com/x");
}

TEST_CASE("canonical is the same when it is done again, whatever the port, host or escape",
          "[canonical]") {
  CHECK(canonical_url("http://e.com:443/") == "https://e.com/");
  CHECK(canonical_url("http://www.www.e.com/") == "https://e.com/");
  CHECK(canonical_url("http://e.com/%%61b") == "https://e.com/%25ab");
  CHECK(canonical_url("http://e.com/100%") == "https://e.com/100%25");
}

TEST_CASE("I-12 a home page names no article", "[canonical]") {
  CHECK(is_home_page("https://e.com/"));
  CHECK(is_home_page("https://e.com/index.html"));
  CHECK_FALSE(is_home_page("https://e.com/?p=1"));
  CHECK_FALSE(is_home_page("https://e.com/a"));
  CHECK_FALSE(is_home_page("https://e.com/#!/a"));
}

}  // namespace feedwire::feeds
