#include "base/bytes.h"

#include <catch2/catch.hpp>
#include <limits>

namespace feedwire {

TEST_CASE("what is put comes back, and numbers sort as their bytes do", "[bytes]") {
  std::string bytes;
  put_u8(bytes, 7);
  put_u32(bytes, 0x01020304);
  put_u64(bytes, std::numeric_limits<std::uint64_t>::max());
  put_varint(bytes, 300);
  put_string(bytes, "雷峰网");

  ByteReader reader(bytes);
  CHECK(reader.u8() == 7);
  CHECK(reader.u32() == 0x01020304);
  CHECK(reader.u64() == std::numeric_limits<std::uint64_t>::max());
  CHECK(reader.varint() == 300);
  CHECK(reader.string() == "雷峰网");
  CHECK(reader.ok());
  CHECK(reader.at_end());

  std::string small, large;
  put_u64(small, 255);
  put_u64(large, 256);
  CHECK(small < large);
}

TEST_CASE("a record cut anywhere is noticed, and nothing behind it is read", "[bytes]") {
  std::string bytes;
  put_u64(bytes, 1);
  put_string(bytes, "text");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader reader(std::string_view(bytes).substr(0, size));
    reader.u64();
    reader.string();
    CHECK_FALSE(reader.ok());
    CHECK(reader.at_end());
  }
}

TEST_CASE("a length beyond the end and a varint without end are refused", "[bytes]") {
  std::string huge;
  put_varint(huge, std::numeric_limits<std::uint64_t>::max());
  huge += "abc";
  ByteReader length(huge);
  CHECK(length.string().empty());
  CHECK_FALSE(length.ok());

  ByteReader endless(std::string_view("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12));
  CHECK(endless.varint() == 0);
  CHECK_FALSE(endless.ok());
}

}  // namespace feedwire
