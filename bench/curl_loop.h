// The limit of what polling can cost: a bare libcurl multi loop with epoll that throws every answer
// away, or hands it on.

#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace feedwire::bench {

struct Target {
  std::string url;
  std::string etag;  // sent as If-None-Match where not empty
};

struct LoopOptions {
  std::size_t at_once = 64;
  std::string ca_file;  // PEM; empty = the system's
  /// libcurl reads that file once, not for every connection. Its defaults are without.
  bool caches_ca = true;
  /// Takes over each body.
  std::function<void(std::string body)> take{};
};

/// GETs all targets, each on a connection of its own, and returns how many were answered with
/// `status`. Ends the program with a message where libcurl fails.
std::size_t fetch_all(const std::vector<Target>& targets, long status,
                      const LoopOptions& options = {});

}  // namespace feedwire::bench
