// The API at a TCP address: for who has the token (security S20).

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/tcp_guard.h"
#include "tests/daemon/api_test_daemon.h"

namespace feedwire::daemon {
namespace {

namespace fs = std::filesystem;
using tests::ApiClient;
using tests::ApiTestDaemon;
using tests::HttpAnswer;

constexpr std::string_view kToken = "correct-horse-battery-staple";

UniqueFd connect_to(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

/// A daemon that listens at a port of its own.
struct TcpDaemon : ApiTestDaemon {
  TcpDaemon() {
    dir.write("token", fmt::format("  {}\n", kToken));
    fs::permissions(dir.path() / "token", fs::perms(0600));
    options.listen = "127.0.0.1:0";
    options.token_file = dir.path() / "token";
  }

  HttpAnswer ask(std::string_view head, std::string_view fields) {
    ApiClient client(connect_to(server().port()));
    client.send(fmt::format("{} HTTP/1.1\r\nConnection: close\r\n{}\r\n", head, fields));
    return client.read_answer();
  }
  std::string bearer(std::string_view token) const {
    return fmt::format("Host: 127.0.0.1\r\nAuthorization: Bearer {}\r\n", token);
  }

  tests::TempDir dir;
};

Result<TcpGuard> guard_of(const std::string& text, fs::perms mode = fs::perms(0600)) {
  const tests::TempDir dir;
  dir.write("token", text);
  fs::permissions(dir.path() / "token", mode);
  return TcpGuard::open(dir.path() / "token");
}

}  // namespace

TEST_CASE("S20 over TCP who has the token may read and change", "[api]") {
  TcpDaemon daemon;
  CHECK(daemon.ask("GET /v1/status", daemon.bearer(kToken)).status == 200);
  CHECK(daemon.ask("POST /v1/reload", daemon.bearer(kToken)).body ==
        R"({"feeds":3,"needs_restart":false})");
  CHECK(daemon.ask("GET /livez", daemon.bearer(kToken)).status == 200);
  CHECK(daemon.ask("GET /nothing", daemon.bearer(kToken)).status == 404);
  CHECK(daemon.get("/v1/status").status == 200);  // the socket is there as before
}

TEST_CASE("S20 over TCP nothing is told without the token", "[api]") {
  TcpDaemon daemon;
  for (const char* const head : {"GET /v1/status", "GET /livez", "GET /metrics", "GET /nothing",
                                 "POST /v1/reload", "DELETE /v1/feeds/x", "BREW /"}) {
    INFO(head);
    const HttpAnswer answer = daemon.ask(head, "Host: localhost\r\n");
    CHECK(answer.status == 401);
    CHECK(answer.has_header("WWW-Authenticate: Bearer realm=\"feedwire\""));
    CHECK(answer.body.find("Authorization: Bearer TOKEN") != std::string::npos);
  }
  const std::string token(kToken);
  for (const std::string& wrong : {token.substr(1), token + "x", std::string("x"), std::string()})
    CHECK(daemon.ask("GET /v1/status", daemon.bearer(wrong)).status == 401);
  CHECK(
      daemon.ask("GET /v1/status", "Host: localhost\r\nAuthorization: " + token + "\r\n").status ==
      401);
  CHECK(daemon.ask("GET /v1/status", "Host: localhost\r\nAuthorization: Basic " + token + "\r\n")
            .status == 401);
}

TEST_CASE("S20 over TCP a name of somebody else's is not answered", "[api]") {
  TcpDaemon daemon;
  const std::string token = fmt::format("Authorization: Bearer {}\r\n", kToken);
  CHECK(daemon.ask("GET /v1/status", token + "Host: rebound.example\r\n").status == 421);
  CHECK(daemon.ask("GET /v1/status", "Host: rebound.example\r\n").status == 421);
  CHECK(daemon.ask("GET /v1/status", token + "Host: localhost:8080\r\n").status == 200);
}

TEST_CASE("S20 over TCP the page alone needs no token", "[api]") {
  TcpDaemon daemon;
  CHECK(daemon.ask("GET /", "Host: localhost\r\n").body.starts_with("<!doctype html>"));
  CHECK(daemon.ask("HEAD /", "Host: 127.0.0.1:8080\r\n").status == 200);
  CHECK(daemon.ask("GET /", "Host: rebound.example\r\n").status == 421);
  for (const char* const head : {"POST /", "GET //", "GET /index.html", "GET /v1/overview"})
    CHECK(daemon.ask(head, "Host: localhost\r\n").status == 401);
  // A page behind a proxy has another Origin than Host; the token tells who it is.
  CHECK(daemon.ask("GET /v1/status", daemon.bearer(kToken) + "Origin: https://feeds.example\r\n")
            .status == 200);
}

TEST_CASE("S20 strangers over TCP take no places of the socket's clients", "[api]") {
  TcpDaemon daemon;
  daemon.options.streams.max_streams = 1;
  const std::uint16_t port = daemon.server().port();
  std::vector<UniqueFd> strangers;
  for (unsigned i = 0; i < kMaxApiConnections + 8; ++i) strangers.push_back(connect_to(port));
  CHECK(daemon.get("/livez").status == 200);
}

TEST_CASE("a token is asked for in a file that is none of everybody's business", "[api]") {
  const std::string token(kToken);
  CHECK(guard_of(token + "\n"));
  CHECK(guard_of(std::string(kMinTokenBytes, 'x')));
  CHECK(guard_of(std::string(kMaxTokenBytes, 'x'), fs::perms(0640)));
  CHECK(guard_of(token, fs::perms(0644)).error().code == ErrorCode::permission);
  CHECK(guard_of(token, fs::perms(0602)).error().code == ErrorCode::permission);
  for (const std::string& bad :
       {std::string(), std::string(kMinTokenBytes - 1, 'x'), std::string(kMaxTokenBytes + 1, 'x'),
        token + " " + token, token + "\x7f", token + "\xc3\xa9"}) {
    const Result<TcpGuard> guard = guard_of(bad);
    REQUIRE_FALSE(guard);
    CHECK(guard.error().code == ErrorCode::invalid_argument);
    CHECK(guard.error().message.find("openssl rand -hex 32") != std::string::npos);
    if (!bad.empty()) CHECK(guard.error().message.find(bad) == std::string::npos);
  }
  const Result<TcpGuard> absent = TcpGuard::open("/nowhere/token");
  CHECK(absent.error().code == ErrorCode::not_found);
  CHECK(absent.error().message.find("/nowhere/token") != std::string::npos);
}

TEST_CASE("S20 addresses and names of this machine are hosts of its API", "[api]") {
  const TcpGuard guard = guard_of(std::string(kToken)).value();
  for (const char* const host : {"127.0.0.1", "127.0.0.1:8080", "192.0.2.1:80", "[::1]",
                                 "[::1]:8080", "LocalHost", "localhost:1", "feeds.localhost:1"})
    CHECK_FALSE(guard.refuse_host(host));
  for (const char* const host :
       {"", ":8080", "rebound.example", "localhost.example", "xlocalhost", "127.0.0.1.example",
        "127.0.0.1@rebound.example", "[::1", "[]", "["})
    CHECK(guard.refuse_host(host).value_or(ApiReply{}).status == 421);
  std::array<char, 256> name{};
  REQUIRE(::gethostname(name.data(), name.size() - 1) == 0);
  CHECK_FALSE(guard.refuse_host(name.data()));
}

TEST_CASE("a TCP address that cannot be had is an error that names the key", "[api]") {
  TcpDaemon first, second;
  second.options.listen = fmt::format("127.0.0.1:{}", first.server().port());
  const auto started = [](TcpDaemon& daemon) {
    return ApiServer::start(daemon.dir.path() / "socket", access_policy(), daemon.options,
                            daemon.backend, SystemClock())
        .error()
        .message;
  };
  CHECK(started(second) ==
        "api.listen: " + second.options.listen + ": somebody else listens there");
  fs::permissions(second.options.token_file, fs::perms(0644));
  CHECK(started(second) == "api.token_file: " + second.options.token_file.native() +
                               ": everybody may open it; chmod 640 or less");
}

}  // namespace feedwire::daemon
