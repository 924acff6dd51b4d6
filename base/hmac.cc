#include "base/hmac.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <span>
#include <stdexcept>

namespace feedwire {
namespace {

const EVP_MD* digest_of(HmacHash hash) {
  switch (hash) {
    case HmacHash::sha1:
      return EVP_sha1();
    case HmacHash::sha256:
      return EVP_sha256();
    case HmacHash::sha384:
      return EVP_sha384();
    case HmacHash::sha512:
      return EVP_sha512();
  }
  return EVP_sha256();
}

}  // namespace

std::string hmac_hex(HmacHash hash, std::string_view key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(message.data());
  // It fails for want of memory alone.
  if (HMAC(digest_of(hash), key.data(), static_cast<int>(key.size()), bytes, message.size(),
           digest.data(), &size) == nullptr)
    throw std::runtime_error("HMAC");
  return fmt::format("{:02x}", fmt::join(std::span(digest).first(size), ""));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace feedwire
