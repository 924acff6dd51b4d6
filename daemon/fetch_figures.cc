#include "daemon/fetch_figures.h"

#include <algorithm>

namespace feedwire::daemon {
namespace {

constexpr std::array<std::string_view, kFetchResults> kNames = {
    "ok",      "not_modified", "http_4xx", "http_5xx",    "http_other", "timeout",
    "dns",     "connect",      "tls",      "reset",       "truncated",  "too_large",
    "blocked", "redirect",     "encoding", "parse_error", "other"};

}  // namespace

std::string_view to_string(FetchResult result) { return kNames[static_cast<std::size_t>(result)]; }

FetchResult failure_of(const HttpResponse& response) {
  switch (response.error) {
    case TransportError::none:
      break;
    case TransportError::dns:
      return FetchResult::dns;
    case TransportError::connect:
      return FetchResult::connect;
    case TransportError::tls:
      return FetchResult::tls;
    case TransportError::timeout:
    case TransportError::too_slow:
      return FetchResult::timeout;
    case TransportError::reset:
      return FetchResult::reset;
    case TransportError::truncated:
      return FetchResult::truncated;
    case TransportError::too_large:
      return FetchResult::too_large;
    case TransportError::blocked:
      return FetchResult::blocked;
    case TransportError::bad_redirect:
      return FetchResult::redirect;
    case TransportError::bad_encoding:
      return FetchResult::encoding;
    case TransportError::other:
      return FetchResult::other;
  }
  if (response.status >= 400 && response.status < 500) return FetchResult::http_4xx;
  if (response.status >= 500 && response.status < 600) return FetchResult::http_5xx;
  return FetchResult::http_other;
}

void FetchTally::answer(const HttpResponse& response) {
  in_flight_.subtract(1);
  took_.add(response.elapsed);
  wire_bytes_.add(response.wire_bytes);
  decoded_bytes_.add(response.body.size());
}

void FetchTally::set_lag(std::chrono::microseconds lag) {
  lag_us_.set(static_cast<std::uint64_t>(std::max(lag, std::chrono::microseconds{0}).count()));
}

FetchFigures FetchTally::get() const {
  FetchFigures figures;
  for (std::size_t i = 0; i < kFetchResults; ++i) figures.results[i] = results_[i].get();
  figures.took = took_.get();
  figures.wire_bytes = wire_bytes_.get();
  figures.decoded_bytes = decoded_bytes_.get();
  figures.in_flight = in_flight_.get();
  figures.lag = std::chrono::microseconds(lag_us_.get());
  return figures;
}

}  // namespace feedwire::daemon
