#include "daemon/body_decoder.h"

#include <array>
#include <utility>

namespace feedwire::daemon {
namespace {

constexpr std::string_view kGzipMagic = "\x1f\x8b\x08";
constexpr std::uint64_t kRatioFreeBytes = 1 << 20;

}  // namespace

TransportError BodyDecoder::add(std::string_view wire) {
  wire_bytes_ += wire.size();
  if (begun_) return decode(wire);
  head_ += wire;
  return head_.size() < kGzipMagic.size() ? TransportError::none : begin();
}

TransportError BodyDecoder::finish() {
  if (wire_bytes_ == 0) return TransportError::none;  // an empty body has no coding
  if (!begun_)
    if (const TransportError error = begin(); error != TransportError::none) return error;
  return inflater_ && !ended_ ? TransportError::truncated : TransportError::none;
}

TransportError BodyDecoder::begin() {
  begun_ = true;
  if (coding_ == ContentCoding::identity && head_.starts_with(kGzipMagic))
    coding_ = ContentCoding::gzip;
  if (coding_ != ContentCoding::identity) inflater_ = make_inflater(coding_, head_);
  return decode(std::exchange(head_, {}));
}

TransportError BodyDecoder::decode(std::string_view wire) {
  if (!inflater_) {
    body_ += wire;
    return within_limits() ? TransportError::none : TransportError::too_large;
  }
  std::array<char, 16384> out;
  for (bool full = false; full || !wire.empty();) {
    if (ended_ && (wire.empty() || !inflater_->goes_on_with(wire.front()))) break;
    const Inflater::Progress progress = inflater_->run(wire, out.data(), out.size());
    if (progress.state == Inflater::State::broken) return TransportError::bad_encoding;
    wire.remove_prefix(progress.read);
    body_.append(out.data(), progress.written);
    if (!within_limits()) return TransportError::too_large;
    ended_ = progress.state == Inflater::State::end;
    full = progress.written == out.size();
    if (progress.read == 0 && progress.written == 0) break;  // it waits for more
  }
  return TransportError::none;
}

bool BodyDecoder::within_limits() const {
  return body_.size() <= limits_.max_bytes &&
         (body_.size() <= kRatioFreeBytes || body_.size() / limits_.max_ratio <= wire_bytes_);
}

}  // namespace feedwire::daemon
