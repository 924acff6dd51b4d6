// The decompressing libraries behind body_decoder.h.

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <new>

#include "daemon/body_decoder.h"

namespace feedwire::daemon {
namespace {

const std::uint8_t* as_bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

class ZlibInflater : public Inflater {
 public:
  enum class Format { gzip, zlib, raw };

  explicit ZlibInflater(Format format) : format_(format) {
    const int window_bits = format == Format::gzip   ? 16 + MAX_WBITS
                            : format == Format::zlib ? MAX_WBITS
                                                     : -MAX_WBITS;
    if (::inflateInit2(&stream_, window_bits) != Z_OK) throw std::bad_alloc();
  }
  ZlibInflater(const ZlibInflater&) = delete;
  ZlibInflater& operator=(const ZlibInflater&) = delete;
  ~ZlibInflater() override { ::inflateEnd(&stream_); }

  Progress run(std::string_view in, char* out, std::size_t room) override {
    stream_.next_in = const_cast<Bytef*>(as_bytes(in));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(room);
    const int code = ::inflate(&stream_, Z_NO_FLUSH);
    State state = State::broken;
    if (code == Z_OK || code == Z_BUF_ERROR) state = State::more;
    if (code == Z_STREAM_END) state = State::end;
    return {in.size() - stream_.avail_in, room - stream_.avail_out, state};
  }

  bool goes_on_with(char next) override {
    return format_ == Format::gzip && next == '\x1f' && ::inflateReset(&stream_) == Z_OK;
  }

 private:
  Format format_;
  z_stream stream_{};
};

class BrotliInflater : public Inflater {
 public:
  BrotliInflater() : state_(::BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (state_ == nullptr) throw std::bad_alloc();
  }
  BrotliInflater(const BrotliInflater&) = delete;
  BrotliInflater& operator=(const BrotliInflater&) = delete;
  ~BrotliInflater() override { ::BrotliDecoderDestroyInstance(state_); }

  Progress run(std::string_view in, char* out, std::size_t room) override {
    std::size_t in_left = in.size(), out_left = room;
    const std::uint8_t* next_in = as_bytes(in);
    auto* next_out = reinterpret_cast<std::uint8_t*>(out);
    const BrotliDecoderResult result =
        ::BrotliDecoderDecompressStream(state_, &in_left, &next_in, &out_left, &next_out, nullptr);
    State state = State::more;
    if (result == BROTLI_DECODER_RESULT_ERROR) state = State::broken;
    if (result == BROTLI_DECODER_RESULT_SUCCESS) state = State::end;
    return {in.size() - in_left, room - out_left, state};
  }

  bool goes_on_with(char) override { return false; }

 private:
  BrotliDecoderState* state_;
};

class ZstdInflater : public Inflater {
 public:
  ZstdInflater() : stream_(::ZSTD_createDStream()) {
    if (stream_ == nullptr) throw std::bad_alloc();
    static constexpr int kMaxWindowLog = 23;  // 8 MiB: RFC 9659 asks no more of a client
    ::ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kMaxWindowLog);
  }
  ZstdInflater(const ZstdInflater&) = delete;
  ZstdInflater& operator=(const ZstdInflater&) = delete;
  ~ZstdInflater() override { ::ZSTD_freeDStream(stream_); }

  Progress run(std::string_view in, char* out, std::size_t room) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out, room, 0};
    const std::size_t result = ::ZSTD_decompressStream(stream_, &output, &input);
    State state = result == 0 ? State::end : State::more;
    if (::ZSTD_isError(result) != 0) state = State::broken;
    return {input.pos, output.pos, state};
  }

  bool goes_on_with(char next) override { return next == '\x28'; }

 private:
  ZSTD_DStream* stream_;
};

/// RFC 1950 2.2: the two header bytes of the zlib format, as one number, are a multiple of 31.
bool is_zlib(std::string_view head) {
  if (head.size() < 2) return true;
  const unsigned first = as_bytes(head)[0], second = as_bytes(head)[1];
  return (first & 0x0f) == Z_DEFLATED && (first * 256 + second) % 31 == 0;
}

}  // namespace

std::unique_ptr<Inflater> make_inflater(ContentCoding coding, std::string_view head) {
  using Format = ZlibInflater::Format;
  switch (coding) {
    case ContentCoding::identity:
      return nullptr;
    case ContentCoding::gzip:
      return std::make_unique<ZlibInflater>(Format::gzip);
    case ContentCoding::deflate:
      return std::make_unique<ZlibInflater>(is_zlib(head) ? Format::zlib : Format::raw);
    case ContentCoding::br:
      return std::make_unique<BrotliInflater>();
    case ContentCoding::zstd:
      return std::make_unique<ZstdInflater>();
  }
  return nullptr;
}

}  // namespace feedwire::daemon
