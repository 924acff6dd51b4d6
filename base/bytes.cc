#include "base/bytes.h"

#include <array>
#include <bit>
#include <cassert>
#include <cstring>

namespace feedwire {
namespace {

template <typename Number>
void put_big_endian(std::string& out, Number value) {
  std::array<char, sizeof value> bytes;
  for (std::size_t i = bytes.size(); i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value);
  out.append(bytes.data(), bytes.size());
}

template <typename Number>
Number get_big_endian(std::string_view bytes) {
  assert(bytes.size() >= sizeof(Number));
  Number value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  if constexpr (std::endian::native == std::endian::big) return value;
  if constexpr (sizeof value == 8)
    return __builtin_bswap64(value);
  else
    return __builtin_bswap32(value);
}

}  // namespace

void put_u32(std::string& out, std::uint32_t value) { put_big_endian(out, value); }
void put_u64(std::string& out, std::uint64_t value) { put_big_endian(out, value); }

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void put_string(std::string& out, std::string_view value) {
  put_varint(out, value.size());
  out += value;
}

std::uint64_t get_u64(std::string_view bytes) { return get_big_endian<std::uint64_t>(bytes); }
std::uint32_t get_u32(std::string_view bytes) { return get_big_endian<std::uint32_t>(bytes); }

std::string_view ByteReader::bytes(std::size_t size) {
  if (size > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint8_t ByteReader::u8() {
  const std::string_view byte = bytes(1);
  return byte.empty() ? 0 : static_cast<std::uint8_t>(byte[0]);
}

std::uint32_t ByteReader::u32() {
  const std::string_view four = bytes(4);
  return four.empty() ? 0 : get_u32(four);
}

std::uint64_t ByteReader::u64() {
  const std::string_view eight = bytes(8);
  return eight.empty() ? 0 : get_u64(eight);
}

std::uint64_t ByteReader::varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = u8();
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return ok_ ? value : 0;
  }
  ok_ = false;
  rest_ = {};
  return 0;
}

std::string_view ByteReader::string() {
  const std::uint64_t size = varint();
  return bytes(size);
}

}  // namespace feedwire
