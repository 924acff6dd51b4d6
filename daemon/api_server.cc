#include "daemon/api_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <microhttpd.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/api_exchange.h"
#include "daemon/api_routes.h"
#include "daemon/event_streams.h"
#include "daemon/host_guard.h"
#include "daemon/log_text.h"
#include "daemon/mhd_request.h"
#include "daemon/tcp_guard.h"
#include "daemon/tcp_listener.h"
#include "daemon/unix_listener.h"

namespace feedwire::daemon {
namespace {

/// libmicrohttpd's memory for a connection: a whole header, and as much again for the reply's.
constexpr std::size_t kConnectionMemory = 2 * kMaxApiHeaderBytes;

/// The access that connected() found out is kept as the connection's context itself.
void* as_context(Access access) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(access));
}

Access access_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return static_cast<Access>(reinterpret_cast<std::uintptr_t>(info->socket_context));
}

/// Of a field that is not there: no data().
std::string_view header_of(MHD_Connection* connection, const char* name) {
  const char* const value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? std::string_view() : value;
}

/// The request's first line as the routes want it. Errors: malformed.
Result<ApiRequest> read_head(MHD_Connection* connection, const char* url, const char* method) {
  ApiRequest request;
  request.method = std::string_view(method) == "HEAD" ? "GET" : method;
  Result<std::vector<std::string>> path = split_path(url);
  if (!path) return std::move(path).error().in("path");
  request.path = *std::move(path);
  Result<std::map<std::string, std::string>> query = query_of(connection);
  if (!query) return std::move(query).error();
  request.query = *std::move(query);
  request.accept = header_of(connection, "Accept");
  if (const std::string_view id = header_of(connection, "Last-Event-ID"); id.data() != nullptr)
    request.last_event_id = id;
  request.if_none_match = header_of(connection, "If-None-Match");
  return request;
}

/// A body that is made while it is sent.
class StreamedBody {
 public:
  explicit StreamedBody(ApiBodySource source) : source_(std::move(source)) {}

  ssize_t read(char* buffer, std::size_t size) {
    while (sent_ == bytes_.size()) {
      bytes_.clear();
      sent_ = 0;
      const Result<bool> more = source_(bytes_);
      if (!more) SPDLOG_ERROR("api: a reply breaks off error={}", log_value(more.error().message));
      if (!more) return MHD_CONTENT_READER_END_WITH_ERROR;
      if (!*more) return MHD_CONTENT_READER_END_OF_STREAM;
    }
    const std::size_t copied = bytes_.copy(buffer, size, sent_);
    sent_ += copied;
    return static_cast<ssize_t>(copied);
  }

 private:
  const ApiBodySource source_;
  std::string bytes_;
  std::size_t sent_ = 0;
};

MHD_Response* streamed_response(const ApiBodySource& source) {
  constexpr std::size_t kBlock = 64 << 10;
  const auto read = [](void* body, std::uint64_t, char* buffer, std::size_t size) {
    return static_cast<StreamedBody*>(body)->read(buffer, size);
  };
  const auto free = [](void* body) { delete static_cast<StreamedBody*>(body); };
  return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kBlock, read, new StreamedBody(source),
                                           free);
}

/// Of a stream, which knows the connection; it is removed from `streams` when that is done with it.
MHD_Response* event_response(EventStreams& streams, std::shared_ptr<EventStream> stream) {
  struct Handle {
    EventStreams& streams;
    const std::shared_ptr<EventStream> stream;
  };
  constexpr std::size_t kBlock = 16 << 10;
  const auto read = [](void* handle, std::uint64_t, char* buffer, std::size_t size) {
    return static_cast<Handle*>(handle)->stream->read(buffer, size);
  };
  const auto free = [](void* handle) {
    const std::unique_ptr<Handle> done(static_cast<Handle*>(handle));
    done->streams.remove(done->stream.get());
  };
  auto handle = std::make_unique<Handle>(Handle{streams, std::move(stream)});
  MHD_Response* const response =
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kBlock, read, handle.get(), free);
  if (response == nullptr)
    streams.remove(handle->stream.get());
  else
    static_cast<void>(handle.release());  // freed with the response
  return response;
}

/// `response` may be null, which ends the connection.
MHD_Result queue(MHD_Connection* connection, const ApiReply& reply, MHD_Response* response) {
  if (response == nullptr) return MHD_NO;
  if (!reply.content_type.empty())
    MHD_add_response_header(response, "Content-Type", reply.content_type.c_str());
  if (!reply.allow.empty()) MHD_add_response_header(response, "Allow", reply.allow.c_str());
  MHD_add_response_header(response, "Cache-Control", reply.cache_control.c_str());
  MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : reply.headers)
    MHD_add_response_header(response, name.c_str(), value.c_str());
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(reply.status), response);
  MHD_destroy_response(response);
  return queued;
}

MHD_Result send(MHD_Connection* connection, const ApiReply& reply) {
  if (!reply.source)
    return queue(
        connection, reply,
        MHD_create_response_from_buffer(reply.body.size(), const_cast<char*>(reply.body.data()),
                                        MHD_RESPMEM_MUST_COPY));
  // Who reads it may have to do something with each piece before it can take the next.
  MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, kApiStreamIdleSeconds);
  return queue(connection, reply, streamed_response(reply.source));
}

class MhdApiServer : public ApiServer {
 public:
  MhdApiServer(AccessPolicy policy, Options options, ApiBackend& backend, const Clock& clock)
      : policy_(policy),
        options_(std::move(options)),
        routes_(backend, clock),
        streams_(options_.streams) {}
  ~MhdApiServer() override { stop_serving(); }

  Result<void> serve(UnixListener listener);
  Result<void> serve_tcp();
  std::uint16_t port() const override { return port_; }
  void stop() override { stop_serving(); }

 private:
  /// A place where it listens, with what libmicrohttpd's thread for it needs.
  struct Front {
    MhdApiServer& server;
    std::optional<TcpGuard> guard;  // of TCP; a Unix socket's clients are known by the kernel
    unsigned strangers = 0;         // connections; of the front's thread
    MHD_Daemon* daemon = nullptr;
  };

  Result<void> start(Front& front, UniqueFd listener);
  void stop_serving();
  MHD_Result handle(const Front& front, MHD_Connection* connection, const char* url,
                    const char* method, const char* upload, std::size_t* upload_size,
                    void** context);
  /// Why the request is not even looked at.
  std::optional<ApiReply> refuse(const Front& front, MHD_Connection* connection,
                                 std::string_view url, std::string_view method) const;
  MHD_Result begin(const Front& front, MHD_Connection* connection, const char* url,
                   const char* method, void** context);
  MHD_Result send_stream(MHD_Connection* connection, const ApiReply& reply);
  void connected(Front& front, MHD_Connection* connection, void** context);

  std::optional<UnixListener> listener_;
  const AccessPolicy policy_;
  const Options options_;
  const ApiRoutes routes_;
  const HostGuard hosts_;
  ApiExchanges exchanges_;
  EventStreams streams_;
  Front unix_{*this, std::nullopt}, tcp_{*this, std::nullopt};
  std::uint16_t port_ = 0;
};

Result<void> MhdApiServer::serve(UnixListener listener) {
  // A copy, because libmicrohttpd closes what it is given, though not if it is quiesced first.
  UniqueFd copy(::fcntl(listener.fd(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return errno_error("duplicate the socket");
  listener_.emplace(std::move(listener));
  return start(unix_, std::move(copy));
}

Result<void> MhdApiServer::serve_tcp() {
  Result<TcpGuard> guard = TcpGuard::open(options_.token_file);
  if (!guard) return std::move(guard).error().in("api.token_file");
  Result<UniqueFd> listener = listen_tcp(options_.listen);
  if (!listener) return std::move(listener).error().in("api.listen: " + options_.listen);
  const Result<ListenedAt> place = listened_at(*listener);
  if (!place) return place.error();
  port_ = place->port;
  if (!place->is_loopback)
    SPDLOG_WARN(
        "api.listen={}: other machines can reach the API, and its token goes over the network as "
        "it is: put a proxy with TLS before it",
        options_.listen);
  tcp_.guard.emplace(*std::move(guard));
  return start(tcp_, *std::move(listener));
}

Result<void> MhdApiServer::start(Front& front, UniqueFd listener) {
  const auto on_request = [](void* self, MHD_Connection* connection, const char* url,
                             const char* method, const char*, const char* upload,
                             std::size_t* upload_size, void** context) {
    const auto& at = *static_cast<const Front*>(self);
    return at.server.handle(at, connection, url, method, upload, upload_size, context);
  };
  const auto on_completed = [](void* self, MHD_Connection*, void** context,
                               MHD_RequestTerminationCode) {
    if (*context != nullptr)
      static_cast<Front*>(self)->server.exchanges_.remove(static_cast<ApiExchange*>(*context));
    *context = nullptr;
  };
  const auto on_connection = [](void* self, MHD_Connection* connection, void** context,
                                MHD_ConnectionNotificationCode code) {
    auto& at = *static_cast<Front*>(self);
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
      at.server.connected(at, connection, context);
    else if (*context == as_context(Access::none))
      --at.strangers;
  };

  const auto connections = kMaxApiConnections + static_cast<unsigned>(options_.streams.max_streams);
  front.daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, nullptr,
      nullptr, static_cast<MHD_AccessHandlerCallback>(on_request), &front,  //
      MHD_OPTION_EXTERNAL_LOGGER, &log_mhd_message, nullptr,                //
      MHD_OPTION_LISTEN_SOCKET, listener.get(),                             //
      MHD_OPTION_CONNECTION_LIMIT, connections,                             //
      MHD_OPTION_CONNECTION_TIMEOUT, kApiIdleSeconds,                       //
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory,                //
      MHD_OPTION_UNESCAPE_CALLBACK, &keep_escapes, nullptr,                 //
      MHD_OPTION_NOTIFY_COMPLETED,                                          //
      static_cast<MHD_RequestCompletedCallback>(on_completed), &front,      //
      MHD_OPTION_NOTIFY_CONNECTION,                                         //
      static_cast<MHD_NotifyConnectionCallback>(on_connection), &front,     //
      MHD_OPTION_END);
  if (front.daemon == nullptr) return Error{ErrorCode::io, "libmicrohttpd does not start"};
  static_cast<void>(listener.release());
  return {};
}

void MhdApiServer::stop_serving() {
  Front* const fronts[] = {&unix_, &tcp_};
  // Closed once nobody can be about to take them out of an epoll set.
  std::vector<UniqueFd> listeners;
  for (Front* front : fronts)
    if (front->daemon != nullptr) listeners.emplace_back(MHD_quiesce_daemon(front->daemon));
  listener_.reset();
  // Before the end: libmicrohttpd aborts if it is stopped with a suspended connection.
  streams_.close();
  exchanges_.close();
  for (Front* front : fronts)
    if (MHD_Daemon* const daemon = std::exchange(front->daemon, nullptr)) MHD_stop_daemon(daemon);
}

void MhdApiServer::connected(Front& front, MHD_Connection* connection, void** context) {
  // What somebody may who comes over TCP, each request has to tell.
  if (front.guard) {
    *context = as_context(Access::change);
    return;
  }
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  const Result<Peer> peer = peer_of(info->connect_fd);
  const Access access = peer ? daemon::access_of(*peer, policy_) : Access::none;
  *context = as_context(access);
  if (access != Access::none) return;
  if (peer) SPDLOG_DEBUG("api: no access for uid={}", peer->uid);
  if (++front.strangers > kMaxApiStrangers) ::shutdown(info->connect_fd, SHUT_RDWR);
}

std::optional<ApiReply> MhdApiServer::refuse(const Front& front, MHD_Connection* connection,
                                             std::string_view url, std::string_view method) const {
  const std::string_view host = header_of(connection, "Host");
  if (!front.guard) {
    if (!hosts_.is_page_of_others(host, header_of(connection, "Origin"))) return {};
    return problem(421, "this is not for the pages of others; ask for localhost");
  }
  // The page tells nothing; it asks for the token.
  if (url == "/" && (method == "GET" || method == "HEAD")) return front.guard->refuse_host(host);
  return front.guard->refuse(host, header_of(connection, "Authorization"));
}

MHD_Result MhdApiServer::begin(const Front& front, MHD_Connection* connection, const char* url,
                               const char* method, void** context) {
  if (has_larger_header(connection, kMaxApiHeaderBytes))
    return send(connection, problem(431, fmt::format("more than {} bytes", kMaxApiHeaderBytes)));
  if (const std::optional<ApiReply> refusal = refuse(front, connection, url, method))
    return send(connection, *refusal);
  Result<ApiRequest> request = read_head(connection, url, method);
  if (!request) return send(connection, problem(400, request.error().message));
  request->access = access_of(connection);
  if (const std::optional<ApiReply> refusal = ApiRoutes::refuse(*request))
    return send(connection, *refusal);
  if (announces_more(connection, kMaxApiBodyBytes))
    return send(connection, problem(413, fmt::format("more than {} bytes", kMaxApiBodyBytes)));
  const auto exchange = exchanges_.add(connection, *std::move(request));
  if (!exchange) return send(connection, problem(503, "feedwired is stopping"));
  *context = exchange.get();
  return MHD_YES;
}

MHD_Result MhdApiServer::handle(const Front& front, MHD_Connection* connection, const char* url,
                                const char* method, const char* upload, std::size_t* upload_size,
                                void** context) {
  if (*context == nullptr) return begin(front, connection, url, method, context);
  ApiExchange& exchange = *static_cast<ApiExchange*>(*context);
  std::string& body = exchange.request.body;
  if (*upload_size > 0) {
    // No reply can be queued before the end of a chunked body, and there may be none: hang up.
    if (body.size() > kMaxApiBodyBytes) return MHD_NO;
    body.append(upload, *upload_size);
    *upload_size = 0;
    return MHD_YES;
  }
  if (body.size() > kMaxApiBodyBytes)
    return send(connection, problem(413, fmt::format("more than {} bytes", kMaxApiBodyBytes)));
  if (!std::exchange(exchange.asked, true))
    routes_.answer(exchange.request, responder(exchange.shared_from_this()));
  const std::optional<ApiReply> reply = exchange.take_or_suspend();
  if (!reply) return MHD_YES;  // once resumed, we are called again
  return reply->stream ? send_stream(connection, *reply) : send(connection, *reply);
}

MHD_Result MhdApiServer::send_stream(MHD_Connection* connection, const ApiReply& reply) {
  std::shared_ptr<EventStream> stream = streams_.open(connection, *reply.stream);
  if (!stream)
    return send(connection,
                problem(503, fmt::format("there are as many streams as may be (api.max_streams, "
                                         "{}), or feedwired is stopping",
                                         options_.streams.max_streams)));
  MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT,
                            options_.stream_idle_seconds);
  return queue(connection, reply, event_response(streams_, std::move(stream)));
}

}  // namespace

Result<std::unique_ptr<ApiServer>> ApiServer::start(const std::filesystem::path& socket,
                                                    AccessPolicy policy, Options options,
                                                    ApiBackend& backend, const Clock& clock) {
  Result<UnixListener> listener = UnixListener::open(socket);
  if (!listener) return std::move(listener).error();
  const bool is_on_tcp = !options.listen.empty();
  auto server = std::make_unique<MhdApiServer>(policy, std::move(options), backend, clock);
  if (Result<void> served = server->serve(*std::move(listener)); !served)
    return std::move(served).error();
  if (is_on_tcp)
    if (Result<void> served = server->serve_tcp(); !served) return std::move(served).error();
  return Result<std::unique_ptr<ApiServer>>(std::move(server));
}

}  // namespace feedwire::daemon
