// What the poll stage needs of the network: start a request, later get its answer. The real one is
// CurlTransport; tests and simulations replay a web of their own.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace feedwire::daemon {

/// One conditional GET, or one POST of a form, with all its redirects.
struct HttpRequest {
  std::uint64_t id = 0;  // chosen by the caller, comes back in the response
  std::string url;
  std::string etag, last_modified;  // sent byte for byte where not empty, to `validators_url` only
  std::string validators_url;       // the final URL the validators belong to; empty = `url`
  /// Whose origin the operator's headers and the userinfo are for, which are this URL's; empty =
  /// `url`.
  std::string home_url;
  std::vector<std::pair<std::string, std::string>> headers;  // the operator's own
  std::vector<std::string> allow;  // CIDRs this feed may reach although private
  /// application/x-www-form-urlencoded; where not empty it is POSTed. Of redirects only 307 and 308
  /// are followed, which repeat that (RFC 9110 15.4).
  std::string form;
  bool http1 = false;  // HTTP/2 is not offered (H-09)
  /// The same host is asked again soon. Else the connection ends with the answer: a server that is
  /// asked once an hour has no use for it either.
  bool keep_connection = false;
};

enum class TransportError {
  none,
  dns,
  connect,
  tls,
  timeout,       // connect, first byte or total
  too_slow,      // below the low-speed limit
  reset,         // or an end before any answer, or a breach of the protocol
  truncated,     // fewer bytes than announced, no last chunk, a cut gzip stream
  too_large,     // body or headers over a limit, or a compression bomb
  blocked,       // an address that is not allowed (security S1)
  bad_redirect,  // too many, a loop, another scheme, https -> http
  bad_encoding,  // a content coding that cannot be decoded
  other,
};
std::string_view to_string(TransportError error);

struct HttpResponse {
  std::uint64_t id = 0;
  TransportError error = TransportError::none;
  std::string error_message;  // for people; empty without an error
  int status = 0;             // of the last hop; 0 where none answered
  std::string final_url;
  /// Who answered: an IP address, empty where it is not known, as behind a proxy; and the network
  /// of `allow` without which it were not to be reached, empty where anybody may.
  struct Peer {
    std::string address, allowed_by;
  };
  struct Hop {
    int status;
    std::string to;
    Peer peer = {};
  };
  std::vector<Hop> redirects;  // in order, without the final answer
  Peer peer;                   // of the final answer
  /// Headers of the final answer, names in lower case, in order, values byte for byte.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;              // decoded
  std::shared_ptr<void> place;   // of a large body among those in memory; to be kept with it
  std::uint64_t wire_bytes = 0;  // of the body, as it came
  std::chrono::microseconds elapsed{};
  bool sent_validators = false;       // with the request that got the final answer
  bool from_private_network = false;  // it came from an address that needs an `allow`
  bool sent_cookie = false;           // one that the operator has not asked for (H-05)
  bool broke_http2 = false;           // the last hop ended in a breach of HTTP/2 (H-09)

  /// The first header of that (lower-case) name, or nothing.
  std::optional<std::string_view> header(std::string_view name) const;
};

/// Limits and identity of all requests (http.md 3, security S1 to S8).
struct TransportOptions {
  std::string user_agent;
  std::size_t max_concurrent = 256;
  // Who has sent next to nothing for so long after the start gives up his place, which another may
  // take: so many times max_concurrent of them may wait (S8).
  std::chrono::milliseconds stalled_after{2'000};
  std::size_t max_stalled_share = 3;
  std::chrono::milliseconds total_timeout{60'000}, connect_timeout{10'000}, first_byte{30'000};
  std::uint64_t low_speed_bytes = 100;               // bytes/s …
  std::chrono::milliseconds low_speed_time{20'000};  // … for so long after the first byte
  std::uint64_t max_body_bytes = 16 << 20;           // decoded
  std::size_t max_large = 8;                         // beyond kLargeBody, in memory at once
  std::uint64_t max_ratio = 200;                     // decoded : wire, beyond the first MiB
  std::uint64_t max_header_bytes = 64 << 10;
  int max_redirects = 5;
  std::string proxy;               // where set, addresses are its affair (S4)
  std::vector<std::string> allow;  // CIDRs
  std::string ca_file;             // PEM; empty = the system's
};

/// Used by one thread, the poll thread.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Starts a request. Only so many may be under way; ask free_places().
  virtual void start(HttpRequest request) = 0;
  virtual std::size_t free_places() const = 0;
  /// Whether large bodies wait until others are gone: one more would only wait with them.
  virtual bool crowded() const { return false; }

  /// Moves all transfers on as far as they go without waiting, and returns those that ended.
  virtual std::vector<HttpResponse> step(Now now) = 0;
};

}  // namespace feedwire::daemon
