// Tells our own network's outage from the servers' (H-62).

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/transport.h"

namespace feedwire::daemon {

/// Used by one thread.
class OutageDetector {
 public:
  static constexpr std::size_t kAttempts = 20;  // the last ones, of which half must have failed …
  static constexpr std::size_t kHosts = 5;      // … at so many hosts at least

  /// A request to `host` ended. Returns whether that changed offline().
  bool note(std::string_view host, TransportError error);

  /// Nothing can be reached, as far as can be told: no host is to blame for it.
  bool offline() const { return offline_; }

  /// Whether the error is one that an outage of ours shows as.
  static bool is_network_error(TransportError error) {
    return error == TransportError::dns || error == TransportError::connect;
  }

 private:
  struct Attempt {
    std::uint64_t host = 0;
    bool failed = false;
  };

  bool looks_offline() const;

  std::array<Attempt, kAttempts> last_{};
  std::size_t count_ = 0;
  bool offline_ = false;
};

}  // namespace feedwire::daemon
