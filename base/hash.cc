#include "base/hash.h"

// The low-level SHA-256, for which OpenSSL 3 would rather have us use EVP: that reads a
// configuration and loads providers in each new process (measured: 1.3 ms of `feedwire parse`).
#define OPENSSL_API_COMPAT 0x10100000L
#include <openssl/sha.h>
#define XXH_INLINE_ALL  // most of what is hashed is short
#include <xxhash.h>

#include <charconv>
#include <stdexcept>

#include "base/bytes.h"

namespace feedwire {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

std::string to_hex(std::string_view bytes) {
  std::string hex(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    hex[2 * i] = kHexDigits[static_cast<std::uint8_t>(bytes[i]) >> 4];
    hex[2 * i + 1] = kHexDigits[static_cast<std::uint8_t>(bytes[i]) & 15];
  }
  return hex;
}

SHA256_CTX* as_context(void* context) { return static_cast<SHA256_CTX*>(context); }

using Digest = std::array<std::uint8_t, SHA256_DIGEST_LENGTH>;

// The calls return 1 always; they return something as old interfaces do.
Digest finish(SHA256_CTX context) {
  Digest digest;
  SHA256_Final(digest.data(), &context);
  return digest;
}

}  // namespace

std::uint64_t Hash128::prefix() const { return get_u64(view()); }

std::string Hash128::hex() const { return to_hex(view()); }

Hash128 Hash128::from_bytes(std::string_view bytes) {
  if (bytes.size() != 16) throw std::logic_error("a Hash128 has 16 bytes");
  Hash128 hash;
  std::memcpy(hash.bytes.data(), bytes.data(), 16);
  return hash;
}

Result<Hash128> Hash128::from_hex(std::string_view hex) {
  if (hex.size() != 32) return Error{ErrorCode::invalid_argument, "not 32 hex digits"};
  Result<std::uint64_t> high = parse_hex64(hex.substr(0, 16));
  Result<std::uint64_t> low = parse_hex64(hex.substr(16));
  if (!high) return std::move(high).error();
  if (!low) return std::move(low).error();
  std::string bytes;
  put_u64(bytes, *high);
  put_u64(bytes, *low);
  return from_bytes(bytes);
}

Hash128 sha256_128(std::initializer_list<std::string_view> parts) {
  SHA256_CTX context;
  SHA256_Init(&context);
  for (const std::string_view part : parts) {
    std::string length;
    put_u64(length, part.size());
    SHA256_Update(&context, length.data(), length.size());
    SHA256_Update(&context, part.data(), part.size());
  }
  Hash128 hash;
  std::memcpy(hash.bytes.data(), finish(context).data(), hash.bytes.size());
  return hash;
}

std::uint64_t sha256_64(std::string_view bytes) {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes.data(), bytes.size());
  const Digest digest = finish(context);
  return get_u64({reinterpret_cast<const char*>(digest.data()), 8});
}

Sha256::Sha256() : context_(new SHA256_CTX) { SHA256_Init(as_context(context_)); }

Sha256::~Sha256() { delete as_context(context_); }

void Sha256::update(std::string_view bytes) {
  SHA256_Update(as_context(context_), bytes.data(), bytes.size());
}

std::string Sha256::hex() const {
  const Digest digest = finish(*as_context(context_));
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::uint64_t xxh3_64(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Hash128 xxh3_128(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  return Hash128::from_bytes({reinterpret_cast<const char*>(canonical.digest), 16});
}

std::string hex64(std::uint64_t value) {
  std::string bytes;
  put_u64(bytes, value);
  return to_hex(bytes);
}

Result<std::uint64_t> parse_hex64(std::string_view hex) {
  std::uint64_t value = 0;
  const auto [rest, problem] = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
  if (hex.size() != 16 || problem != std::errc{} || rest != hex.data() + hex.size())
    return Error{ErrorCode::invalid_argument, "not 16 hex digits"};
  return value;
}

}  // namespace feedwire
