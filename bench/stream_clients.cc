// Clients of the event stream that cost next to nothing: they see whether sequence follows
// sequence, and drop all else. Started by stream_bench.
//   stream_clients SOCKET COUNT SEQUENCE
// Says "ready" once all of them are told where they begin, and ends well once each was sent
// SEQUENCE.

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "bench/more_files.h"
#include "tests/support/unix_socket.h"

namespace feedwire::bench {
namespace {

// HTTP 1.0 has no chunks, which might split what is looked for.
constexpr std::string_view kRequest =
    "GET /v1/events/stream?from=latest HTTP/1.0\r\nHost: localhost\r\n\r\n";
constexpr std::string_view kId = "\nid: ";
constexpr std::size_t kDigits = 20;
constexpr std::size_t kReadBytes = 256 << 10;

struct Client {
  UniqueFd connection;
  std::string tail;          // of what came last: a part of an id, it may be
  std::uint64_t latest = 0;  // 0 = it was not told yet where it begins
};

[[noreturn]] void fail(const std::string& what) {
  fmt::print(stderr, "stream_clients: {}\n", what);
  std::exit(1);
}

class Clients {
 public:
  Clients(const std::string& socket, std::size_t count, std::uint64_t last)
      : last_(last), clients_(count) {
    for (Client& client : clients_) {
      client.connection = tests::connect_unix(socket);
      const int fd = client.connection.get();
      if (::send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) fail("send");
      epoll_event event{.events = EPOLLIN, .data = {.ptr = &client}};
      if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
    }
  }

  void run() {
    std::array<epoll_event, 64> events{};
    while (ended_ < clients_.size()) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i)
        read(*static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
  }

 private:
  void read(Client& client) {
    std::copy(client.tail.begin(), client.tail.end(), buffer_.begin());
    const ssize_t size =
        ::recv(client.connection.get(), buffer_.data() + client.tail.size(), kReadBytes, 0);
    if (size <= 0) fail("a stream ended");
    std::string_view bytes(buffer_.data(), client.tail.size() + static_cast<std::size_t>(size));
    for (std::size_t at; (at = bytes.find(kId)) != bytes.npos;) {
      bytes.remove_prefix(at);
      if (bytes.size() < kId.size() + kDigits) break;
      take(client, std::stoull(std::string(bytes.substr(kId.size(), kDigits))));
      bytes.remove_prefix(kId.size() + kDigits);
    }
    client.tail = bytes.starts_with(kId)
                      ? bytes
                      : bytes.substr(bytes.size() - std::min(bytes.size(), kId.size() - 1));
  }

  void take(Client& client, std::uint64_t sequence) {
    if (client.latest != 0 && sequence != client.latest + 1)
      fail(fmt::format("{} came after {}", sequence, client.latest));
    if (client.latest == 0 && ++began_ == clients_.size())
      fmt::print("ready\n"), std::fflush(stdout);
    client.latest = sequence;
    if (sequence == last_) ++ended_;
  }

  const std::uint64_t last_;
  std::vector<Client> clients_;
  UniqueFd epoll_{::epoll_create1(0)};
  std::vector<char> buffer_ = std::vector<char>(kId.size() + kDigits + kReadBytes);
  std::size_t began_ = 0, ended_ = 0;
};

}  // namespace
}  // namespace feedwire::bench

int main(int argc, char** argv) {
  if (argc != 4) feedwire::bench::fail("usage: stream_clients SOCKET COUNT SEQUENCE");
  feedwire::bench::allow_more_files();
  feedwire::bench::Clients(argv[1], std::stoul(argv[2]), std::stoull(argv[3])).run();
}
