#include "base/hash.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include <charconv>
#include <stdexcept>

#include "base/bytes.h"

namespace feedwire {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

std::string to_hex(std::string_view bytes) {
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    hex += kHexDigits[static_cast<std::uint8_t>(byte) >> 4];
    hex += kHexDigits[static_cast<std::uint8_t>(byte) & 15];
  }
  return hex;
}

// Looked up once: EVP_sha256() resolves the provider's implementation anew at each digest.
const EVP_MD* sha256() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (md == nullptr) throw std::runtime_error("OpenSSL has no SHA256");
  return md;
}

EVP_MD_CTX* as_context(void* context) { return static_cast<EVP_MD_CTX*>(context); }

void check(int ok) {
  if (ok != 1) throw std::runtime_error("OpenSSL digest failed");
}

struct Digest {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> bytes;
};

// One context a thread: creating one costs more than a short digest.
EVP_MD_CTX* thread_context() {
  struct Holder {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~Holder() { EVP_MD_CTX_free(context); }
  };
  thread_local const Holder holder;
  return holder.context;
}

Digest sha256_of(std::initializer_list<std::string_view> parts, bool with_lengths) {
  EVP_MD_CTX* const context = thread_context();
  check(EVP_DigestInit_ex2(context, sha256(), nullptr));
  for (const std::string_view part : parts) {
    if (with_lengths) {
      std::string length;
      put_u64(length, part.size());
      check(EVP_DigestUpdate(context, length.data(), length.size()));
    }
    check(EVP_DigestUpdate(context, part.data(), part.size()));
  }
  Digest digest;
  check(EVP_DigestFinal_ex(context, digest.bytes.data(), nullptr));
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
  const Digest digest = sha256_of(parts, true);
  Hash128 hash;
  std::memcpy(hash.bytes.data(), digest.bytes.data(), hash.bytes.size());
  return hash;
}

std::uint64_t sha256_64(std::string_view bytes) {
  const Digest digest = sha256_of({bytes}, false);
  return get_u64({reinterpret_cast<const char*>(digest.bytes.data()), 8});
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  check(EVP_DigestInit_ex2(as_context(context_), sha256(), nullptr));
}

Sha256::~Sha256() { EVP_MD_CTX_free(as_context(context_)); }

void Sha256::update(std::string_view bytes) {
  check(EVP_DigestUpdate(as_context(context_), bytes.data(), bytes.size()));
}

std::string Sha256::hex() const {
  EVP_MD_CTX* const copy = EVP_MD_CTX_new();
  check(EVP_MD_CTX_copy_ex(copy, as_context(context_)));
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  const int ok = EVP_DigestFinal_ex(copy, digest.data(), &size);
  EVP_MD_CTX_free(copy);
  check(ok);
  return to_hex({reinterpret_cast<const char*>(digest.data()), size});
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
