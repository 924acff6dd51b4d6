// What a poll sends (http.md A and B), and what of it comes back.

#include <catch2/catch.hpp>
#include <string>

#include "tests/daemon/fetcher.h"
#include "tests/support/compress.h"
#include "tests/support/scripted_server.h"
#include "tests/support/web_server.h"

namespace feedwire::daemon {
namespace {

using tests::Send;
using tests::WebRequest;

HttpRequest poll(const std::string& url) {
  HttpRequest request;
  request.url = url;
  return request;
}

}  // namespace

TEST_CASE("H-01 H-02 H-03 H-04 H-06 a poll is one plain GET, byte for byte", "[transport]") {
  tests::WebServer server;
  server.page("/feed/", {.body = "<rss/>"});

  const HttpResponse response = Fetcher().get(server.url("/feed/?b=2&a=%20+x//..#top"));

  CHECK(response.error == TransportError::none);
  CHECK(response.status == 200);
  CHECK(response.body == "<rss/>");
  CHECK(response.wire_bytes == 6);
  CHECK(response.final_url == server.url("/feed/?b=2&a=%20+x//.."));
  REQUIRE(server.requests().size() == 1);
  CHECK(server.requests()[0].head ==
        "GET /feed/?b=2&a=%20+x//.. HTTP/1.1\r\n"
        "Host: 127.0.0.1:" +
            std::to_string(server.port()) +
            "\r\n"
            "User-Agent: feedwire/test\r\n"
            "Accept-Encoding: gzip, deflate, br, zstd\r\n"
            "Accept: application/atom+xml, application/rss+xml, application/feed+json, "
            "application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, "
            "*/*;q=0.1\r\n"
            "\r\n");
}

TEST_CASE("H-02 a feed may have its own User-Agent and Accept, once each", "[transport]") {
  tests::WebServer server;
  HttpRequest request = poll(server.url("/feed"));
  request.headers = {{"user-agent", "special/1"}, {"ACCEPT", "text/plain"}, {"X-Empty", ""}};
  Fetcher().get(request);
  const std::string head = server.requests().at(0).head;
  CHECK(head.find("user-agent: special/1\r\n") != head.npos);
  CHECK(head.find("ACCEPT: text/plain\r\n") != head.npos);
  CHECK(head.find("X-Empty:\r\n") != head.npos);
  CHECK(head.find("feedwire/test") == head.npos);
  CHECK(head.find("application/atom+xml") == head.npos);
}

TEST_CASE("a header with a line break is not sent", "[transport]") {
  tests::WebServer server;
  HttpRequest request = poll(server.url("/feed"));
  request.headers = {{"X-A", "1\r\nX-B: 2"}};
  CHECK(Fetcher().get(request).error == TransportError::other);
  CHECK(server.connections() == 0);
}

TEST_CASE("H-05 no cookie comes back", "[transport]") {
  tests::WebServer server;
  server.page("/feed", {.headers = {{"Set-Cookie", "id=7; Path=/"}}, .body = "x"});
  Fetcher fetcher;
  fetcher.get(server.url("/feed"));
  CHECK_FALSE(fetcher.get(server.url("/feed")).sent_cookie);
  REQUIRE(server.requests().size() == 2);
  for (const WebRequest& request : server.requests()) CHECK_FALSE(request.header("cookie"));
  CHECK(server.requests()[0].head == server.requests()[1].head);
}

TEST_CASE("H-11 H-12 validators go back as they came", "[transport]") {
  tests::WebServer server;
  const std::string etag =
      GENERATE("\"a\"", "W/\"b-gzip\"", "no quotes", "\"\xe9\xff\"", "\"a,b\"");
  const std::string modified = "Thu, 32 Jan 2026 25:00:00 +0100 ";
  HttpRequest request = poll(server.url("/feed"));
  request.etag = etag;
  request.last_modified = modified;
  const HttpResponse response = Fetcher().get(request);
  CHECK(response.sent_validators);
  const std::string head = server.requests().at(0).head;
  CHECK(head.find("If-None-Match: " + etag + "\r\n") != head.npos);
  CHECK(head.find("If-Modified-Since: " + modified + "\r\n") != head.npos);
}

TEST_CASE("H-11 the answer's validators are kept byte for byte", "[transport]") {
  tests::ScriptedServer server(
      {Send{"HTTP/1.1 200 OK\r\nETag:  W/\"x-gzip\" \t\r\n"
            "LAST-MODIFIED: yesterday\r\nX-Folded: a\r\n  b\r\n"
            "Content-Length: 1\r\n\r\nx"}});
  const HttpResponse response = Fetcher().get(server.url());
  CHECK(response.header("etag") == "W/\"x-gzip\"");
  CHECK(response.header("last-modified") == "yesterday");
  CHECK(response.header("x-folded") == "a b");
}

TEST_CASE("H-13 without a stored date no If-Modified-Since is sent", "[transport]") {
  tests::WebServer server;
  HttpRequest request = poll(server.url("/feed"));
  request.etag = "\"a\"";
  Fetcher().get(request);
  CHECK_FALSE(server.requests().at(0).header("if-modified-since"));
}

TEST_CASE("H-44 a 304 brings headers and no body", "[transport]") {
  tests::WebServer server;
  server.page("/feed", {.headers = {{"ETag", "\"a\""}}, .body = "<rss/>"});
  HttpRequest request = poll(server.url("/feed"));
  request.etag = "\"a\"";
  Fetcher fetcher;
  const HttpResponse response = fetcher.get(request);
  CHECK(response.error == TransportError::none);
  CHECK(response.status == 304);
  CHECK(response.body.empty());
  CHECK(response.header("etag") == "\"a\"");
  CHECK(fetcher.get(server.url("/feed")).body == "<rss/>");  // nothing stays on the handle
  CHECK_FALSE(server.requests().back().header("if-none-match"));
}

TEST_CASE("a 304 with a body or a coding is still a 304", "[transport]") {
  tests::ScriptedServer server(
      {Send{"HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\n"
            "Content-Length: 3\r\n\r\nabc"}});
  const HttpResponse response = Fetcher().get(server.url());
  CHECK(response.error == TransportError::none);
  CHECK(response.status == 304);
  CHECK(response.body.empty());
}

TEST_CASE("H-18 validators are sent to the URL that they belong to only", "[transport]") {
  tests::WebServer server;
  server.page("/old", {.status = 301, .headers = {{"Location", "/new"}}});
  server.page("/new", {.headers = {{"ETag", "\"n\""}}, .body = "x"});
  HttpRequest request = poll(server.url("/old"));
  request.etag = "\"n\"";

  SECTION("the final one") {
    request.validators_url = server.url("/new");
    const HttpResponse response = Fetcher().get(request);
    CHECK(response.status == 304);
    CHECK(response.sent_validators);
    CHECK_FALSE(server.requests("/old").at(0).header("if-none-match"));
  }
  SECTION("not a new target of the redirect") {
    request.validators_url = server.url("/elsewhere");
    const HttpResponse response = Fetcher().get(request);
    CHECK(response.status == 200);
    CHECK_FALSE(response.sent_validators);
    for (const WebRequest& sent : server.requests()) CHECK_FALSE(sent.header("if-none-match"));
  }
}

TEST_CASE("H-04 a coded body is decoded, announced or not", "[transport]") {
  tests::WebServer server;
  const std::string gzip = tests::deflated("<rss/>", tests::Deflate::gzip);
  server.page("/gzip", {.headers = {{"Content-Encoding", "GZip"}}, .body = gzip});
  server.page("/secret", {.body = gzip});
  server.page("/br", {.headers = {{"Content-Encoding", "br"}}, .body = tests::brotli("<rss/>")});
  server.page("/zstd", {.headers = {{"Content-Encoding", "zstd"}}, .body = tests::zstd("<rss/>")});
  Fetcher fetcher;
  for (const char* path : {"/gzip", "/secret", "/br", "/zstd"})
    CHECK(fetcher.get(server.url(path)).body == "<rss/>");
  CHECK(fetcher.get(server.url("/gzip")).wire_bytes == gzip.size());
}

TEST_CASE("interim answers leave nothing in the final one", "[transport]") {
  tests::ScriptedServer server(
      {Send{"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nETag: \"early\"\r\n\r\n"
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}});
  const HttpResponse response = Fetcher().get(server.url());
  CHECK(response.status == 200);
  CHECK(response.body == "ok");
  CHECK_FALSE(response.header("etag"));
}

TEST_CASE("trailers are no headers", "[transport]") {
  tests::ScriptedServer server(
      {Send{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            "2\r\nok\r\n0\r\nETag: \"late\"\r\n\r\n"}});
  const HttpResponse response = Fetcher().get(server.url());
  CHECK(response.body == "ok");
  CHECK_FALSE(response.header("etag"));
}

TEST_CASE("H-07 userinfo and the operator's headers go to the configured origin only",
          "[transport]") {
  tests::WebServer here, elsewhere;
  here.page("/feed", {.status = 302, .headers = {{"Location", here.url("/same")}}});
  here.page("/same", {.status = 302, .headers = {{"Location", elsewhere.url("/b")}}});
  std::string url = here.url("/feed");
  url.insert(7, "me:s%20cret@");
  HttpRequest request = poll(url);
  request.headers = {{"X-Token", "t0p"}};

  const HttpResponse response = Fetcher().get(request);

  REQUIRE(response.redirects.size() == 2);
  for (const char* path : {"/feed", "/same"}) {
    CHECK(here.requests(path).at(0).header("authorization") == "Basic bWU6cyBjcmV0");
    CHECK(here.requests(path).at(0).header("x-token") == "t0p");
  }
  CHECK_FALSE(elsewhere.requests().at(0).header("authorization"));
  CHECK_FALSE(elsewhere.requests().at(0).header("x-token"));
  CHECK_FALSE(elsewhere.requests().at(0).header("referer"));
}

TEST_CASE("H-07 a feed that has moved takes no credentials along", "[transport]") {
  tests::WebServer here, elsewhere;
  here.page("/new", {.body = "x"});
  elsewhere.page("/new", {.body = "x"});
  const auto get = [&](const tests::WebServer& server) {
    HttpRequest request = poll(server.url("/new"));
    request.home_url = here.url("/feed");
    request.home_url.insert(7, "me:s%20cret@");
    request.headers = {{"X-Token", "t0p"}};
    CHECK(Fetcher().get(request).status == 200);
    return server.requests().at(0);
  };
  CHECK(get(here).header("authorization") == "Basic bWU6cyBjcmV0");
  CHECK(get(here).header("x-token") == "t0p");
  CHECK_FALSE(get(elsewhere).header("authorization"));
  CHECK_FALSE(get(elsewhere).header("x-token"));
}

TEST_CASE("H-07 no message shows a password", "[transport]") {
  const HttpResponse response = Fetcher().get("http://me:s3cret@127.0.0.1:1/feed");
  CHECK(response.error == TransportError::connect);
  CHECK(response.error_message.find("s3cret") == std::string::npos);
  CHECK(response.final_url == "http://127.0.0.1:1/feed");
}

TEST_CASE("a poll's settings do not reach the next on the same handle", "[transport]") {
  tests::WebServer server;
  std::string url = server.url("/feed");
  HttpRequest request = poll(std::string(url).insert(7, "me:pw@"));
  request.headers = {{"X-Token", "t"}};
  request.allow = {"127.0.0.1"};
  request.etag = "\"a\"";
  Fetcher fetcher;
  fetcher.get(request);
  fetcher.get(url);
  REQUIRE(server.requests().size() == 2);
  for (const char* name : {"authorization", "x-token", "if-none-match"}) {
    CHECK(server.requests()[0].header(name));
    CHECK_FALSE(server.requests()[1].header(name));
  }
}

}  // namespace feedwire::daemon
