#include "daemon/peer_credentials.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "daemon/api_server.h"
#include "tests/daemon/api_test_daemon.h"

namespace feedwire::daemon {
namespace {

using tests::ApiClient;
using tests::ApiTestDaemon;

constexpr uid_t kOtherUser = 4'000'000'000;  // nobody's: the tests run as somebody else
constexpr uid_t kNobody = 65534;
const AccessPolicy kPolicy{.own_uid = 900, .readers = 901, .admins = 902};

/// The group that client_of_group() connects with.
gid_t client_group() { return ::geteuid() == 0 ? 60'001 : ::getegid(); }

/// A connection by a user that is neither root nor kOtherUser.
ApiClient stranger(const ApiTestDaemon& daemon) {
  if (::geteuid() != 0) return ApiClient(daemon.socket_path());
  std::optional<ApiClient> client;
  // System calls without glibc's wrappers change the user of one thread only.
  std::thread([&] {
    const bool changed = ::syscall(SYS_setgroups, 0, nullptr) == 0 &&
                         ::syscall(SYS_setresgid, client_group(), client_group(), -1) == 0 &&
                         ::syscall(SYS_setresuid, kNobody, kNobody, -1) == 0;
    if (changed) client.emplace(daemon.socket_path());
  }).join();
  return std::move(client).value();
}

int status_of(ApiTestDaemon& daemon, std::string_view method, std::string_view target,
              std::string_view body = {}) {
  daemon.server();
  ApiClient client = stranger(daemon);
  client.send(tests::http_request(method, target, body));
  return client.read_answer().status;
}

}  // namespace

TEST_CASE("S21 root, the daemon's user and the admins change, readers read", "[api]") {
  CHECK(access_of({.uid = 0, .groups = {0}}, kPolicy) == Access::change);
  CHECK(access_of({.uid = 900, .groups = {}}, kPolicy) == Access::change);
  CHECK(access_of({.uid = 1000, .groups = {1000, 902}}, kPolicy) == Access::change);
  CHECK(access_of({.uid = 1000, .groups = {902, 901}}, kPolicy) == Access::change);
  CHECK(access_of({.uid = 1000, .groups = {901}}, kPolicy) == Access::read);
  CHECK(access_of({.uid = 1000, .groups = {1000, 27}}, kPolicy) == Access::none);
  CHECK(access_of({.uid = 1000, .groups = {}}, kPolicy) == Access::none);
  CHECK(access_of({.uid = 1000, .groups = {0, 900}}, kPolicy) == Access::none);
}

TEST_CASE("S21 where the groups do not exist nobody is in them", "[api]") {
  const AccessPolicy no_groups{.own_uid = 900, .readers = {}, .admins = {}};
  CHECK(access_of({.uid = 1000, .groups = {0, 901, 902, 0xffffffff}}, no_groups) == Access::none);
}

TEST_CASE("the kernel says who is at the other end", "[api]") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd one(ends[0]), other(ends[1]);
  std::vector<gid_t> groups(static_cast<std::size_t>(::getgroups(0, nullptr)));
  REQUIRE(::getgroups(static_cast<int>(groups.size()), groups.data()) >= 0);
  groups.push_back(::getegid());

  const Peer peer = peer_of(one.get()).value();

  CHECK(peer.uid == ::geteuid());
  CHECK(peer.groups == groups);
  CHECK_FALSE(peer_of(-1));
}

TEST_CASE("a peer with very many groups is known in all of them", "[api]") {
  if (::geteuid() != 0) return;  // only root may join groups
  std::array<int, 2> ends{};
  std::thread([&] {
    std::vector<gid_t> groups(1000);
    for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = static_cast<gid_t>(70'000 + i);
    if (::syscall(SYS_setgroups, groups.size(), groups.data()) == 0)
      static_cast<void>(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()));
  }).join();
  REQUIRE(ends[0] > 0);
  const UniqueFd one(ends[0]), other(ends[1]);

  const Peer peer = peer_of(one.get()).value();

  CHECK(peer.groups.size() == 1001);
  CHECK(access_of({.uid = 1, .groups = peer.groups},
                  {.own_uid = 900, .readers = 70'999, .admins = {}}) == Access::read);
}

TEST_CASE("S21 strangers are told 403 whatever they ask for", "[api]") {
  ApiTestDaemon daemon({.own_uid = kOtherUser, .readers = {}, .admins = {}});
  CHECK(status_of(daemon, "GET", "/livez") == 403);
  CHECK(status_of(daemon, "GET", "/v1/cursors") == 403);
  CHECK(status_of(daemon, "POST", "/v1/reload") == 403);
  CHECK(status_of(daemon, "GET", "/no/such/path") == 403);
}

TEST_CASE("S21 readers read and change nothing", "[api]") {
  ApiTestDaemon daemon({.own_uid = kOtherUser, .readers = client_group(), .admins = {}});
  CHECK(status_of(daemon, "GET", "/v1/cursors") == 200);
  CHECK(status_of(daemon, "GET", "/livez") == 200);
  CHECK(status_of(daemon, "POST", "/v1/reload") == 403);
  CHECK(status_of(daemon, "PUT", "/v1/cursors/a", R"({"acked":"1"})") == 403);
  CHECK(status_of(daemon, "DELETE", "/v1/cursors/a") == 403);
  CHECK(daemon.backend.memory.stored_cursors.empty());
}

TEST_CASE("S21 admins and the daemon's own user change things", "[api]") {
  ApiTestDaemon by_group({.own_uid = kOtherUser, .readers = {}, .admins = client_group()});
  CHECK(status_of(by_group, "PUT", "/v1/cursors/a", R"({"acked":"1"})") == 200);

  const uid_t client = ::geteuid() == 0 ? kNobody : ::geteuid();
  ApiTestDaemon by_user({.own_uid = client, .readers = {}, .admins = {}});
  CHECK(status_of(by_user, "PUT", "/v1/cursors/a", R"({"acked":"1"})") == 200);
}

TEST_CASE("S21 strangers cannot take the places of the others", "[api]") {
  if (::geteuid() != 0) return;  // the same user cannot be stranger and friend at once
  ApiTestDaemon daemon({.own_uid = kOtherUser, .readers = {}, .admins = {}});
  daemon.server();
  std::vector<ApiClient> strangers;
  for (unsigned i = 0; i < 2 * kMaxApiConnections; ++i) strangers.push_back(stranger(daemon));

  CHECK(daemon.get("/livez").status == 200);

  CHECK(strangers.back().read_answer().status == 0);
  strangers.clear();
  CHECK(daemon.get("/livez").status == 200);
}

}  // namespace feedwire::daemon
