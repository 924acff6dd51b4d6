// What the store holds, as the JSON of the HTTP API: asked of the daemon, or, while that is down,
// read from the store itself.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/config.h"

namespace feedwire::cli {

/// Used by one thread. Errors of all: not_found, permission, corrupt, io and what the daemon
/// answers (daemon_client.h).
class StoreView {
 public:
  explicit StoreView(const config::Config& config) : config_(config) {}

  Result<std::string> feeds() const;  // {"feeds":[…]}
  /// {"entries":[…]}, those that changed last first. `feed`: key, name or URL; empty = all.
  Result<std::string> entries(std::string_view feed, std::size_t limit) const;
  Result<std::string> entry(std::string_view key) const;
  Result<std::string> cursors() const;  // {"cursors":[…]}
  Result<std::string> cursor(std::string_view name) const;
  Result<std::string> status() const;

 private:
  const config::Config& config_;
};

/// "f-2c26…" and "e-9f86…", as events name feeds and entries, to the bare key.
std::string_view bare_key(std::string_view id);

}  // namespace feedwire::cli
