// What every row of the store must stand.

#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "storage/schema.h"

namespace feedwire::storage {

/// Reads what was written, and no shorter or longer or differently versioned record.
template <typename Row>
Row round_trip(const Row& row) {
  const std::string bytes = encode(row);
  Row back;
  REQUIRE(decode(bytes, back));
  Row other;
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(decode(std::string_view(bytes).substr(0, size), other));
  CHECK_FALSE(decode(bytes + "x", other));
  std::string newer = bytes;
  newer[0] = 99;
  CHECK_FALSE(decode(newer, other));
  return back;
}

inline Hash128 hash_of(std::string_view text) { return xxh3_128(text); }

}  // namespace feedwire::storage
