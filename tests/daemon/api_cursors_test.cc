#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>

#include "tests/daemon/api_test_daemon.h"

namespace feedwire::daemon {
namespace {

using tests::ApiTestDaemon;
using tests::HttpAnswer;

const std::string kBackup = "/v1/cursors/backup";

}  // namespace

TEST_CASE("a cursor is made, read, moved and deleted", "[api]") {
  ApiTestDaemon daemon;
  CHECK(daemon.get("/v1/cursors").body == R"({"cursors":[]})");
  CHECK(daemon.get(kBackup).status == 404);

  const HttpAnswer made = daemon.request("PUT", kBackup, R"({"acked":"41","hold":true})");
  CHECK(made.status == 200);
  CHECK(made.body == R"({"name":"backup","acked":"00000000000000000041","hold":true,)"
                     R"("updated":"2025-11-21T22:35:01.000000Z"})");
  CHECK(daemon.get(kBackup).body == made.body);
  CHECK(daemon.get("/v1/cursors").body == fmt::format(R"({{"cursors":[{}]}})", made.body));

  const HttpAnswer moved = daemon.request("PUT", kBackup, R"({"acked":"00000000000000000052"})");
  CHECK(moved.body.find(R"("acked":"00000000000000000052","hold":true)") != std::string::npos);

  CHECK(daemon.request("DELETE", kBackup).status == 204);
  CHECK(daemon.request("DELETE", kBackup).status == 404);
}

TEST_CASE("a cursor goes back only by force", "[api]") {
  ApiTestDaemon daemon;
  REQUIRE(daemon.request("PUT", kBackup, R"({"acked":"41"})").status == 200);

  CHECK(daemon.request("PUT", kBackup, R"({"acked":"41"})").status == 200);
  const HttpAnswer refused = daemon.request("PUT", kBackup, R"({"acked":"40","force":false})");
  CHECK(refused.status == 409);
  CHECK(refused.body.find("the cursor is at 00000000000000000041 already") != std::string::npos);
  CHECK(daemon.request("PUT", kBackup, R"({"acked":"0","force":true})").status == 200);
  CHECK(daemon.get(kBackup).body.find(R"("acked":"00000000000000000000")") != std::string::npos);
}

TEST_CASE("whether a cursor goes back is decided where it is written", "[api]") {
  ApiTestDaemon daemon;
  daemon.backend.at_once = false;
  daemon.server();
  tests::ApiClient ahead(daemon.socket_path()), behind(daemon.socket_path());
  // Both are asked for before either is done.
  ahead.send(tests::http_request("PUT", kBackup, R"({"acked":"9"})"));
  daemon.backend.await_work();
  behind.send(tests::http_request("PUT", kBackup, R"({"acked":"8"})"));
  for (std::size_t tasks = 0; tasks < 2;) {
    const std::lock_guard lock(daemon.backend.mutex);
    tasks = daemon.backend.waiting_tasks.size();
  }

  {
    const std::lock_guard lock(daemon.backend.mutex);
    for (const StoreTask& task : daemon.backend.waiting_tasks) CHECK(task(daemon.backend.memory));
    daemon.backend.waiting_tasks.clear();
  }

  CHECK(ahead.read_answer().status == 200);
  CHECK(behind.read_answer().status == 409);
}

TEST_CASE("CO-4 a cursor is put beyond the log's end by force alone", "[api]") {
  ApiTestDaemon daemon;
  CHECK(daemon.request("PUT", kBackup, R"({"acked":"100"})").status == 200);
  const HttpAnswer refused = daemon.request("PUT", kBackup, R"({"acked":"101"})");
  CHECK(refused.status == 409);
  CHECK(refused.body.find("the log ends at 00000000000000000100; was a backup restored?") !=
        std::string::npos);
  CHECK(daemon.request("PUT", kBackup, R"({"acked":"18446744073709551615","force":true})").status ==
        200);
}

TEST_CASE("S19 the name of a cursor is never anything like a path", "[api]") {
  ApiTestDaemon daemon;
  for (const std::string name : {"a", "0", "a.b", "a-b_c", "a..b",
                                 "a1234567890123456789012345678901234567890123456789012345"
                                 "67890123"}) {
    INFO(name);
    CHECK(daemon.request("PUT", "/v1/cursors/" + name, R"({"acked":"1"})").status == 200);
  }
  for (const std::string name :
       {"..",
        ".",
        ".hidden",
        "-x",
        "_x",
        "A",
        "aB",
        "a%2Fb",
        "..%2F..%2Fetc%2Fpasswd",
        "%2e%2e",
        "a%00",
        "a%00.b",
        "%00",
        "a%0ab",
        "a%20b",
        "a+b",
        "a%",
        "a%4",
        "a%zz",
        "a%c3%a9",
        "a%ff",
        "a12345678901234567890123456789012345678901234567890123456789012345"}) {
    INFO(name);
    CHECK(daemon.request("PUT", "/v1/cursors/" + name, R"({"acked":"1"})").status == 400);
    CHECK(daemon.request("DELETE", "/v1/cursors/" + name).status == 400);
    CHECK(daemon.get("/v1/cursors/" + name).status == 400);
  }
  CHECK(daemon.backend.memory.stored_cursors.size() == 6);
}

TEST_CASE("S20 the body of a cursor is JSON of the right types and nothing else", "[api]") {
  ApiTestDaemon daemon;
  for (const std::string body :
       {"", "{", "acked", R"({"acked":"1"}x)", R"({"acked":"1",})", R"({'acked':'1'})",
        "{\"acked\":\"\xff\"}", R"({"acked":"\ud800"})", R"({"acked":"1"} // comment)"}) {
    INFO(body);
    CHECK(daemon.request("PUT", kBackup, body).status == 400);
  }
  for (const std::string body : {"null",
                                 "[]",
                                 "\"1\"",
                                 "41",
                                 "{}",
                                 R"({"hold":true})",
                                 R"({"acked":41})",
                                 R"({"acked":null})",
                                 R"({"acked":["1"]})",
                                 R"({"acked":""})",
                                 R"({"acked":"-1"})",
                                 R"({"acked":"+1"})",
                                 R"({"acked":"1.0"})",
                                 R"({"acked":" 1"})",
                                 R"({"acked":"0x1"})",
                                 R"({"acked":"1\u0000"})",
                                 R"({"acked":"000000000000000000001"})",
                                 R"({"acked":"18446744073709551616"})",
                                 R"({"acked":"1","hold":"true"})",
                                 R"({"acked":"1","hold":1})",
                                 R"({"acked":"1","hold":null})",
                                 R"({"acked":"1","force":0})",
                                 R"({"acked":"1","acked":"2"})",
                                 R"({"acked":"1","colour":"red"})",
                                 R"({"acked":"1","Hold":true})"}) {
    INFO(body);
    CHECK(daemon.request("PUT", kBackup, body).status == 422);
  }
  CHECK(daemon.backend.memory.stored_cursors.empty());
}

TEST_CASE("S20 deeply nested JSON costs no stack", "[api]") {
  ApiTestDaemon daemon;
  CHECK(daemon.request("PUT", kBackup, std::string(1 << 20, '[')).status == 400);
  CHECK(daemon
            .request("PUT", kBackup,
                     R"({"acked":)" + std::string(500'000, '[') + std::string(500'000, ']') + "}")
            .status == 422);
}

TEST_CASE("a store that takes no more work is a 503", "[api]") {
  ApiTestDaemon daemon;
  daemon.backend.takes_work = false;

  CHECK(daemon.request("PUT", kBackup, R"({"acked":"1"})").status == 503);
  CHECK(daemon.request("DELETE", kBackup).status == 503);
  CHECK(daemon.request("POST", "/v1/reload").status == 503);
}

}  // namespace feedwire::daemon
