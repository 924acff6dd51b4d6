// The real daemon among servers that mean ill: those that do not stay on time (http.md S8).

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/e2e/daemon_run.h"
#include "tests/support/compress.h"
#include "tests/support/loopback_listener.h"
#include "tests/support/process.h"

namespace feedwire::tests {
namespace {

using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr int kHealthy = 40;
constexpr std::chrono::seconds kInterval{4}, kMostDelay{5};
constexpr std::size_t kMaxBody = 16 << 20;  // what a daemon reads of a document (fetch.max_body)
constexpr std::size_t kMostMemoryKib = 768 << 10;

std::string ok(const std::string& headers = "") { return "HTTP/1.1 200 OK\r\n" + headers; }
std::string whole(const std::string& body, const std::string& headers = "") {
  return ok(headers) + fmt::format("Content-Length: {}\r\n\r\n", body.size()) + body;
}

void send_forever(Connection& peer, std::string_view bytes, std::chrono::milliseconds pause = 0ms) {
  while (peer.write(bytes) && (pause == 0ms || peer.pause(pause))) continue;
}
void hang(Connection& peer) {
  for (std::string ignored; peer.read_some(ignored);) ignored.clear();
}

std::string repeated(std::string_view piece, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + piece.size());
  while (text.size() < bytes) text += piece;
  return text;
}

std::string billion_laughs() {
  std::string xml = "<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY a0 \"ha\">";
  for (int i = 1; i < 20; ++i)
    xml += fmt::format("<!ENTITY a{} \"{}\">", i, repeated(fmt::format("&a{};", i - 1), 50));
  return xml + "]><rss><channel><title>&a19;</title></channel></rss>";
}

// A feed as large as one may be, of entries that are all there is to read.
std::string huge_feed() {
  std::string xml = "<rss version=\"2.0\"><channel><title>Huge</title>";
  for (int i = 0; xml.size() < kMaxBody - 4096; ++i)
    xml += fmt::format(
        "<item><title>{0}</title><link>http://huge.example/{0}</link><description>"
        "&lt;p&gt;{1}&lt;/p&gt;</description></item>",
        i, repeated("&lt;b&gt;x&lt;/b&gt; ", 400));
  return xml + "</channel></rss>";
}

/// What a hostile host does with a request, once it has read it.
using Act = std::function<void(Connection&)>;

std::vector<Act> hostile_acts() {
  const std::string gzip = "Content-Type: text/xml\r\nContent-Encoding: gzip\r\n";
  const auto says = [](std::string answer) {
    return [answer = std::move(answer)](Connection& peer) { peer.write(answer); };
  };
  return {
      hang,
      [](Connection& peer) {  // a body that trickles
        if (peer.write(ok("\r\n"))) send_forever(peer, "<", 100ms);
      },
      [](Connection& peer) {  // headers that do
        if (peer.write(ok("X: "))) send_forever(peer, "y", 100ms);
      },
      [](Connection& peer) {  // a body without end
        if (peer.write(ok("\r\n<rss>"))) send_forever(peer, repeated("<item/>", 60'000));
      },
      [](Connection& peer) { send_forever(peer, repeated("X-Header: and one more\r\n", 60'000)); },
      says(whole(deflated(std::string(200 << 20, ' '), Deflate::gzip), gzip)),
      says(whole(deflated(repeated("<a b='c'>", kMaxBody - 100), Deflate::gzip), gzip)),
      says(whole(billion_laughs())),
      says(whole(repeated("<a>", kMaxBody - 100))),
      says(whole(repeated("&amp;lt;<![CDATA[<p", kMaxBody - 100))),
      says(whole(repeated("[", kMaxBody - 100), "Content-Type: application/json\r\n")),
      says(whole(huge_feed())),
      says(ok("Content-Length: 1000000\r\n\r\n<rss>")),
      [](Connection& peer) {
        peer.write(ok("Content-Length: 1000000\r\n\r\n<rss>"));
        peer.reset();
      },
      says("HTTP/1.1 302 Found\r\nLocation: ?again\r\nContent-Length: 0\r\n\r\n"),
      says(repeated("\xff\xfe no HTTP at all \0", 5'000)),
  };
}

/// All hosts of the test, by the path of their feed: "/healthy/7", "/hostile/7".
class Web {
 public:
  std::string url(const std::string& kind, int number) const {
    return fmt::format("http://127.{}.{}.{}:{}/{}/{}", kind == "healthy" ? 7 : 8, number / 250,
                       number % 250 + 1, listener_.port(), kind, number);
  }
  /// When each healthy feed was asked for.
  std::map<std::string, std::vector<SteadyTime>> polls() const {
    const std::lock_guard lock(mutex_);
    return polls_;
  }
  int hostile_requests() const { return hostile_; }

 private:
  void serve(Connection& peer) {
    std::string buffer, head;
    while (peer.read_head(buffer, head)) {
      const std::size_t slash = head.find('/');
      const std::string path = head.substr(slash, head.find(' ', slash) - slash);
      if (path.starts_with("/hostile/")) {
        ++hostile_;
        const auto number = static_cast<std::size_t>(std::atoi(path.c_str() + 9));
        return acts_[number % acts_.size()](peer);
      }
      {
        const std::lock_guard lock(mutex_);
        polls_[path].push_back(std::chrono::steady_clock::now());
      }
      const std::string feed =
          "<rss version=\"2.0\"><channel><title>T</title><item><title>1</title><link>http://" +
          path.substr(9) + ".example/</link></item></channel></rss>";
      if (!peer.write(whole(feed, "Content-Type: application/rss+xml\r\n"))) return;
    }
  }

  const std::vector<Act> acts_ = hostile_acts();
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<SteadyTime>> polls_;  // guarded by mutex_
  std::atomic<int> hostile_ = 0;
  LoopbackListener listener_{"0.0.0.0", 0, nullptr, [this](Connection& peer) { serve(peer); }};
};

std::string config_of(const Web& web, int hostile) {
  std::string text =
      "state_dir = \"state\"\nruntime_dir = \"run\"\n[log]\nlevel = \"warn\"\n"
      "[fetch]\nallow = [\"127.0.0.0/8\"]\nhost_gap = \"0s\"\n[schedule]\nfloor = \"1s\"\n"
      "[store]\nmin_free = \"1MiB\"\nballast = \"1MiB\"\n";
  for (int i = 0; i < kHealthy; ++i)
    text += fmt::format("[[feed]]\nurl = \"{}\"\ninterval = \"{}s\"\n", web.url("healthy", i),
                        kInterval.count());
  for (int i = 0; i < hostile; ++i)
    text += fmt::format("[[feed]]\nurl = \"{}\"\n", web.url("hostile", i));
  return text;
}

/// The most memory that the process has had.
std::size_t peak_kib(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6));
  return 0;
}

/// The longest time between two polls of one healthy feed, after `since`.
std::chrono::milliseconds longest_gap(const Web& web, SteadyTime since) {
  SteadyTime::duration longest{};
  const SteadyTime end = std::chrono::steady_clock::now();
  for (const auto& [path, polls] : web.polls()) {
    SteadyTime last = polls.front();
    for (const SteadyTime poll : polls) {
      if (poll > since) longest = std::max(longest, poll - last);
      last = poll;
    }
    longest = std::max(longest, end - last);
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(longest);
}

}  // namespace

// FEEDWIRE_HOSTILE_SECONDS: how long it is watched.
TEST_CASE("five hundred hostile servers do not keep the healthy ones' feeds waiting",
          "[e2e][hostile]") {
  static constexpr int kHostile = 500;
  const char* const given = std::getenv("FEEDWIRE_HOSTILE_SECONDS");
  const std::chrono::seconds span{given != nullptr ? std::atoi(given) : 30};
  const Web web;
  const DaemonRun run({});
  run.write_config(config_of(web, 0));
  Process daemon(run.daemon());
  REQUIRE(eventually([&] { return web.polls().size() == kHealthy; }));
  std::this_thread::sleep_for(kInterval);

  const SteadyTime since = std::chrono::steady_clock::now();
  run.write_config(config_of(web, kHostile));
  daemon.signal(SIGHUP);
  std::this_thread::sleep_until(since + span);
  const std::chrono::milliseconds gap = longest_gap(web, since);
  INFO(daemon.err());
  // No wall clock is asserted but the one that the promise is about. An interval may be stretched
  // by a tenth.
  CHECK(gap < 1.1 * kInterval + kMostDelay);
  CHECK(web.hostile_requests() > kHostile / 2);
  CHECK(peak_kib(daemon.pid()) < kMostMemoryKib);
  CHECK(daemon.running());
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
  CHECK(run.tool({"politeness"}).code == 0);
}

}  // namespace feedwire::tests
