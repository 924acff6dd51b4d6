// What the store holds, as the JSON of the HTTP API: asked of the daemon, or, while that is down,
// read from the store itself.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "cli/daemon_client.h"
#include "config/config.h"
#include "storage/store_json.h"

namespace feedwire::cli {

/// Which entries are asked for: storage::EntryFilter.
struct EntryQuery {
  std::string feed;  // key, name or URL; empty = all
  std::string tag;   // empty = any
  std::optional<WallTime> since, until;
  std::size_t limit = 20;
};

/// Used by one thread. Errors of all: not_found, permission, corrupt, io and what the daemon
/// answers (daemon_client.h).
class StoreView {
 public:
  explicit StoreView(const config::Config& config) : config_(config) {}

  /// {"feeds":[…]}. Errors also: permission, where only the URLs' credentials may not be seen.
  Result<std::string> feeds(storage::UrlText urls = storage::UrlText::shown) const;
  /// By key, name or URL.
  Result<std::string> feed(std::string_view id) const;
  /// {"entries":[…]}, those that changed last first.
  Result<std::string> entries(const EntryQuery& query) const;
  Result<std::string> entry(std::string_view key) const;
  /// By what feeds know the entry (storage::append_explanation_json).
  Result<std::string> explanation(std::string_view key) const;
  Result<std::string> cursors() const;  // {"cursors":[…]}
  Result<std::string> cursor(std::string_view name) const;
  Result<std::string> status() const;
  /// All entries as lines of events (storage::EntrySnapshot).
  Result<void> snapshot(const ByteSink& sink) const;

 private:
  const config::Config& config_;
};

/// "f-2c26…" and "e-9f86…", as events name feeds and entries, to the bare key.
std::string_view bare_key(std::string_view id);

}  // namespace feedwire::cli
