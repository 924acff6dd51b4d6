// The real Transport: libcurl's multi interface, driven by the poll thread's event loop.

#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "daemon/address_guard.h"
#include "daemon/curl_transfer.h"
#include "daemon/event_loop.h"
#include "daemon/large_bodies.h"
#include "daemon/transport.h"

namespace feedwire::daemon {

/// Used by one thread, that of `loop`, which must outlive the transport. The process must ignore
/// SIGPIPE. The destructor drops what is under way without waiting for anyone.
class CurlTransport : public Transport {
 public:
  /// The CIDRs of `options` must be valid: a wrong one throws.
  CurlTransport(TransportOptions options, EventLoop& loop);
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;
  ~CurlTransport() override;

  void start(HttpRequest request) override;
  std::size_t free_places() const override;
  bool crowded() const override { return large_->crowded(); }
  /// Sockets are served by the loop's callbacks; this serves timers and gathers what ended.
  std::vector<HttpResponse> step(Now now) override;

  /// When step() has something to do even if no socket stirs; nothing while there is no transfer.
  std::optional<MonoTime> deadline() const;

 private:
  struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  void add(CurlTransfer* transfer);
  void end_hop(CurlTransfer* transfer, CURLcode result, MonoTime now);
  void limit_connections();
  void finish(CurlTransfer* transfer, MonoTime now);
  void check_limits(MonoTime now);
  std::size_t max_active() const {
    return options_.max_concurrent * (1 + options_.max_stalled_share);
  }

  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*);
  static int on_timer(CURLM*, long milliseconds, void* self);

  const TransportOptions options_;
  const AddressGuard guard_;
  EventLoop& loop_;
  const std::chrono::microseconds check_interval_;
  std::unique_ptr<CURLM, FreeMulti> multi_;  // outlives the transfers' handles

  const std::shared_ptr<LargeBodies> large_;
  std::vector<std::unique_ptr<CurlTransfer>> transfers_;  // all, kept for reuse
  std::vector<CurlTransfer*> idle_, active_;
  std::size_t stalled_ = 0;  // of the active, at the last check
  std::vector<HttpResponse> finished_;
  std::optional<MonoTime> curl_deadline_;
  MonoTime next_check_{};
};

}  // namespace feedwire::daemon
