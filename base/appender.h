// Writes many small pieces to the end of a string without asking it for room for each.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "base/byte_scan.h"

namespace feedwire {

/// While it lives, the string is longer than what was written and must be left alone; then it ends
/// with the last byte written. Used by one thread.
class Appender {
 public:
  /// `expected` bytes are likely to come; more may.
  Appender(std::string& out, std::size_t expected) : out_(out), end_(out.size()) {
    out_.resize(end_ + expected + sizeof(ByteBlock));
  }
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;
  ~Appender() { out_.resize(end_); }

  /// Of the string as far as it was written.
  std::size_t size() const { return end_; }

  Appender& operator+=(char c) {
    make_room(1);
    out_[end_++] = c;
    return *this;
  }
  Appender& operator+=(std::string_view text) {
    if (text.empty()) return *this;  // it may have no address
    make_room(text.size());
    std::memcpy(&out_[end_], text.data(), text.size());
    end_ += text.size();
    return *this;
  }

  /// Copies `text` from `at` up to find_byte() with the same arguments, whose result it returns:
  /// finding and copying in one pass.
  template <typename Stops, typename Confirm = AlwaysStop>
  std::size_t copy_until(std::string_view text, std::size_t at, Stops stops, Confirm confirm = {}) {
    make_room(text.size() - at);
    char* to = &out_[end_];
    end_ -= at;  // while `at` moves on with what is written
    for (; at + sizeof(ByteBlock) <= text.size();
         at += sizeof(ByteBlock), to += sizeof(ByteBlock)) {
      const ByteBlock block = load_block(text.data() + at);
      std::memcpy(to, &block, sizeof block);
      const std::uint32_t bits = passed_bits(stops(block));
      if (bits == 0) continue;
      const std::size_t found = first_confirmed(bits, at, confirm);
      if (found == sizeof(ByteBlock)) continue;
      end_ += at + found;
      return at + found;
    }
    if (const std::size_t rest = text.size() - at; rest > 0) {
      const ByteBlock block = load_rest(text.data() + at, rest);
      std::memcpy(to, &block, sizeof block);
      const std::uint32_t bits = passed_bits(stops(block)) & bits_of_first(rest);
      at += std::min(rest, first_confirmed(bits, at, confirm));
    }
    end_ += at;
    return at;
  }

 private:
  // Leaves a block of room behind, since whole blocks are written.
  void make_room(std::size_t size) {
    if (out_.size() - end_ < size + sizeof(ByteBlock)) grow(size);
  }
  [[gnu::noinline]] void grow(std::size_t size) {
    out_.resize(out_.size() + out_.size() / 2 + size + sizeof(ByteBlock));
  }

  std::string& out_;
  std::size_t end_;  // of what was written
};

}  // namespace feedwire
