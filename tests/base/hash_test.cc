#include "base/hash.h"

#include <catch2/catch.hpp>

namespace feedwire {

TEST_CASE("SHA-256 gives the digests of FIPS 180-4", "[hash]") {
  Sha256 hash;
  CHECK(hash.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  hash.update("a");
  hash.update("bc");
  CHECK(hash.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex64(sha256_64("abc")) == "ba7816bf8f01cfea");
}

TEST_CASE("the parts of a hashed key cannot be shifted against each other", "[hash]") {
  CHECK(sha256_128({"ab", "c"}) != sha256_128({"a", "bc"}));
  CHECK(sha256_128({"abc"}) != sha256_128({"abc", ""}));
  CHECK(sha256_128({"abc"}) == sha256_128({"abc"}));
}

TEST_CASE("hex comes back, and only hex", "[hash]") {
  const Hash128 hash = sha256_128({"x"});
  CHECK(Hash128::from_hex(hash.hex()).value() == hash);
  CHECK(hash.hex().substr(0, 16) == hex64(hash.prefix()));
  CHECK_FALSE(Hash128::from_hex("12"));
  CHECK_FALSE(Hash128::from_hex(std::string(32, 'g')));
  CHECK_FALSE(parse_hex64("-000000000000001"));
  CHECK(parse_hex64("00000000000000ff").value() == 255);
}

}  // namespace feedwire
