// Polls over the real network code, on loopback, until the answer is there.

#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "daemon/curl_transport.h"

namespace feedwire::daemon {

/// Limits short enough for a test to meet, long enough for a busy machine.
inline TransportOptions test_options() {
  TransportOptions options;
  options.user_agent = "feedwire/test";
  options.total_timeout = std::chrono::seconds{10};
  options.connect_timeout = std::chrono::seconds{5};
  options.first_byte = std::chrono::seconds{5};
  options.max_concurrent = 8;
  options.allow = {"127.0.0.0/8"};
  return options;
}

class Fetcher {
 public:
  explicit Fetcher(TransportOptions options = test_options())
      : transport_(std::move(options), loop_) {}

  HttpResponse get(const std::string& url) {
    HttpRequest request;
    request.url = url;
    return get(std::move(request));
  }
  HttpResponse get(HttpRequest request) {
    transport_.start(std::move(request));
    return std::move(wait_for(1).front());
  }
  /// Runs the loop until so many have ended, in the order in which they did.
  std::vector<HttpResponse> wait_for(std::size_t count) {
    std::vector<HttpResponse> ended;
    while (ended.size() < count)
      for (HttpResponse& response : turn()) ended.push_back(std::move(response));
    return ended;
  }
  /// Runs the loop until `done`; what ends meanwhile is dropped.
  template <typename Condition>
  void run_until(const Condition& done) {
    while (!done()) turn();
  }

  CurlTransport& transport() { return transport_; }

 private:
  std::vector<HttpResponse> turn() {
    const MonoTime now = clock_.now().mono;
    std::chrono::microseconds patience{1'000'000};
    if (const auto due = transport_.deadline())
      patience = std::clamp(*due <= now ? patience.zero() : *due - now, patience.zero(), patience);
    loop_.wait(patience);
    return transport_.step(clock_.now());
  }

  SystemClock clock_;
  EventLoop loop_;
  CurlTransport transport_;
};

}  // namespace feedwire::daemon
