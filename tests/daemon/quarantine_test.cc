#include "daemon/quarantine.h"

#include <catch2/catch.hpp>
#include <string>

namespace feedwire::daemon {
namespace {

constexpr MonoTime kStart{};
const Error kError{ErrorCode::unavailable, "died"};

}  // namespace

TEST_CASE("a body is known by all of its bytes", "[quarantine]") {
  Quarantine quarantine;
  CHECK(quarantine.find("a", kStart) == nullptr);
  quarantine.add("a", true, kError, kStart);
  REQUIRE(quarantine.find("a", kStart) != nullptr);
  CHECK(quarantine.find("a", kStart)->proven);
  CHECK(quarantine.find("a", kStart)->error.message == "died");
  CHECK(quarantine.find("a ", kStart) == nullptr);
}

TEST_CASE("a suspect becomes a case that is proven, or is forgotten", "[quarantine]") {
  Quarantine quarantine;
  quarantine.add("a", false, kError, kStart);
  CHECK_FALSE(quarantine.find("a", kStart)->proven);
  quarantine.add("a", true, kError, kStart);
  CHECK(quarantine.find("a", kStart)->proven);
  quarantine.forget("a");
  CHECK(quarantine.find("a", kStart) == nullptr);
}

TEST_CASE("the oldest case makes room for a new one", "[quarantine]") {
  Quarantine quarantine;
  for (std::size_t i = 0; i < Quarantine::kMaxBodies; ++i)
    quarantine.add(std::to_string(i), true, kError, kStart);
  CHECK(quarantine.find("0", kStart) != nullptr);
  quarantine.add("one more", true, kError, kStart);
  CHECK(quarantine.find("0", kStart) == nullptr);
  CHECK(quarantine.find("1", kStart) != nullptr);
  CHECK(quarantine.find("one more", kStart) != nullptr);
}

TEST_CASE("a case is closed after its time", "[quarantine]") {
  Quarantine quarantine;
  quarantine.add("a", true, kError, kStart);
  CHECK(quarantine.find("a", kStart + Quarantine::kTime - std::chrono::seconds{1}) != nullptr);
  CHECK(quarantine.find("a", kStart + Quarantine::kTime) == nullptr);
}

}  // namespace feedwire::daemon
