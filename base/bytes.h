// Numbers as bytes, big-endian so that keys sort as their numbers do; and a reader that never
// passes the end, for records that may be damaged.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace feedwire {

inline void put_u8(std::string& out, std::uint8_t value) { out += static_cast<char>(value); }
void put_u32(std::string& out, std::uint32_t value);
void put_u64(std::string& out, std::uint64_t value);
/// LEB128: seven bits a byte, low first.
void put_varint(std::string& out, std::uint64_t value);
/// A varint length, then the bytes.
void put_string(std::string& out, std::string_view value);

/// The big-endian number in the first 8 bytes, of which there must be that many.
std::uint64_t get_u64(std::string_view bytes);
std::uint32_t get_u32(std::string_view bytes);

/// Reads a record front to back. After a read past the end ok() is false and every further value
/// is zero or empty, so a decoder checks once, at its end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t u8();
  std::uint32_t u32();
  std::uint64_t u64();
  std::uint64_t varint();
  std::string_view string();  // a varint length, then the bytes
  std::string_view bytes(std::size_t size);

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace feedwire
