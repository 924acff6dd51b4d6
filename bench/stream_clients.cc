// Clients of the event stream that cost next to nothing, as those on other machines do: one of them
// sees whether sequence follows sequence, the others have the kernel drop what they are sent, and
// count it. Started by stream_bench.
//   stream_clients SOCKET COUNT SEQUENCE
// Says "ready" once all of them are told where they begin, and ends well once the one was sent
// SEQUENCE and each of the others as many bytes.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
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
constexpr std::size_t kBytesAtOnce = 256 << 10;
// As a network gathers packets: else each write to each client wakes this process.
constexpr std::chrono::milliseconds kPause{5};

[[noreturn]] void fail(const std::string& what) {
  fmt::print(stderr, "stream_clients: {}\n", what);
  std::exit(1);
}

UniqueFd begin_stream(const std::string& socket) {
  UniqueFd connection = tests::connect_unix(socket);
  if (::send(connection.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) fail("send");
  return connection;
}

/// Looks at each byte.
class Reader {
 public:
  Reader(const std::string& socket, std::uint64_t last)
      : connection_(begin_stream(socket)), last_(last) {}

  int fd() const { return connection_.get(); }
  bool has_begun() const { return latest_ != 0; }
  bool has_ended() const { return latest_ >= last_; }
  std::uint64_t bytes() const { return bytes_; }

  void read() {
    std::copy(tail_.begin(), tail_.end(), buffer_.begin());
    const ssize_t size = ::recv(fd(), buffer_.data() + tail_.size(), kBytesAtOnce, 0);
    if (size <= 0) fail("a stream ended");
    bytes_ += static_cast<std::uint64_t>(size);
    std::string_view bytes(buffer_.data(), tail_.size() + static_cast<std::size_t>(size));
    for (std::size_t at; (at = bytes.find(kId)) != bytes.npos;) {
      bytes.remove_prefix(at);
      if (bytes.size() < kId.size() + kDigits) break;
      take(std::stoull(std::string(bytes.substr(kId.size(), kDigits))));
      bytes.remove_prefix(kId.size() + kDigits);
    }
    tail_ = bytes.starts_with(kId)
                ? bytes
                : bytes.substr(bytes.size() - std::min(bytes.size(), kId.size() - 1));
  }

 private:
  void take(std::uint64_t sequence) {
    if (has_begun() && sequence != latest_ + 1)
      fail(fmt::format("{} came after {}", sequence, latest_));
    latest_ = sequence;
  }

  const UniqueFd connection_;
  const std::uint64_t last_;
  std::vector<char> buffer_ = std::vector<char>(kId.size() + kDigits + kBytesAtOnce);
  std::string tail_;          // of what came last: a part of an id, it may be
  std::uint64_t latest_ = 0;  // 0 = it was not told yet where it begins
  std::uint64_t bytes_ = 0;
};

/// Where bytes go without being copied.
class Drain {
 public:
  Drain() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
    out_ = UniqueFd(ends[0]);
    in_ = UniqueFd(ends[1]);
    ::fcntl(in_.get(), F_SETPIPE_SZ, static_cast<int>(kBytesAtOnce));
  }

  std::uint64_t take_from(int fd) {
    const ssize_t size = ::splice(fd, nullptr, in_.get(), nullptr, kBytesAtOnce, SPLICE_F_MOVE);
    if (size <= 0) fail("a stream ended");
    for (ssize_t left = size; left > 0;) {
      const ssize_t gone = ::splice(out_.get(), nullptr, nothing_.get(), nullptr,
                                    static_cast<std::size_t>(left), SPLICE_F_MOVE);
      if (gone <= 0) fail("splice");
      left -= gone;
    }
    return static_cast<std::uint64_t>(size);
  }

 private:
  UniqueFd in_, out_, nothing_{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
};

class Clients {
 public:
  Clients(const std::string& socket, std::size_t count, std::uint64_t last)
      : reader_(socket, last) {
    watch(reader_.fd(), 0);
    for (std::size_t i = 1; i < count; ++i) {
      counters_.push_back({begin_stream(socket)});
      watch(counters_.back().connection.get(), i);
    }
  }

  void run() {
    std::array<epoll_event, 64> events{};
    while (!have_all()) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) read(events[static_cast<std::size_t>(i)].data.u64);
      if (count < static_cast<int>(events.size())) std::this_thread::sleep_for(kPause);
    }
  }

 private:
  struct Counter {
    UniqueFd connection;
    std::uint64_t bytes = 0;
  };

  void watch(int fd, std::uint64_t number) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = number}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  }

  void read(std::uint64_t number) {
    const bool had_begun = have_begun();
    if (number == 0) {
      reader_.read();
    } else {
      Counter& counter = counters_[number - 1];
      if (counter.bytes == 0) ++began_;
      counter.bytes += drain_.take_from(counter.connection.get());
    }
    if (!had_begun && have_begun()) fmt::print("ready\n"), std::fflush(stdout);
  }

  bool have_begun() const { return reader_.has_begun() && began_ == counters_.size(); }

  // All of them are sent the same.
  bool have_all() const {
    return reader_.has_ended() &&
           std::all_of(counters_.begin(), counters_.end(),
                       [&](const Counter& counter) { return counter.bytes == reader_.bytes(); });
  }

  Reader reader_;
  std::vector<Counter> counters_;
  Drain drain_;
  UniqueFd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  std::size_t began_ = 0;  // of counters_
};

}  // namespace
}  // namespace feedwire::bench

int main(int argc, char** argv) {
  if (argc != 4) feedwire::bench::fail("usage: stream_clients SOCKET COUNT SEQUENCE");
  feedwire::bench::allow_more_files();
  feedwire::bench::Clients(argv[1], std::stoul(argv[2]), std::stoull(argv[3])).run();
}
