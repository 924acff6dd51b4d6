#include "daemon/api_server.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/daemon/api_test_daemon.h"

namespace feedwire::daemon {
namespace {

using namespace std::string_view_literals;
using tests::ApiClient;
using tests::ApiTestDaemon;
using tests::HttpAnswer;

HttpAnswer send_raw(ApiTestDaemon& daemon, const std::string& bytes) {
  daemon.server();
  ApiClient client(daemon.socket_path());
  client.send(bytes);
  client.finish();
  return client.read_answer();
}

}  // namespace

TEST_CASE("anybody may connect to the socket's file", "[api]") {
  ApiTestDaemon daemon;
  daemon.server();
  struct stat status {};

  REQUIRE(::stat(daemon.socket_path().c_str(), &status) == 0);

  CHECK(S_ISSOCK(status.st_mode));
  CHECK((status.st_mode & 0777) == 0666);
}

TEST_CASE("a slow reload does not keep others waiting", "[api]") {
  ApiTestDaemon daemon;
  daemon.backend.at_once = false;
  daemon.server();
  ApiClient client(daemon.socket_path());
  client.send(tests::http_request("POST", "/v1/reload"));
  daemon.backend.await_work();

  CHECK(daemon.get("/livez").status == 200);

  {
    const std::lock_guard lock(daemon.backend.mutex);
    daemon.backend.waiting_reloads.at(0)({.feeds = 5, .mistakes = {}});
  }
  CHECK(client.read_answer().body == R"({"feeds":5,"needs_restart":false})");
}

TEST_CASE("a request whose callback is dropped is answered with 503", "[api]") {
  ApiTestDaemon daemon;
  daemon.backend.at_once = false;
  daemon.server();
  ApiClient client(daemon.socket_path());
  client.send(tests::http_request("POST", "/v1/reload"));
  daemon.backend.await_work();

  {
    const std::lock_guard lock(daemon.backend.mutex);
    daemon.backend.waiting_reloads.clear();
  }

  CHECK(client.read_answer().status == 503);
}

TEST_CASE("a stop answers whoever waits and ignores what comes later", "[api]") {
  ApiTestDaemon daemon;
  daemon.backend.at_once = false;
  daemon.server();
  ApiClient reloader(daemon.socket_path()), acker(daemon.socket_path()), idle(daemon.socket_path());
  reloader.send(tests::http_request("POST", "/v1/reload"));
  acker.send(tests::http_request("PUT", "/v1/cursors/a", R"({"acked":"1"})"));
  for (bool both = false; !both;) {
    const std::lock_guard lock(daemon.backend.mutex);
    both = daemon.backend.waiting_reloads.size() == 1 && daemon.backend.waiting_tasks.size() == 1;
  }

  daemon.server().stop();

  CHECK(reloader.read_answer().status == 503);
  CHECK(acker.read_answer().status == 503);
  CHECK(idle.read_answer().status == 0);
  daemon.backend.waiting_reloads.at(0)({.feeds = 5, .mistakes = {}});
  CHECK(daemon.backend.waiting_tasks.at(0)(daemon.backend.memory));
  struct stat status {};
  CHECK(::stat(daemon.socket_path().c_str(), &status) == -1);
}

TEST_CASE("a client that hangs up while it waits does no harm", "[api]") {
  ApiTestDaemon daemon;
  daemon.backend.at_once = false;
  daemon.server();
  {
    ApiClient client(daemon.socket_path());
    client.send(tests::http_request("POST", "/v1/reload"));
    daemon.backend.await_work();
  }
  {
    const std::lock_guard lock(daemon.backend.mutex);
    daemon.backend.waiting_reloads.at(0)({.feeds = 5, .mistakes = {}});
  }
  CHECK(daemon.get("/livez").status == 200);
}

TEST_CASE("one connection carries several requests", "[api]") {
  ApiTestDaemon daemon;
  daemon.server();
  ApiClient client(daemon.socket_path());
  const std::string put = R"({"acked":"7"})";
  client.send(fmt::format("PUT /v1/cursors/a HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}",
                          put.size(), put));
  client.send(tests::http_request("GET", "/v1/cursors/a"));

  const std::string answers = client.read_answer().body;

  CHECK(answers.find("HTTP/1.1 200 OK") != std::string::npos);
  CHECK(answers.ends_with(R"("updated":"2025-11-21T22:35:01.000000Z"})"));
}

TEST_CASE("S20 a header of more than 16 KiB is refused", "[api]") {
  ApiTestDaemon daemon;
  const auto with_header = [](std::size_t size) {
    return fmt::format("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: {}\r\n\r\n",
                       std::string(size, 'x'));
  };
  CHECK(send_raw(daemon, with_header(kMaxApiHeaderBytes - 200)).status == 200);
  CHECK(send_raw(daemon, with_header(kMaxApiHeaderBytes)).status == 431);
  CHECK(send_raw(daemon, with_header(1 << 20)).status == 431);
  CHECK(send_raw(daemon, "GET /" + std::string(1 << 20, 'x')).status >= 400);
  CHECK(daemon.get("/livez").status == 200);
}

TEST_CASE("S20 a body of more than 1 MiB is refused", "[api]") {
  ApiTestDaemon daemon;
  const std::string head = "PUT /v1/cursors/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
  const auto announced = [&](std::string_view length) {
    return send_raw(daemon, fmt::format("{}Content-Length: {}\r\n\r\n", head, length)).status;
  };
  CHECK(announced("1048577") == 413);
  CHECK(announced("18446744073709551614") == 413);
  CHECK(announced("99999999999999999999999") >= 400);
  CHECK(announced("-1") >= 400);

  std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 200; ++i) chunked += "4000\r\n" + std::string(0x4000, ' ') + "\r\n";
  // Cut off in the middle: refused or hung up on, but never taken.
  CHECK(send_raw(daemon, chunked + "0\r\n\r\n").status != 200);
  CHECK(daemon.backend.memory.stored_cursors.empty());
  CHECK(daemon.get("/livez").status == 200);
}

TEST_CASE("a chunked body is put together", "[api]") {
  ApiTestDaemon daemon;
  CHECK(send_raw(daemon,
                 "PUT /v1/cursors/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n"
                 "8\r\n{\"acked\"\r\n5\r\n:\"7\"}\r\n0\r\n\r\n")
            .status == 200);
}

TEST_CASE("S20 broken HTTP ends a connection, not the daemon", "[api]") {
  ApiTestDaemon daemon;
  for (const std::string& bytes :
       {std::string(), std::string("GET\r\n\r\n"),
        std::string("GET /v1/cursors/a\0b HTTP/1.1\r\nHost: x\r\n\r\n", 41),
        std::string("GET /livez HTTP/9.9\r\nHost: x\r\n\r\n"),
        std::string("GET http://[::1 HTTP/1.1\r\n\r\n"),
        std::string(
            "POST /v1/reload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        std::string("PUT /v1/cursors/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        std::string(100'000, '\xff')}) {
    INFO(bytes.substr(0, 60));
    CHECK(send_raw(daemon, bytes).status != 200);
  }
  CHECK(daemon.get("/livez").status == 200);
  CHECK(daemon.backend.memory.stored_cursors.empty());
}

TEST_CASE("a request that is cut off in the middle is never carried out", "[api]") {
  ApiTestDaemon daemon;
  daemon.server();
  for (const std::string_view bytes :
       {"GET /live"sv, "GET /livez HTTP/1.1\r\n"sv, "POST /v1/reload HTTP/1.1\r\nHost: x\r\n"sv,
        "PUT /v1/cursors/a HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{\"acked\":\"1\"}"sv}) {
    ApiClient client(daemon.socket_path());
    client.send(bytes);
  }
  CHECK(daemon.get("/livez").status == 200);
  CHECK(daemon.backend.memory.stored_cursors.empty());
}

TEST_CASE("S20 more connections than places wait for one", "[api]") {
  ApiTestDaemon daemon;
  daemon.options.streams.max_streams = 2;  // which have places of their own
  daemon.server();
  std::vector<ApiClient> clients;
  for (unsigned i = 0; i < kMaxApiConnections + 20; ++i) clients.emplace_back(daemon.socket_path());

  // Oldest first: those are the ones with a place.
  for (ApiClient& client : clients) {
    client.send(tests::http_request("GET", "/livez"));
    CHECK(client.read_answer().status == 200);
  }
}

TEST_CASE("a snapshot is sent as it is made, and cut where it breaks", "[api]") {
  ApiTestDaemon daemon;
  daemon.backend.memory.snapshot_pieces = {"{\"head\":1}\n", std::string(200'000, 'x') + "\n"};

  const HttpAnswer whole = daemon.get("/v1/snapshot");
  CHECK(whole.status == 200);
  CHECK(whole.has_header("Content-Type: application/x-ndjson"));
  CHECK(whole.has_header("Transfer-Encoding: chunked"));
  CHECK(whole.body.ends_with("0\r\n\r\n"));  // the last chunk
  CHECK(std::count(whole.body.begin(), whole.body.end(), 'x') == 200'000);

  {
    const std::lock_guard lock(daemon.backend.mutex);
    daemon.backend.memory.snapshot_breaks = true;
  }
  const HttpAnswer cut = daemon.get("/v1/snapshot");
  CHECK(cut.status == 200);
  CHECK_FALSE(cut.body.ends_with("0\r\n\r\n"));
}

}  // namespace feedwire::daemon
