#include "daemon/callback_listener.h"

#include <fmt/format.h>
#include <microhttpd.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <unordered_map>
#include <utility>

#include "base/unique_fd.h"
#include "daemon/mhd_request.h"
#include "daemon/tcp_listener.h"

namespace feedwire::daemon {
namespace {

/// libmicrohttpd's memory for a connection: a whole header, and as much again for the reply's.
constexpr std::size_t kConnectionMemory = 2 * kMaxCallbackHeaderBytes;
constexpr unsigned kIdleSeconds = 10;

std::string header_of(MHD_Connection* connection, const char* name) {
  const char* const value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? std::string() : std::string(value);
}

MHD_Result send(MHD_Connection* connection, const CallbackReply& reply) {
  MHD_Response* const response = MHD_create_response_from_buffer(
      reply.body.size(), const_cast<char*>(reply.body.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
  MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
  // One request a connection: then kCallbackTime bounds each.
  MHD_add_response_header(response, "Connection", "close");
  if (reply.status == 503) MHD_add_response_header(response, "Retry-After", "60");
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(reply.status), response);
  MHD_destroy_response(response);
  return queued;
}

class MhdCallbackListener : public CallbackListener {
 public:
  MhdCallbackListener(Options options, EventLoop& loop, CallbackHandler handler)
      : options_(std::move(options)), loop_(loop), handler_(std::move(handler)) {}
  ~MhdCallbackListener() override;

  Result<void> serve(UniqueFd listener);
  void step(MonoTime now) override;
  std::optional<MonoTime> deadline() const override;
  std::uint16_t port() const override { return port_; }

 private:
  /// A push and what is said to it, between this server and whoever answers.
  struct Wait {
    MhdCallbackListener& listener;  // there while the connection is
    MHD_Connection* connection;     // null once it is gone
    MonoTime since;
    bool is_suspended = false;
    std::optional<CallbackReply> reply;
  };
  struct Upload {
    CallbackRequest request;
    bool is_push = false;
    std::shared_ptr<Wait> wait;  // once the whole push is there
  };
  /// When a connection came, by the clock that step() is told.
  struct Visit {
    MonoTime since;
    int fd;
    std::shared_ptr<Wait> wait;
  };

  MHD_Result handle(MHD_Connection* connection, const char* url, std::string_view method,
                    const char* bytes, std::size_t* size, void** context);
  MHD_Result begin(MHD_Connection* connection, std::string_view path, std::string_view method,
                   void** context);
  MHD_Result take_push(MHD_Connection* connection, Upload& upload);
  static void say(Wait& wait, CallbackReply reply);
  void completed(void** context);
  void connected(MHD_Connection* connection);

  const Options options_;
  EventLoop& loop_;
  const CallbackHandler handler_;
  MHD_Daemon* daemon_ = nullptr;
  int epoll_fd_ = -1;
  std::uint16_t port_ = 0;
  MonoTime now_ = SystemClock().now().mono;
  std::unordered_map<MHD_Connection*, Visit> visits_;
  std::uint64_t bytes_held_ = 0;
  bool has_resumed_ = false;  // a connection; it is served by the next step
};

MhdCallbackListener::~MhdCallbackListener() {
  if (daemon_ == nullptr) return;
  loop_.forget(epoll_fd_);
  // It does not stop while a connection is suspended.
  for (const auto& [connection, visit] : visits_)
    if (visit.wait) say(*visit.wait, {CallbackAnswer::kComeAgain});
  MHD_stop_daemon(daemon_);
}

Result<void> MhdCallbackListener::serve(UniqueFd listener) {
  const auto on_request = [](void* self, MHD_Connection* connection, const char* url,
                             const char* method, const char*, const char* bytes, std::size_t* size,
                             void** context) {
    return static_cast<MhdCallbackListener*>(self)->handle(connection, url, method, bytes, size,
                                                           context);
  };
  const auto on_completed = [](void* self, MHD_Connection*, void** context,
                               MHD_RequestTerminationCode) {
    static_cast<MhdCallbackListener*>(self)->completed(context);
  };
  const auto on_connection = [](void* self, MHD_Connection* connection, void**,
                                MHD_ConnectionNotificationCode code) {
    auto& server = *static_cast<MhdCallbackListener*>(self);
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
      server.connected(connection);
    else
      server.visits_.erase(connection);
  };
  const Result<ListenedAt> place = listened_at(listener);
  if (!place) return place.error();
  port_ = place->port;
  daemon_ =
      MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr,
                       nullptr, static_cast<MHD_AccessHandlerCallback>(on_request), this,  //
                       MHD_OPTION_EXTERNAL_LOGGER, &log_mhd_message, nullptr,              //
                       MHD_OPTION_LISTEN_SOCKET, listener.get(),                           //
                       MHD_OPTION_CONNECTION_LIMIT, kMaxCallbackConnections,               //
                       MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds,                        //
                       MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory,              //
                       MHD_OPTION_UNESCAPE_CALLBACK, &keep_escapes, nullptr,               //
                       MHD_OPTION_NOTIFY_COMPLETED,                                        //
                       static_cast<MHD_RequestCompletedCallback>(on_completed), this,      //
                       MHD_OPTION_NOTIFY_CONNECTION,                                       //
                       static_cast<MHD_NotifyConnectionCallback>(on_connection), this,     //
                       MHD_OPTION_END);
  if (daemon_ == nullptr) return Error{ErrorCode::io, "libmicrohttpd does not start"};
  static_cast<void>(listener.release());  // it closes what it is given
  epoll_fd_ = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  loop_.watch(epoll_fd_, EPOLLIN, [this](std::uint32_t) { MHD_run(daemon_); });
  return {};
}

void MhdCallbackListener::step(MonoTime now) {
  now_ = now;
  // Closed by libmicrohttpd, once it sees the end.
  for (const auto& [connection, visit] : visits_) {
    const bool is_late = now - visit.since >= kCallbackTime;
    if (is_late) ::shutdown(visit.fd, SHUT_RDWR);
    // It does not look at a connection that is suspended.
    if (visit.wait && (is_late || now - visit.wait->since >= kAnswerTime))
      say(*visit.wait, {CallbackAnswer::kComeAgain});
  }
  if (const auto due = deadline(); due && *due <= now) {
    has_resumed_ = false;
    MHD_run(daemon_);
  }
}

std::optional<MonoTime> MhdCallbackListener::deadline() const {
  if (visits_.empty()) return std::nullopt;
  if (has_resumed_) return now_;
  MHD_UNSIGNED_LONG_LONG milliseconds = 0;
  if (MHD_get_timeout(daemon_, &milliseconds) == MHD_NO) return std::nullopt;
  return now_ + std::chrono::milliseconds(milliseconds);
}

void MhdCallbackListener::connected(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  visits_[connection] = {now_, info->connect_fd, nullptr};
}

MHD_Result MhdCallbackListener::begin(MHD_Connection* connection, std::string_view path,
                                      std::string_view method, void** context) {
  if (has_larger_header(connection, kMaxCallbackHeaderBytes)) return send(connection, {431});
  Upload upload;
  upload.request.token = path.substr(path.rfind('/') + 1);
  if (!handler_.knows(upload.request.token)) return send(connection, {404});
  upload.is_push = method == "POST";
  if (!upload.is_push && method != "GET") return send(connection, {405});
  if (upload.is_push) {
    if (announces_more(connection, options_.max_body_bytes)) return send(connection, {413});
    if (bytes_held_ >= kMaxCallbackBytesHeld) return send(connection, {503});
    upload.request.content_type = header_of(connection, "Content-Type");
    upload.request.content_encoding = header_of(connection, "Content-Encoding");
    upload.request.signature = header_of(connection, "X-Hub-Signature");
  } else {
    Result<std::map<std::string, std::string>> query = query_of(connection);
    if (!query) return send(connection, {404});
    upload.request.query = *std::move(query);
  }
  *context = new Upload(std::move(upload));  // deleted by completed()
  return MHD_YES;
}

MHD_Result MhdCallbackListener::handle(MHD_Connection* connection, const char* url,
                                       std::string_view method, const char* bytes,
                                       std::size_t* size, void** context) {
  if (*context == nullptr) return begin(connection, url, method, context);
  Upload& upload = *static_cast<Upload*>(*context);
  if (*size > 0) {
    // No reply can be queued before the end of a chunked body, and there may be none: hang up.
    if (upload.request.body.size() + *size > options_.max_body_bytes) return MHD_NO;
    if (upload.is_push) upload.request.body.append(bytes, *size);
    bytes_held_ += upload.is_push ? *size : 0;
    *size = 0;
    return MHD_YES;
  }
  if (upload.is_push) return take_push(connection, upload);
  return send(connection, handler_.verify(std::move(upload.request)));
}

// Called when the push is there, and again once its answer is: a connection that waits for it is
// suspended, which costs nothing.
MHD_Result MhdCallbackListener::take_push(MHD_Connection* connection, Upload& upload) {
  if (!upload.wait) {
    upload.wait = std::make_shared<Wait>(Wait{*this, connection, now_, false, std::nullopt});
    visits_.at(connection).wait = upload.wait;
    bytes_held_ -= upload.request.body.size();
    const std::weak_ptr<Wait> wait = upload.wait;
    handler_.push(std::exchange(upload.request, {}), CallbackAnswer([wait](CallbackReply reply) {
                    if (const auto waiting = wait.lock()) say(*waiting, std::move(reply));
                  }));
  }
  if (upload.wait->reply) return send(connection, *upload.wait->reply);
  upload.wait->is_suspended = true;
  MHD_suspend_connection(connection);
  return MHD_YES;
}

void MhdCallbackListener::say(Wait& wait, CallbackReply reply) {
  if (wait.connection == nullptr || wait.reply) return;
  wait.reply = std::move(reply);
  if (!std::exchange(wait.is_suspended, false)) return;
  MHD_resume_connection(wait.connection);
  wait.listener.has_resumed_ = true;
}

void MhdCallbackListener::completed(void** context) {
  const std::unique_ptr<Upload> upload(static_cast<Upload*>(std::exchange(*context, nullptr)));
  if (!upload) return;
  bytes_held_ -= upload->request.body.size();
  if (upload->wait) upload->wait->connection = nullptr;
}

}  // namespace

Result<std::unique_ptr<CallbackListener>> CallbackListener::open(Options options, EventLoop& loop,
                                                                 CallbackHandler handler) {
  Result<UniqueFd> listener = listen_tcp(options.address);
  if (!listener) return std::move(listener).error().in(options.address);
  auto server = std::make_unique<MhdCallbackListener>(std::move(options), loop, std::move(handler));
  if (Result<void> served = server->serve(*std::move(listener)); !served)
    return std::move(served).error();
  return Result<std::unique_ptr<CallbackListener>>(std::move(server));
}

}  // namespace feedwire::daemon
