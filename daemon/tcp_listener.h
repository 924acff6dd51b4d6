// The listening TCP sockets of the daemon's HTTP servers.

#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace feedwire::daemon {

/// Listens at "127.0.0.1:8081" or "[::1]:8081"; port 0: at one that is free. Errors:
/// invalid_argument (no such address), busy (somebody listens there), permission, io.
Result<UniqueFd> listen_tcp(const std::string& address);

/// Where a socket listens.
struct ListenedAt {
  std::uint16_t port = 0;
  bool is_loopback = false;  // other machines cannot reach it
};
/// Errors: io.
Result<ListenedAt> listened_at(const UniqueFd& listener);

}  // namespace feedwire::daemon
