// One request and its reply, between libmicrohttpd and whichever thread has the answer.

#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "daemon/api_message.h"

struct MHD_Connection;

namespace feedwire::daemon {

/// A request under way. While the answer is waited for, libmicrohttpd has the connection suspended.
class ApiExchange : public std::enable_shared_from_this<ApiExchange> {
 public:
  ApiExchange(MHD_Connection* connection, ApiRequest head)
      : request(std::move(head)), connection_(connection) {}

  // Of the API's thread.
  ApiRequest request;
  bool asked = false;  // the routes have got the request

  /// Sets the reply and, if the connection is suspended for it, resumes that. Only the first call
  /// counts. Any thread, also when the connection is long gone.
  void give(ApiReply reply);

  /// Takes the reply, or suspends the connection until there is one. The API's thread, only where
  /// libmicrohttpd lets a handler suspend.
  std::optional<ApiReply> take_or_suspend();

 private:
  MHD_Connection* const connection_;
  std::mutex mutex_;
  std::optional<ApiReply> reply_;  // guarded by mutex_
  bool given_ = false;             // guarded by mutex_
  bool suspended_ = false;         // guarded by mutex_
};

/// A Respond for `exchange` that keeps its word: see there.
Respond responder(std::shared_ptr<ApiExchange> exchange);

/// The exchanges that libmicrohttpd knows of. Any thread.
class ApiExchanges {
 public:
  /// Null once close() was called.
  std::shared_ptr<ApiExchange> add(MHD_Connection* connection, ApiRequest head);
  void remove(ApiExchange* exchange);

  /// No more exchanges; those under way are given a 503 and time to send it.
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable removed_;
  std::unordered_map<ApiExchange*, std::shared_ptr<ApiExchange>> open_;  // guarded by mutex_
  bool closed_ = false;                                                  // guarded by mutex_
};

}  // namespace feedwire::daemon
