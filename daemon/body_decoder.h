// Undoes the content coding of a response (RFC 9110 8.4.1) while it arrives, within limits: what a
// server sends decides neither how much memory we take nor whether half a stream passes as whole.
// libcurl 7.88 could decode, but it accepts a gzip stream that ends in the middle.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/transport.h"

namespace feedwire::daemon {

enum class ContentCoding { identity, gzip, deflate, br, zstd };

/// One decompressing library at work on one stream.
class Inflater {
 public:
  enum class State { more, end, broken };  // end: the stream is whole
  struct Progress {
    std::size_t read, written;
    State state;
  };

  virtual ~Inflater() = default;
  virtual Progress run(std::string_view in, char* out, std::size_t room) = 0;
  /// Whether `next` begins a further stream that belongs to the same body (RFC 1952 2.2, RFC 8878
  /// 3.1); if so run() reads it. Otherwise it is padding.
  virtual bool goes_on_with(char next) = 0;
};

/// `head` holds the first bytes of the stream: "deflate" is zlib format by RFC 9110, raw deflate
/// with some servers.
std::unique_ptr<Inflater> make_inflater(ContentCoding coding, std::string_view head);

/// Decodes one body. Used by one thread at a time.
class BodyDecoder {
 public:
  struct Limits {
    std::uint64_t max_bytes;  // decoded
    std::uint64_t max_ratio;  // decoded : wire, beyond the first MiB
  };

  BodyDecoder(ContentCoding coding, Limits limits) : coding_(coding), limits_(limits) {}

  /// Takes the next bytes as they came. A body with no coding that begins as gzip does is gzip (no
  /// feed begins so). Returns none, or why the body is lost: too_large, bad_encoding.
  TransportError add(std::string_view wire);

  /// To be called after the last add(). Returns none, bad_encoding, too_large, or truncated where
  /// the coded stream is not whole.
  TransportError finish();

  /// So many bytes will come: room for them, so that the body is not copied as it grows.
  void expect(std::uint64_t wire_bytes) {
    if (coding_ == ContentCoding::identity) body_.reserve(wire_bytes);
  }

  std::uint64_t wire_bytes() const { return wire_bytes_; }
  std::uint64_t body_bytes() const { return body_.size(); }
  std::string take_body() { return std::move(body_); }

 private:
  TransportError begin();
  TransportError decode(std::string_view wire);
  bool within_limits() const;

  ContentCoding coding_;
  Limits limits_;
  std::string head_;  // the first bytes, until there are enough to choose by
  bool begun_ = false, ended_ = false;
  std::unique_ptr<Inflater> inflater_;
  std::uint64_t wire_bytes_ = 0;
  std::string body_;
};

}  // namespace feedwire::daemon
