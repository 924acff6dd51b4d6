// The limit of what polling can cost: a bare libcurl multi loop with epoll that throws every answer
// away.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace feedwire::bench {

struct Target {
  std::string url;
  std::string etag;  // sent as If-None-Match where not empty
};

/// GETs all targets, `at_once` of them at a time, each on a connection of its own, and returns how
/// many were answered with `status`. Ends the program with a message where libcurl fails.
std::size_t fetch_all(const std::vector<Target>& targets, std::size_t at_once, long status);

}  // namespace feedwire::bench
