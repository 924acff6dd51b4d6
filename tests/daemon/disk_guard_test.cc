#include "daemon/disk_guard.h"

#include <catch2/catch.hpp>

#include "tests/support/temp_dir.h"

namespace feedwire::daemon {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

// A disk of which the test says how much is free, beside what the ballast takes.
class SmallDisk : public PosixFs {
 public:
  std::uint64_t total_bytes = 48 * kMiB;
  std::uint64_t free_bytes = 40 * kMiB;

  Result<DiskSpace> space(const std::filesystem::path& path) const override {
    std::error_code missing;
    const auto ballast = std::filesystem::file_size(path / "ballast", missing);
    return DiskSpace{total_bytes, free_bytes - (missing ? 0 : ballast)};
  }
};

// min_free 4 MiB, ballast 2 MiB: hard limit 6 MiB, soft limit 8 MiB.
struct Guarded {
  SmallDisk disk;
  tests::TempDir dir;
  DiskGuard guard{disk, dir.path() / "state", {4 * kMiB, 2 * kMiB}};

  Room with(std::uint64_t free_bytes) {
    disk.free_bytes = free_bytes;
    return guard.step().value();
  }
  std::uint64_t ballast() const {
    std::error_code missing;
    const auto size = std::filesystem::file_size(dir.path() / "state" / "ballast", missing);
    return missing ? 0 : size;
  }
};

}  // namespace

TEST_CASE("DB-1 the ballast is made when there is room and counts as room", "[disk]") {
  Guarded disk;
  CHECK(disk.with(40 * kMiB) == Room::enough);
  CHECK(disk.ballast() == 2 * kMiB);
  CHECK(disk.guard.reason().empty());
  CHECK(disk.with(6 * kMiB) == Room::low);
  REQUIRE(disk.guard.drop_ballast());
  REQUIRE(disk.guard.drop_ballast());
  CHECK(disk.with(5 * kMiB) == Room::none);
  CHECK(disk.ballast() == 0);
  CHECK(disk.with(8 * kMiB) != Room::none);
  CHECK(disk.ballast() == 2 * kMiB);
}

TEST_CASE("DB-1 a ballast of another size is made anew", "[disk]") {
  Guarded disk;
  REQUIRE(disk.with(40 * kMiB) == Room::enough);
  DiskGuard larger(disk.disk, disk.dir.path() / "state", {4 * kMiB, 3 * kMiB});
  REQUIRE(larger.step());
  CHECK(disk.ballast() == 3 * kMiB);
  DiskGuard none(disk.disk, disk.dir.path() / "state", {4 * kMiB, 0});
  REQUIRE(none.step());
  CHECK(disk.ballast() == 0);
}

TEST_CASE("DB-1 below the soft limit nothing is polled, until an eighth more is free", "[disk]") {
  Guarded disk;
  CHECK(disk.with(8 * kMiB) == Room::enough);
  CHECK(disk.with(8 * kMiB - 1) == Room::low);
  CHECK(disk.guard.reason() == "disk nearly full, not polling: 6.0 MiB free, 7.0 MiB needed");
  CHECK(disk.with(9 * kMiB - 1) == Room::low);
  CHECK(disk.with(9 * kMiB) == Room::enough);
}

TEST_CASE("DB-1 below the hard limit the store is closed, until the soft limit is free", "[disk]") {
  Guarded disk;
  CHECK(disk.with(6 * kMiB) == Room::low);
  CHECK(disk.with(6 * kMiB - 1) == Room::none);
  CHECK(disk.with(7 * kMiB) == Room::none);
  CHECK(disk.guard.reason() == "disk full, waiting: 5.0 MiB free, 6.0 MiB needed");
  CHECK(disk.with(8 * kMiB - 1) == Room::none);
  CHECK(disk.with(8 * kMiB) == Room::enough);
}

TEST_CASE("DB-1 the soft limit is 2 × min_free, or 5 % of the disk up to 1 GiB", "[disk]") {
  SmallDisk disk;
  const tests::TempDir dir;
  const auto room = [&](std::uint64_t total_mib, std::uint64_t free_mib) {
    disk.total_bytes = total_mib * kMiB;
    disk.free_bytes = free_mib * kMiB;
    return DiskGuard(disk, dir.path() / "state", {256 * kMiB, 0}).step().value();
  };
  CHECK(room(1000, 512) == Room::enough);
  CHECK(room(1000, 511) == Room::low);
  CHECK(room(16'000, 800) == Room::enough);
  CHECK(room(16'000, 799) == Room::low);
  CHECK(room(1'000'000, 1024) == Room::enough);
  CHECK(room(1'000'000, 1023) == Room::low);
}

TEST_CASE("DB-1 where no ballast can be made the daemon runs without", "[disk]") {
  Guarded disk;
  REQUIRE(std::filesystem::create_directories(disk.dir.path() / "state" / "ballast" / "x"));
  CHECK_FALSE(disk.guard.drop_ballast());
  CHECK(disk.with(40 * kMiB) == Room::enough);
}

}  // namespace feedwire::daemon
