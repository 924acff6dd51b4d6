// What is counted of requests for whoever watches the daemon (operations.md 8.4): polls, older
// pages and what is asked of hubs alike, each once.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/tally.h"
#include "daemon/transport.h"

namespace feedwire::daemon {

/// What came of a request.
enum class FetchResult : std::uint8_t {
  ok,            // a document was read, or a page that leads to one; the hub took the request
  not_modified,  // 304, or the same body again
  http_4xx,
  http_5xx,
  http_other,  // another status that is no answer, as a 304 that nobody asked for
  timeout,     // or slower than fetch.* bears
  dns,
  connect,
  tls,
  reset,
  truncated,
  too_large,
  blocked,
  redirect,
  encoding,
  parse_error,  // no feed, or one that cannot be read
  other,
};
inline constexpr std::size_t kFetchResults = 17;

std::string_view to_string(FetchResult result);  // "ok"

/// What came of a request whose answer is a failure.
FetchResult failure_of(const HttpResponse& response);

/// Since the start.
struct FetchFigures {
  std::array<std::uint64_t, kFetchResults> results{};  // by FetchResult
  Durations took;                                      // from the request to the end of its answer
  std::uint64_t wire_bytes = 0, decoded_bytes = 0;     // of bodies
  std::uint64_t in_flight = 0;                         // now
  /// How long the request that is due first has waited for a place, now.
  std::chrono::microseconds lag{};
};

/// Counts. Written by the poll thread, read by any.
class FetchTally {
 public:
  void start() { in_flight_.add(1); }
  /// The answer is there; what it comes to may be known later.
  void answer(const HttpResponse& response);
  void end(FetchResult result) { results_[static_cast<std::size_t>(result)].add(1); }
  void set_lag(std::chrono::microseconds lag);

  FetchFigures get() const;

 private:
  // A 304 nearby; a tarpit, which fetch.timeout ends.
  static constexpr DurationBounds kBounds = {
      std::chrono::microseconds{10'000},     std::chrono::microseconds{25'000},
      std::chrono::microseconds{50'000},     std::chrono::microseconds{100'000},
      std::chrono::microseconds{250'000},    std::chrono::microseconds{500'000},
      std::chrono::microseconds{1'000'000},  std::chrono::microseconds{2'500'000},
      std::chrono::microseconds{5'000'000},  std::chrono::microseconds{10'000'000},
      std::chrono::microseconds{30'000'000}, std::chrono::microseconds{60'000'000}};

  std::array<Tally, kFetchResults> results_;
  DurationTally took_{kBounds};
  Tally wire_bytes_, decoded_bytes_, in_flight_, lag_us_;
};

}  // namespace feedwire::daemon
