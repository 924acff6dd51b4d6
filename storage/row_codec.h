// What the writers and readers of rows share (storage/schema.h); for those alone.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/hash.h"

namespace feedwire::storage {

/// A row's first byte. A kind that has changed since has a later one of its own.
inline constexpr std::uint8_t kFormat = 1;

inline std::string begin_row() { return std::string(1, static_cast<char>(kFormat)); }

inline bool known_format(ByteReader& in) { return in.u8() == kFormat; }

/// To be asked when all was read: whether it was there, and nothing else.
inline bool complete(const ByteReader& in) { return in.ok() && in.at_end(); }

inline void put_time(std::string& out, WallTime time) {
  put_u64(out, static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

inline WallTime get_time(ByteReader& in) {
  return WallTime{std::chrono::microseconds{static_cast<std::int64_t>(in.u64())}};
}

inline void put_seconds(std::string& out, std::chrono::seconds span) {
  put_varint(out, static_cast<std::uint64_t>(span.count()));
}

inline std::chrono::seconds get_seconds(ByteReader& in) {
  return std::chrono::seconds{static_cast<std::int64_t>(in.varint())};
}

inline Hash128 get_hash(ByteReader& in) {
  const std::string_view bytes = in.bytes(16);
  return bytes.size() == 16 ? Hash128::from_bytes(bytes) : Hash128{};
}

/// The number of things that follow, each of at least `size_bytes`: never more than can be there.
inline std::size_t get_count(ByteReader& in, std::size_t size_bytes) {
  const std::uint64_t count = in.varint();
  if (count > in.rest().size() / size_bytes)
    return static_cast<void>(in.bytes(in.rest().size() + 1)), 0;
  return static_cast<std::size_t>(count);
}

inline void put_numbers(std::string& out, const std::vector<std::uint64_t>& numbers) {
  put_varint(out, numbers.size());
  for (const std::uint64_t number : numbers) put_u64(out, number);
}

inline std::vector<std::uint64_t> get_numbers(ByteReader& in) {
  std::vector<std::uint64_t> numbers(get_count(in, 8));
  for (std::uint64_t& number : numbers) number = in.u64();
  return numbers;
}

}  // namespace feedwire::storage
