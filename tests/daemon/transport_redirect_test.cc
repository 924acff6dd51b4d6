// Redirects, schemes and private addresses (http.md G, security S1 to S6), and TLS.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "tests/daemon/fetcher.h"
#include "tests/support/scripted_server.h"
#include "tests/support/stubbed_name.h"
#include "tests/support/tls_identity.h"
#include "tests/support/web_server.h"

namespace feedwire::daemon {
namespace {

using tests::Send;
using tests::WebResponse;
using tests::WebServer;

WebResponse redirect(int status, const std::string& to) {
  return {.status = status, .headers = {{"Location", to}, {"ETag", "\"r\""}}, .body = "moved"};
}

}  // namespace

TEST_CASE("H-64 each hop of a redirect is recorded, the answer is the last one's", "[transport]") {
  WebServer server;
  server.page("/a", redirect(301, "b?x=1#frag"));
  server.page("/b", redirect(308, "//127.0.0.1:" + std::to_string(server.port()) + "/c"));
  server.page("/c", {.headers = {{"X-Final", "yes"}}, .body = "<rss/>"});

  const HttpResponse response = Fetcher().get(server.url("/a"));

  CHECK(response.status == 200);
  CHECK(response.body == "<rss/>");
  CHECK(response.final_url == server.url("/c"));
  REQUIRE(response.redirects.size() == 2);
  CHECK(response.redirects[0].status == 301);
  CHECK(response.redirects[0].to == server.url("/b?x=1"));
  CHECK(response.redirects[1].status == 308);
  CHECK(response.redirects[1].to == server.url("/c"));
  CHECK(response.header("x-final") == "yes");
  CHECK(response.from_private_network);                                   // H-58
  for (const auto& peer : {response.peer, response.redirects[0].peer}) {  // H-68
    CHECK(peer.address == "127.0.0.1");
    CHECK(peer.allowed_by == "127.0.0.0/8");
  }
  CHECK_FALSE(response.header("etag"));
  CHECK_FALSE(response.header("location"));
}

TEST_CASE("H-64 every redirecting status is followed by a GET", "[transport]") {
  const int status = GENERATE(301, 302, 303, 307, 308);
  WebServer server;
  server.page("/a", redirect(status, "/b"));
  server.page("/b", {.body = "x"});
  CHECK(Fetcher().get(server.url("/a")).body == "x");
  CHECK(server.requests("/b").at(0).method == "GET");
}

TEST_CASE("a form is POSTed, and again where 307 or 308 say so, but not elsewhere", "[transport]") {
  const int status = GENERATE(301, 302, 303, 307, 308);
  WebServer server;
  server.page("/hub", redirect(status, "/other"));
  server.page("/other", {.status = 202, .body = ""});
  HttpRequest request;
  request.url = server.url("/hub");
  request.form = "hub.mode=subscribe&hub.topic=http%3A%2F%2Fa%2F";
  Fetcher fetcher;

  const HttpResponse response = fetcher.get(request);

  const tests::WebRequest first = server.requests("/hub").at(0);
  CHECK(first.method == "POST");
  CHECK(first.body == request.form);
  CHECK(first.header("content-type") == "application/x-www-form-urlencoded");
  if (status == 307 || status == 308) {
    CHECK(response.status == 202);
    CHECK(server.requests("/other").at(0).method == "POST");
    CHECK(server.requests("/other").at(0).body == request.form);
  } else {
    CHECK(response.error == TransportError::bad_redirect);
    CHECK(server.requests("/other").empty());
  }
  // The handle is used again: nothing of it is left.
  CHECK(fetcher.get(server.url("/other")).status == 202);
  CHECK(server.requests("/other").back().method == "GET");
  CHECK(server.requests("/other").back().body.empty());
}

TEST_CASE("a 3xx that leads nowhere is an answer", "[transport]") {
  WebServer server;
  server.page("/a", {.status = 301, .body = "x"});
  server.page("/b", {.status = 300, .headers = {{"Location", "/c"}}, .body = "x"});
  CHECK(Fetcher().get(server.url("/a")).status == 301);
  CHECK(Fetcher().get(server.url("/b")).status == 300);
}

TEST_CASE("H-64 five redirects are followed, a sixth is not", "[transport]") {
  WebServer server;
  for (int i = 1; i <= 6; ++i)
    server.page("/" + std::to_string(i), redirect(302, "/" + std::to_string(i + 1)));
  server.page("/7", {.body = "x"});
  CHECK(Fetcher().get(server.url("/2")).body == "x");
  const HttpResponse response = Fetcher().get(server.url("/1"));
  CHECK(response.error == TransportError::bad_redirect);
  CHECK(response.redirects.size() == 6);
  CHECK(server.requests("/7").size() == 1);
}

TEST_CASE("H-64 a redirect loop is a failure at its first repetition", "[transport]") {
  WebServer server;
  server.page("/a", redirect(301, "/b"));
  server.page("/b", redirect(301, "/a#again"));
  server.page("/self", redirect(301, "/self"));
  CHECK(Fetcher().get(server.url("/a")).error == TransportError::bad_redirect);
  CHECK(Fetcher().get(server.url("/self")).error == TransportError::bad_redirect);
  CHECK(server.requests().size() == 3);
}

TEST_CASE("S5 a redirect to another scheme is refused", "[transport]") {
  WebServer server;
  const std::string to =
      GENERATE("file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/x", "javascript:1");
  server.page("/a", redirect(302, to));
  CHECK(Fetcher().get(server.url("/a")).error == TransportError::bad_redirect);
}

TEST_CASE("S1 H-68 a redirect into a private network is refused before a packet leaves",
          "[transport]") {
  WebServer open("127.0.0.1"), closed("127.0.0.2");
  open.page("/a", redirect(302, closed.url("/secret")));
  TransportOptions options = test_options();
  options.allow = {"127.0.0.1/32"};
  const HttpResponse response = Fetcher(options).get(open.url("/a"));
  CHECK(response.error == TransportError::blocked);
  CHECK(response.status == 0);
  CHECK(response.error_message ==
        "127.0.0.2 (loopback) is refused; to allow it, name its network in `allow` of the feed or "
        "of [fetch]");
  CHECK(closed.connections() == 0);
}

TEST_CASE("S2 a name that leads inside at the second look is refused then", "[transport]") {
  WebServer outside("127.0.0.1"), inside("127.0.0.2", outside.port());
  outside.page("/feed", {.headers = {{"Connection", "close"}}, .body = "x"});
  inside.page("/feed", {.body = "secret"});
  TransportOptions options = test_options();
  options.allow = {"127.0.0.1/32"};
  Fetcher fetcher(options);
  const tests::StubbedName name("rebinds.example", {"127.0.0.1", "127.0.0.2"});
  const std::string url = outside.url("/feed", "rebinds.example");
  CHECK(fetcher.get(url).body == "x");
  const HttpResponse response = fetcher.get(url);
  CHECK(response.error == TransportError::blocked);
  CHECK(response.error_message.starts_with("127.0.0.2 (loopback) is refused"));
  CHECK(inside.connections() == 0);
  CHECK(name.lookups() == 2);  // one a poll: nothing is looked up to be judged beforehand
}

TEST_CASE("S2 a redirect to a name is judged by where it leads then", "[transport]") {
  WebServer outside("127.0.0.1"), inside("127.0.0.2", outside.port());
  outside.page("/a", {.status = 302,
                      .headers = {{"Location", outside.url("/b", "rebinds.example")},
                                  {"Connection", "close"}}});
  TransportOptions options = test_options();
  options.allow = {"127.0.0.1/32"};
  const tests::StubbedName name("rebinds.example", {"127.0.0.1", "127.0.0.2"});
  const HttpResponse response = Fetcher(options).get(outside.url("/a", "rebinds.example"));
  CHECK(response.error == TransportError::blocked);
  CHECK(inside.connections() == 0);
}

TEST_CASE("S4 a feed without leave cannot use the connection of one with", "[transport]") {
  WebServer server;
  server.page("/feed", {.body = "x"});
  TransportOptions options = test_options();
  options.allow.clear();
  Fetcher fetcher(options);
  HttpRequest request;
  request.url = server.url("/feed");
  request.allow = {"127.0.0.0/8"};
  request.keep_connection = true;
  CHECK(fetcher.get(request).body == "x");
  CHECK(fetcher.get(server.url("/feed")).error == TransportError::blocked);
  CHECK(fetcher.get(request).body == "x");
  CHECK(server.connections() == 2);
}

TEST_CASE("feeds of a host that is asked again soon use one connection, others end theirs",
          "[transport]") {
  WebServer server;
  server.page("/moved", {.status = 301, .headers = {{"Location", server.url("/feed")}}});
  Fetcher fetcher;
  HttpRequest request;
  request.url = server.url("/feed");
  request.keep_connection = true;
  for (int i = 0; i < 3; ++i) CHECK(fetcher.get(request).status == 404);
  CHECK(server.connections() == 1);

  request.keep_connection = false;
  CHECK(fetcher.get(request).status == 404);
  CHECK(server.connections() == 1);
  request.url = server.url("/moved");
  CHECK(fetcher.get(request).status == 404);
  CHECK(server.connections() == 2);  // for both hops
  CHECK(fetcher.get(request).status == 404);
  CHECK(server.connections() == 3);
}

TEST_CASE("S4 the proxies of the environment are ignored, the configured one is used",
          "[transport]") {
  WebServer origin, proxy;
  origin.page("/feed", {.body = "direct"});
  proxy.handle("http://feeds.example/feed",
               [](const tests::WebRequest&) { return WebResponse{.body = "by proxy"}; });
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  ::setenv("ALL_PROXY", proxy.url("").c_str(), 1);
  ::setenv("no_proxy", "feeds.example", 1);
  TransportOptions options = test_options();
  CHECK(Fetcher(options).get(origin.url("/feed")).body == "direct");
  options.proxy = proxy.url("");
  options.allow.clear();
  CHECK(Fetcher(options).get("http://feeds.example/feed").body == "by proxy");
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  ::unsetenv("no_proxy");
}

TEST_CASE("H-82 a certificate nobody vouches for is a tls error", "[transport][tls]") {
  const tests::TlsIdentity identity;
  WebServer server("127.0.0.1", 0, &identity);
  const HttpResponse response = Fetcher().get(server.url("/feed"));
  CHECK(response.error == TransportError::tls);
  CHECK(server.requests().empty());
}

TEST_CASE("H-09 a breach of HTTP/2 is told, and HTTP/1.1 is to be had without it",
          "[transport][tls]") {
  tests::TlsIdentity identity;
  identity.accept_http2();
  const tests::Script script = {
      tests::Send{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"},
      tests::Hang{}};
  tests::ScriptedServer server(std::vector<tests::Script>{script}, &identity);
  TransportOptions options = test_options();
  options.ca_file = identity.certificate_file();
  Fetcher fetcher(options);
  HttpRequest request;
  request.url = server.url();

  const HttpResponse broken = fetcher.get(request);
  CHECK(identity.offered_protocols() == "h2,http/1.1");
  CHECK(broken.error == TransportError::reset);
  CHECK(broken.broke_http2);
  CHECK(server.connections() == 1);

  request.http1 = true;
  const HttpResponse answered = fetcher.get(request);
  CHECK(identity.offered_protocols() == "http/1.1");
  CHECK(answered.body == "x");
  CHECK_FALSE(answered.broke_http2);

  request.http1 = false;
  CHECK(fetcher.get(request).broke_http2);  // nothing stays with the handle
}

TEST_CASE("H-09 H-82 over TLS HTTP/2 is offered, and the name is checked", "[transport][tls]") {
  const tests::TlsIdentity identity;
  WebServer server("127.0.0.1", 0, &identity), other("127.0.0.2", 0, &identity);
  server.page("/feed", {.body = "<rss/>"});
  TransportOptions options = test_options();
  options.ca_file = identity.certificate_file();
  Fetcher fetcher(options);
  CHECK(fetcher.get(server.url("/feed")).body == "<rss/>");
  CHECK(identity.offered_protocols() == "h2,http/1.1");
  CHECK(fetcher.get(other.url("/feed")).error == TransportError::tls);
}

TEST_CASE("S6 a redirect from https to http is refused, the other way is fine",
          "[transport][tls]") {
  const tests::TlsIdentity identity;
  WebServer secure("127.0.0.1", 0, &identity), plain;
  plain.page("/feed", {.body = "plain"});
  plain.page("/up", redirect(301, secure.url("/feed")));
  secure.page("/feed", {.body = "secure"});
  secure.page("/down", redirect(301, plain.url("/feed")));
  TransportOptions options = test_options();
  options.ca_file = identity.certificate_file();
  CHECK(Fetcher(options).get(plain.url("/up")).body == "secure");
  CHECK(Fetcher(options).get(secure.url("/down")).error == TransportError::bad_redirect);
  CHECK(plain.requests("/feed").empty());
}

TEST_CASE("a peer that speaks no TLS is a tls error", "[transport][tls]") {
  tests::ScriptedServer server({Send{"x"}});
  std::string url = server.url();
  url.replace(0, 4, "https");
  TransportOptions options = test_options();
  options.connect_timeout = std::chrono::milliseconds{300};
  const HttpResponse response = Fetcher(options).get(url);
  CHECK((response.error == TransportError::tls || response.error == TransportError::timeout));
}

}  // namespace feedwire::daemon
