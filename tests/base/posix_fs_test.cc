#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "base/fs.h"
#include "tests/support/temp_dir.h"

namespace feedwire {

TEST_CASE("a file is written at offsets, read back and cut", "[fs]") {
  const tests::TempDir dir;
  PosixFs fs;
  const auto file = std::move(fs.create(dir.path() / "a", 0640)).value();
  REQUIRE(file->write_at(2, "cd"));
  REQUIRE(file->write_at(0, "ab"));
  CHECK(file->read_at(1, 100).value() == "bcd");
  CHECK(file->size().value() == 4);
  REQUIRE(file->truncate(1));
  REQUIRE(file->sync());
  CHECK(dir.read("a") == "a");
}

TEST_CASE("a sync that fails says so", "[fs]") {
  PosixFs fs;
  const auto device = std::move(fs.open("/dev/null", true)).value();  // it has nothing to sync
  CHECK(device->sync().error().code == ErrorCode::io);
}

TEST_CASE("create refuses what is there, open what is not; neither follows a link", "[fs]") {
  const tests::TempDir dir;
  PosixFs fs;
  dir.write("a", "x");
  CHECK(fs.create(dir.path() / "a", 0640).error().code == ErrorCode::io);
  CHECK(fs.open(dir.path() / "b", true).error().code == ErrorCode::not_found);
  REQUIRE(fs.symlink("a", dir.path() / "link"));
  CHECK(fs.open(dir.path() / "link", false).error().code == ErrorCode::io);
}

TEST_CASE("allocated bytes take room although nothing was written", "[fs]") {
  const tests::TempDir dir;
  PosixFs fs;
  const auto file = std::move(fs.create(dir.path() / "a", 0640)).value();
  REQUIRE(file->allocate(1 << 20));
  struct stat status {};
  REQUIRE(::stat((dir.path() / "a").c_str(), &status) == 0);
  CHECK(status.st_size == 1 << 20);
  CHECK(status.st_blocks * 512 >= 1 << 20);
  const DiskSpace space = fs.space(dir.path()).value();
  CHECK(space.free_bytes <= space.total_bytes);
  CHECK_FALSE(file->allocate(std::uint64_t{1} << 62));
}

TEST_CASE("a file is known by its id, whatever its name; a link is not followed", "[fs]") {
  const tests::TempDir dir;
  PosixFs fs;
  const auto file = std::move(fs.create(dir.path() / "a", 0640)).value();
  CHECK(fs.id(dir.path() / "a").value() == file->id().value());
  REQUIRE(fs.symlink("a", dir.path() / "b"));
  CHECK_FALSE(fs.id(dir.path() / "b").value() == file->id().value());
  REQUIRE(fs.rename(dir.path() / "a", dir.path() / "b"));
  CHECK(fs.id(dir.path() / "b").value() == file->id().value());
  CHECK(fs.id(dir.path() / "a").error().code == ErrorCode::not_found);
}

TEST_CASE("a symlink is replaced in one step", "[fs]") {
  const tests::TempDir dir;
  PosixFs fs;
  REQUIRE(fs.symlink("one", dir.path() / "current"));
  REQUIRE(fs.symlink("two", dir.path() / "current"));
  CHECK(std::filesystem::read_symlink(dir.path() / "current") == "two");
  CHECK(fs.list(dir.path()).value() == std::vector<std::string>{"current"});
}

TEST_CASE("folders are made with their parents, and again", "[fs]") {
  const tests::TempDir dir;
  PosixFs fs;
  REQUIRE(fs.make_dirs(dir.path() / "x" / "y", 0750));
  REQUIRE(fs.make_dirs(dir.path() / "x" / "y", 0750));
  dir.write("file", "");
  CHECK_FALSE(fs.make_dirs(dir.path() / "file", 0750));
  CHECK(fs.list(dir.path() / "none").error().code == ErrorCode::not_found);
}

TEST_CASE("a folder has its mode whatever the umask is", "[fs]") {
  const tests::TempDir dir;
  PosixFs fs;
  const mode_t before = ::umask(0077);
  const Result<void> made = fs.make_dirs(dir.path() / "x" / "y", 0750);
  ::umask(before);

  REQUIRE(made);
  for (const char* const name : {"x", "x/y"})
    CHECK(std::filesystem::status(dir.path() / name).permissions() == std::filesystem::perms{0750});
}

TEST_CASE("read_file has a limit and says which file", "[fs]") {
  const tests::TempDir dir;
  dir.write("a", std::string(100, 'x'));
  CHECK(read_file(dir.path() / "a", 100).value().size() == 100);
  const Error error = read_file(dir.path() / "a", 99).error();
  CHECK(error.code == ErrorCode::too_large);
  CHECK(error.message.find((dir.path() / "a").native()) == 0);
}

}  // namespace feedwire
