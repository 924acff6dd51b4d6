// What both test servers stand on: a listening socket and a thread for each connection, written
// with plain blocking sockets so that every byte and every pause is the test's own.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/unique_fd.h"

struct ssl_ctx_st;
struct ssl_st;

namespace feedwire::tests {

class LoopbackListener;
class TlsIdentity;

/// One accepted connection. Used by its own thread only.
class Connection {
 public:
  Connection(LoopbackListener& listener, UniqueFd socket);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Appends what comes next. False once the peer has ended the stream or the listener stops.
  bool read_some(std::string& buffer);
  /// Moves the next request head, up to and with its empty line, from `buffer` to `head`, reading
  /// on as needed. False where the connection ends first.
  bool read_head(std::string& buffer, std::string& head);
  /// False where the peer is gone or the listener stops.
  bool write(std::string_view bytes);
  /// Does nothing for a while. False where the listener stops meanwhile.
  bool pause(std::chrono::milliseconds span);
  /// Ends the connection with a TCP reset instead of an orderly close.
  void reset();

 private:
  friend class LoopbackListener;

  bool accept_tls(ssl_ctx_st* context);
  void end();
  void interrupt();  // makes a blocked read or write return; by the listener's destructor

  LoopbackListener& listener_;
  UniqueFd socket_;  // closed and, by other threads, looked at under the listener's mutex
  ssl_st* tls_ = nullptr;
  bool broken_ = false;  // no orderly end is possible any more
};

/// Listens from the constructor to the destructor, which ends all connections and joins their
/// threads. Throws std::runtime_error where it cannot listen.
class LoopbackListener {
 public:
  /// Called on a thread of its own for each connection, which ends when it returns.
  using Serve = std::function<void(Connection&)>;

  /// `port` 0 takes a free one. `tls`, if given, must outlive the listener.
  LoopbackListener(const std::string& address, std::uint16_t port, const TlsIdentity* tls,
                   Serve serve);
  ~LoopbackListener();

  std::uint16_t port() const { return port_; }
  /// Connections accepted so far.
  int accepted() const { return accepted_; }

 private:
  friend class Connection;
  struct Client;

  void accept_all();
  void reap_finished();

  const TlsIdentity* const tls_;
  const Serve serve_;
  UniqueFd socket_;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;      // guarded by mutex_
  std::list<Client> clients_;  // of the accepting thread; the destructor's once that has ended
  std::thread acceptor_;       // last: it uses all the others
};

}  // namespace feedwire::tests
