// Speaks HTTP with the daemon over its Unix socket (daemon/api.md).

#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace feedwire::cli {

/// Takes the next bytes of something long; false ends it early.
using ByteSink = std::function<bool(std::string_view bytes)>;

/// Asks one question a connection. Used by one thread.
class DaemonClient {
 public:
  explicit DaemonClient(const std::filesystem::path& runtime_dir)
      : socket_(runtime_dir / "feedwire.sock") {}

  /// The body of a 2xx reply. `path` is escaped already. Errors: unavailable (no daemon), and what
  /// it answered: permission (403), not_found (404), invalid_argument (other 4xx, with its words),
  /// malformed (422: the configuration; the message holds one mistake a line), busy (429, 503), io.
  Result<std::string> get(const std::string& path) const { return ask("GET", path, ""); }
  Result<std::string> ask(const std::string& method, const std::string& path,
                          const std::string& body) const;

  /// get() for a body that is long: handed to `sink` as it comes in. An early end asked for by
  /// `sink` is none of the errors; a body that breaks off is io.
  Result<void> stream(const std::string& path, const ByteSink& sink) const;

 private:
  struct Exchange;
  Result<void> perform(const std::string& method, const std::string& path, const std::string& body,
                       Exchange& exchange) const;

  std::filesystem::path socket_;
};

/// `text` as one segment or query value of a path (RFC 3986).
std::string escape_url(std::string_view text);

}  // namespace feedwire::cli
