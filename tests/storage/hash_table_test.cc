#include "storage/hash_table.h"

#include <catch2/catch.hpp>
#include <cstdint>

namespace feedwire::storage {
namespace {

// All with the same first eight bytes, so that they belong in the same place.
Hash128 neighbour(std::uint8_t number) {
  Hash128 hash;
  hash.bytes.fill(0xff);
  hash.bytes.back() = number;
  return hash;
}

}  // namespace

TEST_CASE("keys that belong in one place are told apart", "[hash_table]") {
  constexpr std::uint8_t kKeys = 100;
  HashTable<Hash128, int> table(kKeys);
  for (std::uint8_t i = 0; i < kKeys; ++i) CHECK(table.add(neighbour(i), i).second);

  for (std::uint8_t i = 0; i < kKeys; ++i) {
    REQUIRE(table.find(neighbour(i)) != nullptr);
    CHECK(*table.find(neighbour(i)) == i);
  }
  CHECK(table.find(neighbour(kKeys)) == nullptr);
}

TEST_CASE("the first value of a key stays", "[hash_table]") {
  HashTable<std::uint64_t, int> table(1);
  CHECK(table.add(7, 1).second);

  const auto [value, is_new] = table.add(7, 2);

  CHECK_FALSE(is_new);
  CHECK(*value == 1);
}

TEST_CASE("no key is in no table", "[hash_table]") {
  HashSet<Hash128> set(1);
  CHECK_FALSE(set.contains(Hash128{}));
  set.add(neighbour(1));
  CHECK_FALSE(set.contains(Hash128{}));
  CHECK_FALSE(HashSet<Hash128>(0).contains(neighbour(1)));
}

}  // namespace feedwire::storage
