// One poll on its way through libcurl: the hops of its redirects, one after the other on one easy
// handle, and what comes back. Redirects are ours, not curl's, so that each hop passes our rules
// (scheme, loop, whom credentials and validators belong to) and is recorded.

#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ip_network.h"
#include "base/result.h"
#include "daemon/address_guard.h"
#include "daemon/body_decoder.h"
#include "daemon/http_target.h"
#include "daemon/large_bodies.h"
#include "daemon/transport.h"

namespace feedwire::daemon {

/// Used by the poll thread, again and again for one request after the other. The handle carries
/// only settings between requests: no cookie, no body, no header.
class CurlTransfer {
 public:
  /// All three must outlive the transfer.
  CurlTransfer(const TransportOptions& options, const AddressGuard& guard, LargeBodies& large);
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  /// Prepares the first hop. False where the request cannot be made; the response says why.
  bool begin(HttpRequest request, MonoTime now);

  /// To be called when curl is done with a hop (its handle is out of the multi). True where a
  /// redirect is to be followed and the handle is prepared for it, false at the end of the poll.
  bool end_hop(CURLcode result, MonoTime now);

  /// Applies the limits that curl does not keep. False where one is passed: the hop is to be given
  /// up with end_hop(CURLE_ABORTED_BY_CALLBACK).
  bool within_limits(MonoTime now);

  /// It has got the place among the large bodies for which it has waited, and may go_on(), which
  /// moves it on at once.
  void admit() { growth_ = Growth::large; }
  void go_on();
  /// Looks whether the poll waits: for a server that has sent next to nothing, or for a place.
  bool look_if_stalled(MonoTime now);
  /// What the last look at this poll said.
  bool stalled() const { return stalled_; }

  /// After the last hop.
  HttpResponse take_response(MonoTime now);

  CURL* handle() const { return easy_.get(); }

 private:
  struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  void set_constant_options();
  Result<void> check_request();
  Result<void> note_other_urls(const HttpTarget& target);
  bool begin_hop(HttpTarget target, MonoTime now);
  void set_method();
  void set_request_headers();
  void add_request_header(const std::string& name, const std::string& value);

  void take_header_line(std::string_view line);
  void end_of_headers();
  void choose_coding();
  bool may_grow();
  void leave_large();
  void take_body(std::string_view bytes);
  curl_socket_t open_socket(const curl_sockaddr& address);

  bool follow(MonoTime now);
  HttpResponse::Peer peer() const;
  bool fail(TransportError error, std::string message);
  void fail_with(CURLcode result);

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static int on_request(void* self, char*, char*, int, int);
  static curl_socket_t on_open_socket(void* self, curlsocktype, curl_sockaddr* address);

  const TransportOptions& options_;
  const AddressGuard& guard_;
  LargeBodies& large_;
  std::string curl_message_;  // CURL_ERROR_SIZE bytes; curl may write to them to its end
  std::unique_ptr<CURL, FreeEasy> easy_;

  // The poll.
  HttpRequest request_;
  std::vector<IpNetwork> allow_;
  std::string home_origin_, validators_url_;
  std::string user_, password_;
  std::vector<std::string> visited_;
  MonoTime started_{};
  HttpResponse response_;
  bool stalled_ = false;
  enum class Growth { small, waits, large } growth_ = Growth::small;  // of the body

  // The hop.
  HttpTarget target_;
  std::unique_ptr<curl_slist, FreeList> headers_;
  MonoTime hop_started_{};
  bool answering_ = false;  // its first byte has come
  bool headers_complete_ = false;
  bool speaks_http2_ = false;  // as agreed upon when it was connected
  std::string location_;       // where its answer redirects to
  std::uint64_t header_bytes_ = 0, body_bytes_ = 0;
  MonoTime window_started_{};  // of the low-speed limit; unset before the first byte
  std::uint64_t window_bytes_ = 0;
  int sockets_opened_ = 0;
  std::string blocked_;  // "127.0.0.1 (loopback)", an address that was refused
  std::unique_ptr<BodyDecoder> decoder_;
};

}  // namespace feedwire::daemon
