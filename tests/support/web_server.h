// A small web server for tests, on loopback: pages by path, a record of every request byte.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/loopback_listener.h"

namespace feedwire::tests {

struct WebRequest {
  std::string method, target;  // target: path and query as sent
  std::string head;            // all bytes up to and with the empty line
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, in order
  std::string body{};                                        // as long as its Content-Length says

  /// The path without query.
  std::string path() const { return target.substr(0, target.find('?')); }
  /// The first header of that (lower-case) name, or nothing.
  std::optional<std::string> header(std::string_view name) const;
};

struct WebResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};  // Content-Length is added
  std::string body{};
  std::chrono::milliseconds delay{};  // before the first byte
};

/// `page`, or a 304 with its headers where the request's validators match (RFC 9110 13.1: where
/// there is an If-None-Match, it alone counts).
WebResponse answer_conditional(const WebRequest& request, WebResponse page);

/// Serves from the constructor to the destructor. All members may be called from any thread.
class WebServer {
 public:
  /// Called on a connection's thread; must be safe on several at once.
  using Handler = std::function<WebResponse(const WebRequest&)>;

  /// Throws std::runtime_error where it cannot listen. `tls`, if given, must outlive the server.
  explicit WebServer(const std::string& address = "127.0.0.1", std::uint16_t port = 0,
                     const TlsIdentity* tls = nullptr);

  /// Answers requests for `path`; the last call for a path counts. Other paths give 404.
  void handle(const std::string& path, Handler handler);
  /// A page that never changes, with conditional answers if it has validators.
  void page(const std::string& path, WebResponse page);

  /// "http://127.0.0.1:8080" + path_and_query; with `host` in place of the address, if given.
  std::string url(const std::string& path_and_query, const std::string& host = "") const;
  std::uint16_t port() const { return listener_.port(); }

  /// All requests so far, oldest first.
  std::vector<WebRequest> requests() const;
  std::vector<WebRequest> requests(const std::string& path) const;
  int connections() const { return listener_.accepted(); }

 private:
  void serve(Connection& connection);
  WebResponse answer(const WebRequest& request);

  const std::string address_;
  const bool tls_;
  mutable std::mutex mutex_;
  std::map<std::string, Handler> handlers_;  // guarded by mutex_
  std::vector<WebRequest> requests_;         // guarded by mutex_
  LoopbackListener listener_;                // last: its threads use all the others
};

}  // namespace feedwire::tests
