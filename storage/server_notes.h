// What a feed's server has done that few do, and that is to be remembered for days: over restarts,
// so it is kept in the feed's poll row.

#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace feedwire::storage {

struct ServerNotes {
  /// Why its validators are not to be relied on (http.md H-20). The numbers are stored.
  enum class Doubt : std::uint8_t {
    none = 0,
    same_etag = 1,     // a new body came with the ETag of the old one
    future_date = 2,   // Last-Modified lies more than a day ahead
    distant_date = 3,  // … or in 2038 or later, where some clocks end
  };
  Doubt doubt = Doubt::none;
  WallTime last_whole{};  // with a doubt: when it last was asked, or sent, regardless of validators

  WallTime http1_since{};  // its host broke HTTP/2 then, and is not to be tried with it (H-09)

  // What 429s have made of the host's gap (H-71); 0 = nothing. It was learned at `gap_since`, and
  // wears off from then on.
  std::chrono::microseconds host_gap{};
  WallTime gap_since{};

  bool operator==(const ServerNotes&) const = default;
};
inline constexpr std::uint8_t kDoubts = 4;

}  // namespace feedwire::storage
