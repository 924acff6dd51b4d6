// Hashes: SHA-256 for identity (its input comes from strangers, who must not be able to make two
// keys meet), xxHash for fingerprints that never leave one feed.

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"

namespace feedwire {

/// 128 bits of a hash, in the order in which they are printed. All zero means "absent".
struct Hash128 {
  std::array<std::uint8_t, 16> bytes{};

  std::strong_ordering operator<=>(const Hash128&) const = default;
  // To compare the bytes would be a call, which g++ 12 does not see through.
  bool operator==(const Hash128& other) const {
    const Words ours = words(), theirs = other.words();
    return ours.first == theirs.first && ours.second == theirs.second;
  }
  explicit operator bool() const { return (words().first | words().second) != 0; }

  /// The bytes as two numbers, in this machine's order.
  struct Words {
    std::uint64_t first, second;
  };
  Words words() const {
    Words words;
    static_assert(sizeof words == sizeof bytes);
    std::memcpy(&words, bytes.data(), sizeof words);
    return words;
  }

  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  /// The first 8 bytes as a big-endian number: a fingerprint of the hash.
  std::uint64_t prefix() const;
  std::string hex() const;  // 32 lower-case digits

  static Hash128 from_bytes(std::string_view bytes);      // exactly 16 bytes
  static Result<Hash128> from_hex(std::string_view hex);  // Errors: invalid_argument
};

/// For unordered containers whose keys are already hashes.
struct Hash128Hasher {
  std::size_t operator()(const Hash128& hash) const {
    std::size_t word = 0;
    std::memcpy(&word, hash.bytes.data(), sizeof word);
    return word;
  }
};

/// The first 128 bits of SHA-256 (FIPS 180-4) of the parts. Each part is preceded by its length, so
/// that ("ab", "c") and ("a", "bc") differ.
Hash128 sha256_128(std::initializer_list<std::string_view> parts);

/// The first 64 bits of SHA-256 of `bytes` alone, as a big-endian number.
std::uint64_t sha256_64(std::string_view bytes);

/// All of SHA-256 of what update() was given, in hex; for segment checksums.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();
  void update(std::string_view bytes);
  /// 64 lower-case digits of everything so far; more may follow.
  std::string hex() const;

 private:
  void* context_;  // SHA256_CTX
};

/// XXH3 (xxHash 0.8), 64 and 128 bits; stable across machines.
std::uint64_t xxh3_64(std::string_view bytes, std::uint64_t seed = 0);
Hash128 xxh3_128(std::string_view bytes);

/// `value` as 16 lower-case hex digits.
std::string hex64(std::uint64_t value);
Result<std::uint64_t> parse_hex64(std::string_view hex);  // Errors: invalid_argument

}  // namespace feedwire
