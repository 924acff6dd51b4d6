#include "daemon/unix_listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "tests/support/temp_dir.h"

namespace feedwire::daemon {
namespace {

/// What a daemon that was killed leaves behind.
void leave_socket(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

}  // namespace

TEST_CASE("everybody gets to the socket, whatever the umask", "[listener]") {
  const tests::TempDir dir;
  const mode_t before = ::umask(0077);
  const Result<UnixListener> listener = UnixListener::open(dir.path() / "run" / "feedwire.sock");
  ::umask(before);

  REQUIRE(listener);
  CHECK(mode_of(dir.path() / "run") == 0755);
  CHECK(mode_of(dir.path() / "run" / "feedwire.sock") == 0666);
}

TEST_CASE("the socket of a daemon that was killed is replaced", "[listener]") {
  const tests::TempDir dir;
  leave_socket(dir.path() / "feedwire.sock");

  CHECK(UnixListener::open(dir.path() / "feedwire.sock"));
}

TEST_CASE("the socket of a daemon that lives is not", "[listener]") {
  const tests::TempDir dir;
  const Result<UnixListener> first = UnixListener::open(dir.path() / "feedwire.sock");
  REQUIRE(first);

  const Result<UnixListener> second = UnixListener::open(dir.path() / "feedwire.sock");

  CHECK(second.error().code == ErrorCode::busy);
  CHECK(second.error().message ==
        (dir.path() / "feedwire.sock").native() +
            ": another process listens there; stop it or set runtime_dir");
}

TEST_CASE("a file that is no socket stays", "[listener]") {
  const tests::TempDir dir;
  dir.write("feedwire.sock", "precious");

  CHECK(UnixListener::open(dir.path() / "feedwire.sock").error().code == ErrorCode::busy);
  CHECK(dir.read("feedwire.sock") == "precious");
}

TEST_CASE("the file goes with the listener, but another's file does not", "[listener]") {
  const tests::TempDir dir;
  const std::filesystem::path path = dir.path() / "feedwire.sock";
  { CHECK(UnixListener::open(path)); }
  CHECK_FALSE(std::filesystem::exists(path));

  {
    const Result<UnixListener> listener = UnixListener::open(path);
    std::filesystem::rename(path, dir.path() / "kept");  // keeps the inode number taken
    leave_socket(path);
  }
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("a path too long for a socket is refused with what to do", "[listener]") {
  const std::string path = "/run/" + std::string(120, 'x') + "/feedwire.sock";

  const Error error = UnixListener::open(path).error();

  CHECK(error.code == ErrorCode::invalid_argument);
  CHECK(error.message ==
        path + ": a socket's path has at most 107 bytes, this one 139; set a shorter runtime_dir");
}

}  // namespace feedwire::daemon
