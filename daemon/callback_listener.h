// The address at which WebSub hubs verify subscriptions and push what is new. A small HTTP server
// on the poll thread's event loop; what requests mean is the handler's affair.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "daemon/event_loop.h"

namespace feedwire::daemon {

/// Limits, as those of S20: whoever finds the address may talk to it.
inline constexpr std::size_t kMaxCallbackHeaderBytes = 16 << 10;
inline constexpr unsigned kMaxCallbackConnections = 64;   // one request each; others wait
inline constexpr std::chrono::seconds kCallbackTime{30};  // for a whole request and its reply
/// What of it a push may wait for its answer; then its hub is told to come again.
inline constexpr std::chrono::seconds kAnswerTime{20};
/// Of bodies that are being received at once; a hub that comes then is told to come again.
inline constexpr std::uint64_t kMaxCallbackBytesHeld = 64 << 20;

/// A hub's request.
struct CallbackRequest {
  std::string token;                         // the last segment of its path
  std::map<std::string, std::string> query;  // of a GET, decoded
  // Of a POST.
  std::string content_type, content_encoding, signature;
  std::string body;
};

struct CallbackReply {
  int status = 404;
  std::string body = {};  // text/plain
};

/// What one request waits for: it is said once, at once or later, by the thread that steps the
/// listener. A hub to which nothing is said is told to come again (503); one that does not wait any
/// more hears nothing.
class CallbackAnswer {
 public:
  using Say = std::function<void(CallbackReply)>;
  explicit CallbackAnswer(Say say) : say_(std::make_unique<Say>(std::move(say))) {}
  CallbackAnswer(CallbackAnswer&&) = default;
  CallbackAnswer& operator=(CallbackAnswer&&) = delete;
  ~CallbackAnswer() {
    if (say_) (*say_)({kComeAgain});
  }
  void operator()(CallbackReply reply) && { (*std::exchange(say_, nullptr))(std::move(reply)); }

  static constexpr int kComeAgain = 503;

 private:
  std::unique_ptr<Say> say_;  // null once it is said
};

/// Who answers. Called by the thread that steps the listener.
struct CallbackHandler {
  /// Whether anything is to be read of a request with this token.
  std::function<bool(std::string_view token)> knows;
  std::function<CallbackReply(CallbackRequest)> verify;       // GET
  std::function<void(CallbackRequest, CallbackAnswer)> push;  // POST
};

/// Used by one thread, that of `loop`, from the first step() on. Whatever is asked of paths that
/// the handler does not know gets the same 404, without its body being read.
class CallbackListener {
 public:
  struct Options {
    std::string address;               // "127.0.0.1:8081", "[::1]:8081"; a host name will not do
    std::uint64_t max_body_bytes = 0;  // of a push, as it comes
  };

  /// `loop` must outlive the listener. Errors: invalid_argument (the address), busy (somebody
  /// listens there), permission, io.
  static Result<std::unique_ptr<CallbackListener>> open(Options options, EventLoop& loop,
                                                        CallbackHandler handler);
  virtual ~CallbackListener() = default;

  /// Keeps the time limits. Sockets are served by the loop's callbacks.
  virtual void step(MonoTime now) = 0;
  /// When step() has something to do even if no socket stirs.
  virtual std::optional<MonoTime> deadline() const = 0;
  virtual std::uint16_t port() const = 0;
};

}  // namespace feedwire::daemon
