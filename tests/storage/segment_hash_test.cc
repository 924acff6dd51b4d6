#include "storage/segment_hash.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/rng.h"

namespace feedwire::storage {
namespace {

std::string random_bytes(std::size_t size, Rng& rng) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(rng.next());
  return bytes;
}

std::string hash_of(std::string_view bytes) {
  Sha256 sha;
  sha.update(bytes);
  return sha.hex();
}

}  // namespace

TEST_CASE("a segment's hash is that of its bytes, however they came", "[segment]") {
  SeededRng rng(7);
  SegmentHash hash;
  for (int segment = 0; segment < 3; ++segment) {
    std::string whole;
    for (const std::size_t size : std::vector<std::size_t>{
             0, 1, SegmentHash::kLong - 1, SegmentHash::kLong, 9 * SegmentHash::kLong + 5, 300}) {
      const std::string ahead = random_bytes(size, rng), after = random_bytes(size % 77, rng);
      hash.begin(ahead);
      hash.wait();
      hash.update(after);
      whole += ahead + after;
      CHECK(hash.size() == whole.size());
      CHECK(hash.hex() == hash_of(whole));
    }
    hash.restart();
    CHECK(hash.size() == 0);
  }
}

TEST_CASE("a segment's hash may go while it works", "[segment]") {
  SeededRng rng(8);
  const std::string bytes = random_bytes(64 * SegmentHash::kLong, rng);
  for (int i = 0; i < 20; ++i) SegmentHash().begin(bytes);
}

}  // namespace feedwire::storage
