#include "daemon/body_decoder.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/compress.h"

namespace feedwire::daemon {
namespace {

using tests::brotli;
using tests::Deflate;
using tests::deflated;
using tests::zstd;

constexpr BodyDecoder::Limits kLimits{16 << 20, 200};

struct Decoded {
  TransportError error;
  std::string body;
};

Decoded decode(ContentCoding coding, std::string_view wire, std::size_t piece_bytes,
               BodyDecoder::Limits limits = kLimits) {
  BodyDecoder decoder(coding, limits);
  for (; !wire.empty(); wire.remove_prefix(std::min(piece_bytes, wire.size())))
    if (const auto error = decoder.add(wire.substr(0, piece_bytes)); error != TransportError::none)
      return {error, ""};
  const TransportError error = decoder.finish();
  return {error, decoder.take_body()};
}

std::string feed_text() {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "<item>" + std::to_string(i * i) + "</item>\n";
  return text;
}

}  // namespace

TEST_CASE("H-04 each coding is undone, however the bytes are split", "[decoder]") {
  const std::string text = feed_text();
  const std::size_t piece = GENERATE(as<std::size_t>{}, 1, 2, 3, 1000, 1 << 20);
  CAPTURE(piece);
  CHECK(decode(ContentCoding::identity, text, piece).body == text);
  CHECK(decode(ContentCoding::gzip, deflated(text, Deflate::gzip), piece).body == text);
  CHECK(decode(ContentCoding::deflate, deflated(text, Deflate::zlib), piece).body == text);
  CHECK(decode(ContentCoding::deflate, deflated(text, Deflate::raw), piece).body == text);
  CHECK(decode(ContentCoding::br, brotli(text), piece).body == text);
  CHECK(decode(ContentCoding::zstd, zstd(text), piece).body == text);
}

TEST_CASE("H-04 gzip that nobody announced is found by its first bytes", "[decoder]") {
  const std::size_t piece = GENERATE(as<std::size_t>{}, 1, 4096);
  CHECK(decode(ContentCoding::identity, deflated("<rss/>", Deflate::gzip), piece).body == "<rss/>");
  CHECK(decode(ContentCoding::identity, "\x1f\x8b", piece).body == "\x1f\x8b");
}

TEST_CASE("a body of several gzip members or zstd frames is one body", "[decoder]") {
  const std::string a = deflated("<rss>", Deflate::gzip), b = deflated("</rss>", Deflate::gzip);
  CHECK(decode(ContentCoding::gzip, a + b, 1).body == "<rss></rss>");
  CHECK(decode(ContentCoding::gzip, a + b + std::string(7, '\0'), 5).body == "<rss></rss>");
  CHECK(decode(ContentCoding::zstd, zstd("<rss>") + zstd("</rss>"), 3).body == "<rss></rss>");
}

TEST_CASE("H-17 a coded stream that ends early is truncated at every length", "[decoder]") {
  const std::string gzip = deflated("<rss><channel/></rss>", Deflate::gzip);
  for (std::size_t size = 1; size < gzip.size(); ++size)
    CHECK(decode(ContentCoding::gzip, gzip.substr(0, size), 8).error == TransportError::truncated);
  CHECK(decode(ContentCoding::br, brotli(feed_text()).substr(0, 90), 8).error ==
        TransportError::truncated);
  CHECK(decode(ContentCoding::zstd, zstd(feed_text()).substr(0, 90), 8).error ==
        TransportError::truncated);
  CHECK(decode(ContentCoding::gzip, "", 8).error == TransportError::none);
}

TEST_CASE("a body that is not in its coding is refused", "[decoder]") {
  const ContentCoding coding =
      GENERATE(ContentCoding::gzip, ContentCoding::deflate, ContentCoding::br, ContentCoding::zstd);
  const std::string text = "<html>" + std::string(100, '\xff') + "</html>";
  CHECK(decode(coding, text, 1).error == TransportError::bad_encoding);
  CHECK(decode(coding, text, 4096).error == TransportError::bad_encoding);
}

TEST_CASE("S7 a bomb is cut while it is small", "[decoder]") {
  const std::string zeros(64 << 20, '\0');
  BodyDecoder decoder(ContentCoding::gzip, kLimits);
  CHECK(decoder.add(deflated(zeros, Deflate::gzip)) == TransportError::too_large);
  CHECK(decoder.take_body().size() <= (16 << 20) + 16384);
  CHECK(decode(ContentCoding::br, brotli(zeros), 4096).error == TransportError::too_large);
  CHECK(decode(ContentCoding::zstd, zstd(zeros), 4096).error == TransportError::too_large);
}

TEST_CASE("S7 only beyond the first MiB does the ratio count", "[decoder]") {
  const std::string small(1 << 20, 'x'), large((1 << 20) + 1, 'x');
  CHECK(decode(ContentCoding::gzip, deflated(small, Deflate::gzip), 4096).body == small);
  CHECK(decode(ContentCoding::gzip, deflated(large, Deflate::gzip), 4096).error ==
        TransportError::too_large);
  CHECK(decode(ContentCoding::identity, large, 4096).body == large);
}

TEST_CASE("H-80 the size limit counts decoded bytes", "[decoder]") {
  const BodyDecoder::Limits limits{100, 200};
  CHECK(decode(ContentCoding::identity, std::string(100, 'x'), 7, limits).body.size() == 100);
  CHECK(decode(ContentCoding::identity, std::string(101, 'x'), 7, limits).error ==
        TransportError::too_large);
  CHECK(decode(ContentCoding::gzip, deflated(std::string(101, 'x'), Deflate::gzip), 7, limits)
            .error == TransportError::too_large);
}

}  // namespace feedwire::daemon
