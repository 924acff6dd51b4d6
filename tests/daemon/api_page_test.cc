// The page at "/": served whole, under a strict policy, and to nobody else's pages (security S20).

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "daemon/host_guard.h"
#include "daemon/page_data.h"
#include "tests/daemon/api_test_daemon.h"

namespace feedwire::daemon {
namespace {

using tests::ApiClient;
using tests::ApiTestDaemon;
using tests::HttpAnswer;

/// A request over the socket with these fields.
HttpAnswer ask(ApiTestDaemon& daemon, std::string_view head, std::string_view fields) {
  daemon.server();
  ApiClient client(daemon.socket_path());
  client.send(fmt::format("{} HTTP/1.1\r\nConnection: close\r\n{}\r\n", head, fields));
  return client.read_answer();
}

}  // namespace

TEST_CASE("the page is one HTML document under a policy that names all it may run", "[page]") {
  ApiTestDaemon daemon;
  const HttpAnswer page = daemon.get("/");
  CHECK(page.status == 200);
  CHECK(page.body.starts_with("<!doctype html>"));
  CHECK(page.body == kPageHtml);
  CHECK(page.body.size() <= 150'000);
  for (const char* const line :
       {"Content-Type: text/html; charset=utf-8", "X-Content-Type-Options: nosniff",
        "Referrer-Policy: no-referrer", "X-Frame-Options: DENY", "Cache-Control: no-cache"})
    CHECK(page.has_header(line));
  CHECK(page.has_header(fmt::format("Content-Security-Policy: {}", kPagePolicy)));
  for (const char* const rule :
       {"default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'",
        "form-action 'none'", "require-trusted-types-for 'script'", "script-src 'sha256-"})
    CHECK(kPagePolicy.find(rule) != kPagePolicy.npos);
  CHECK(kPagePolicy.find("unsafe") == kPagePolicy.npos);
  // Nothing of it comes from elsewhere.
  for (const char* const outside : {" src=", "<link rel=\"stylesheet", "@import", "url("})
    CHECK(page.body.find(outside) == page.body.npos);
}

TEST_CASE("a page that is known already is not sent again", "[page]") {
  ApiTestDaemon daemon;
  REQUIRE(daemon.get("/").has_header(fmt::format("ETag: {}", kPageEtag)));
  for (const std::string& known :
       {std::string(kPageEtag), fmt::format("\"x\", W/{}", kPageEtag), std::string("*")}) {
    const HttpAnswer answer =
        ask(daemon, "GET /", fmt::format("Host: localhost\r\nIf-None-Match: {}\r\n", known));
    CHECK(answer.status == 304);
    CHECK(answer.body.empty());
    CHECK(answer.has_header(fmt::format("ETag: {}", kPageEtag)));
  }
  CHECK(ask(daemon, "GET /", "Host: localhost\r\nIf-None-Match: \"x\"\r\n").status == 200);
}

TEST_CASE("the page is there while there is no store, and has no parameters", "[page]") {
  ApiTestDaemon daemon;
  daemon.backend.is_standby = true;
  CHECK(daemon.get("/").status == 200);
  CHECK(daemon.get("/?x=1").status == 400);
  CHECK(daemon.request("POST", "/").status == 405);
}

TEST_CASE("S20 the pages of others get nothing out of the socket", "[page]") {
  ApiTestDaemon daemon;
  const auto status = [&](std::string_view fields) {
    return ask(daemon, "GET /v1/status", fields).status;
  };
  CHECK(status("Host: localhost:8080\r\n") == 200);
  CHECK(status("Host: feedwire\r\n") == 200);
  CHECK(status("Host: localhost:8080\r\nOrigin: http://localhost:8080\r\n") == 200);
  CHECK(status("Host: rebound.example\r\n") == 421);
  CHECK(status("Host: localhost:8080\r\nOrigin: https://evil.example\r\n") == 421);
  CHECK(status("Host: localhost:8080\r\nOrigin: null\r\n") == 421);
  CHECK(ask(daemon, "POST /v1/reload", "Host: localhost:8080\r\nOrigin: http://localhost:1\r\n")
            .status == 421);
}

TEST_CASE("S20 an Origin is ours if it is the host that was asked", "[page]") {
  const HostGuard guard;
  CHECK_FALSE(guard.is_page_of_others("LOCALHOST", "http://localhost"));
  CHECK_FALSE(guard.is_page_of_others("[::1]:8080", "http://[::1]:8080"));
  CHECK_FALSE(guard.is_page_of_others("", ""));
  CHECK(guard.is_page_of_others("localhost", "localhost"));
  CHECK(guard.is_page_of_others("localhost:80", "http://localhost:80.example"));
  CHECK(guard.is_page_of_others("127.0.0.1.example:8080", ""));
}

}  // namespace feedwire::daemon
