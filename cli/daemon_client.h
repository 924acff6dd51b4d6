// Speaks HTTP with the daemon over its Unix socket (daemon/api.md).

#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace feedwire::cli {

/// Asks one question a connection. Used by one thread.
class DaemonClient {
 public:
  explicit DaemonClient(const std::filesystem::path& runtime_dir)
      : socket_(runtime_dir / "feedwire.sock") {}

  /// The body of a 2xx reply. `path` is escaped already. Errors: unavailable (no daemon), and what
  /// it answered: permission (403), not_found (404), invalid_argument (other 4xx, with its words),
  /// malformed (422: the configuration; the message holds one mistake a line), busy (503), io.
  Result<std::string> get(const std::string& path) const { return ask("GET", path, ""); }
  Result<std::string> ask(const std::string& method, const std::string& path,
                          const std::string& body) const;

 private:
  std::filesystem::path socket_;
};

/// `text` as one segment or query value of a path (RFC 3986).
std::string escape_url(std::string_view text);

}  // namespace feedwire::cli
