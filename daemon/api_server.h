// The API's HTTP server: libmicrohttpd on a Unix socket and, where the operator wants it, at a TCP
// address; each with one thread (epoll) and places for connections of its own.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "daemon/api_backend.h"
#include "daemon/event_streams.h"
#include "daemon/peer_credentials.h"

namespace feedwire::daemon {

/// Limits of S20.
inline constexpr std::size_t kMaxApiHeaderBytes = 16 << 10;
inline constexpr std::size_t kMaxApiBodyBytes = 1 << 20;
/// Beside as many as there may be streams. One request at a time each; others wait.
inline constexpr unsigned kMaxApiConnections = 64;
inline constexpr unsigned kApiIdleSeconds = 30;
inline constexpr unsigned kApiStreamIdleSeconds = 600;    // between two pieces of a long body
inline constexpr unsigned kEventStreamIdleSeconds = 120;  // of one that takes nothing
/// Connections of those who may not even read: a few, so that they hear the 403 and still cannot
/// take the places of the others.
inline constexpr unsigned kMaxApiStrangers = 8;

/// Serves from start() until stop() or destruction. Used by one thread, the main thread.
class ApiServer {
 public:
  struct Options {
    EventStreams::Options streams;
    unsigned stream_idle_seconds = kEventStreamIdleSeconds;
    std::string listen;                // the TCP address; empty = none
    std::filesystem::path token_file;  // beside it
  };

  /// `backend` and `clock` must outlive the server. Errors: those of UnixListener::open(),
  /// listen_tcp() and TcpGuard::open(), which tell the key of the configuration; io.
  static Result<std::unique_ptr<ApiServer>> start(const std::filesystem::path& socket,
                                                  AccessPolicy policy, Options options,
                                                  ApiBackend& backend, const Clock& clock);
  virtual ~ApiServer() = default;

  /// Of the TCP address, 0 = none.
  virtual std::uint16_t port() const = 0;

  /// Takes no more requests, answers those that wait for another thread with 503 and ends the API's
  /// threads, within a second; it waits for no other thread. Once it has returned nobody calls the
  /// backend any more, and what the backend still does with its callbacks has no effect.
  virtual void stop() = 0;
};

}  // namespace feedwire::daemon
