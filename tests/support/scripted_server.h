// A server that plays a script, byte by byte, whatever it is asked: for what no decent web server
// would send.

#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tests/support/loopback_listener.h"

namespace feedwire::tests {

struct Send {
  std::string bytes;
};
struct SendForever {  // again and again until the peer goes
  std::string bytes;
  std::chrono::milliseconds pause{};  // after each
};
struct Pause {
  std::chrono::milliseconds span;
};
struct Hang {};         // until the peer goes or the server stops
struct Reset {};        // a TCP reset instead of an orderly close
struct NextRequest {};  // waits for the next request on the same connection

using Step = std::variant<Send, SendForever, Pause, Hang, Reset, NextRequest>;
/// What happens on one connection after a request has been read; at its end the connection closes.
using Script = std::vector<Step>;

/// `bytes` in pieces of `piece_bytes`, which leave one by one.
Script in_pieces(std::string_view bytes, std::size_t piece_bytes);

/// The n-th connection plays the n-th script, further ones the last. Serves from the constructor
/// to the destructor; all members may be called from any thread.
class ScriptedServer {
 public:
  explicit ScriptedServer(Script script) : ScriptedServer(std::vector<Script>{std::move(script)}) {}
  /// `scripts` must not be empty.
  explicit ScriptedServer(std::vector<Script> scripts, const TlsIdentity* tls = nullptr);

  /// "http://127.0.0.1:8080" + path_and_query.
  std::string url(std::string_view path_and_query = "/feed") const;
  /// The request heads so far, oldest first.
  std::vector<std::string> requests() const;
  int connections() const { return listener_.accepted(); }

 private:
  void serve(Connection& connection);
  const Script& next_script();

  const std::vector<Script> scripts_;
  const bool tls_;
  mutable std::mutex mutex_;
  std::size_t next_script_ = 0;        // guarded by mutex_
  std::vector<std::string> requests_;  // guarded by mutex_
  LoopbackListener listener_;          // last: its threads use all the others
};

}  // namespace feedwire::tests
