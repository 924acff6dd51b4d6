#include "tests/support/loopback_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "base/result.h"
#include "tests/support/tls_identity.h"

namespace feedwire::tests {

Connection::Connection(LoopbackListener& listener, UniqueFd socket)
    : listener_(listener), socket_(std::move(socket)) {
  // Without it two small pieces of a scripted answer could leave as one.
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Connection::~Connection() { SSL_free(tls_); }

void Connection::end() {
  if (tls_ != nullptr && !broken_) SSL_shutdown(tls_);
  const std::lock_guard lock(listener_.mutex_);
  socket_.reset();
}

void Connection::interrupt() {
  const std::lock_guard lock(listener_.mutex_);
  if (socket_) ::shutdown(socket_.get(), SHUT_RDWR);
}

bool Connection::accept_tls(ssl_ctx_st* context) {
  tls_ = SSL_new(context);
  SSL_set_fd(tls_, socket_.get());
  broken_ = SSL_accept(tls_) != 1;
  return !broken_;
}

bool Connection::read_some(std::string& buffer) {
  std::array<char, 16384> bytes;
  const auto got = tls_ == nullptr ? ::recv(socket_.get(), bytes.data(), bytes.size(), 0)
                                   : SSL_read(tls_, bytes.data(), static_cast<int>(bytes.size()));
  if (got <= 0) broken_ = true;
  if (broken_) return false;
  buffer.append(bytes.data(), static_cast<std::size_t>(got));
  return true;
}

bool Connection::read_head(std::string& buffer, std::string& head) {
  static constexpr std::string_view kEnd = "\r\n\r\n";
  std::size_t end;
  while ((end = buffer.find(kEnd)) == buffer.npos)
    if (!read_some(buffer)) return false;
  head = buffer.substr(0, end + kEnd.size());
  buffer.erase(0, head.size());
  return true;
}

bool Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = tls_ == nullptr
                          ? ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL)
                          : SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()));
    if (sent <= 0) broken_ = true;
    if (broken_) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Connection::pause(std::chrono::milliseconds span) {
  std::unique_lock lock(listener_.mutex_);
  return !listener_.stopped_.wait_for(lock, span, [this] { return listener_.stopping_; });
}

void Connection::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  broken_ = true;
}

struct LoopbackListener::Client {
  Client(LoopbackListener& listener, UniqueFd socket)
      : connection(listener, std::move(socket)), thread([this, &listener] { run(listener); }) {}

  void run(LoopbackListener& listener) {
    // OpenSSL writes without MSG_NOSIGNAL.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    if (listener.tls_ == nullptr || connection.accept_tls(listener.tls_->context()))
      listener.serve_(connection);
    connection.end();
    finished = true;
  }

  Connection connection;
  std::atomic<bool> finished = false;
  std::thread thread;
};

LoopbackListener::LoopbackListener(const std::string& address, std::uint16_t port,
                                   const TlsIdentity* tls, Serve serve)
    : tls_(tls),
      serve_(std::move(serve)),
      socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &name.sin_addr) != 1)
    throw std::runtime_error("listen on " + address + ": not an IPv4 address");
  const int on = 1;
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t size = sizeof name;
  auto* generic = reinterpret_cast<sockaddr*>(&name);
  if (::bind(socket_.get(), generic, size) < 0 || ::listen(socket_.get(), SOMAXCONN) < 0 ||
      ::getsockname(socket_.get(), generic, &size) < 0)
    throw std::runtime_error(errno_error("listen on " + address).message);
  port_ = ntohs(name.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

LoopbackListener::~LoopbackListener() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  ::shutdown(socket_.get(), SHUT_RDWR);  // wakes accept()
  acceptor_.join();
  for (Client& client : clients_) client.connection.interrupt();
  for (Client& client : clients_) client.thread.join();
}

void LoopbackListener::accept_all() {
  for (;;) {
    UniqueFd socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    reap_finished();
    if (!socket) continue;
    ++accepted_;
    clients_.emplace_back(*this, std::move(socket));
  }
}

void LoopbackListener::reap_finished() {
  for (auto client = clients_.begin(); client != clients_.end();) {
    if (!client->finished) {
      ++client;
      continue;
    }
    client->thread.join();
    client = clients_.erase(client);
  }
}

}  // namespace feedwire::tests
