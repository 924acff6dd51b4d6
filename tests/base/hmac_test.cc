#include "base/hmac.h"

#include <catch2/catch.hpp>

namespace feedwire {

// RFC 2202 and RFC 4231, test case 2.
TEST_CASE("HMAC is that of the RFCs", "[hmac]") {
  const std::string key = "Jefe", text = "what do ya want for nothing?";
  CHECK(hmac_hex(HmacHash::sha1, key, text) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  CHECK(hmac_hex(HmacHash::sha256, key, text) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac_hex(HmacHash::sha384, key, text) ==
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
        "8e2240ca5e69e2c78b3239ecfab21649");
  CHECK(hmac_hex(HmacHash::sha512, key, text) ==
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

TEST_CASE("secrets are the same only if every byte is", "[hmac]") {
  CHECK(equal_in_constant_time("secret", "secret"));
  CHECK_FALSE(equal_in_constant_time("secret", "secreT"));
  CHECK_FALSE(equal_in_constant_time("secret", "secre"));
  CHECK(equal_in_constant_time("", ""));
}

}  // namespace feedwire
