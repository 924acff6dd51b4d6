#include "tests/cli/fake_daemon.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <utility>

namespace feedwire::cli {

FakeDaemon::FakeDaemon(const std::filesystem::path& socket, std::map<std::string, Reply> replies)
    : replies_(std::move(replies)), listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.native().size() >= sizeof address.sun_path) throw std::runtime_error("path too long");
  std::memcpy(address.sun_path, socket.c_str(), socket.native().size());
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), 8) != 0)
    throw std::runtime_error("cannot listen on " + socket.native());
  thread_ = std::thread([this] { serve(); });
}

FakeDaemon::~FakeDaemon() {
  ::shutdown(listener_.get(), SHUT_RDWR);  // accept() returns
  thread_.join();
}

std::vector<std::string> FakeDaemon::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FakeDaemon::serve() {
  for (;;) {
    const UniqueFd connection(::accept(listener_.get(), nullptr, nullptr));
    if (!connection) return;
    answer(connection.get());
  }
}

void FakeDaemon::answer(int connection) {
  std::string request;
  std::size_t body_at = request.npos, wanted = 0;
  char bytes[4096];
  while (body_at == request.npos || request.size() < body_at + wanted) {
    const ssize_t size = ::read(connection, bytes, sizeof bytes);
    if (size <= 0) return;
    request.append(bytes, static_cast<std::size_t>(size));
    const std::size_t end = request.find("\r\n\r\n");
    if (end == request.npos) continue;
    body_at = end + 4;
    const std::size_t length = request.find("Content-Length: ");
    if (length < end) wanted = std::stoul(request.substr(length + 16));
  }
  const std::string line = request.substr(0, request.find(" HTTP/"));
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(line + " " + request.substr(body_at));
  }
  const auto found = replies_.find(line);
  const Reply reply =
      found == replies_.end() ? Reply{404, R"({"detail":"no such path"})"} : found->second;
  const std::string text =
      fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                  reply.status, reply.body.size(), reply.body);
  // A client that went away has what it wanted.
  [[maybe_unused]] const ssize_t sent = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
}

}  // namespace feedwire::cli
