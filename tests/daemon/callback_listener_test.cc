#include "daemon/callback_listener.h"

#include <sys/socket.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/support/test_hub.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using tests::ask_port;
using tests::HttpAnswer;

constexpr char kHost[] = "Host: x\r\n";

/// A listener on a thread of its own that knows the token "known" and keeps what it is told.
class Listening {
 public:
  Listening() {
    CallbackHandler handler;
    handler.knows = [](std::string_view token) { return token == "known"; };
    handler.verify = [this](CallbackRequest request) { return note(std::move(request), 200); };
    handler.push = [this](CallbackRequest request, CallbackAnswer answer) {
      const CallbackReply reply = note(std::move(request), 202);
      if (keeps_waiting_)
        waiting_.push_back(std::move(answer));
      else
        std::move(answer)(reply);
    };
    listener_ = CallbackListener::open({"127.0.0.1:0", 100'000}, loop_, std::move(handler)).value();
    thread_ = std::thread([this] {
      while (!stopping_) {
        loop_.wait(5ms);
        if (!keeps_waiting_) answer_all();
        if (drops_.exchange(false)) waiting_.clear();
        listener_->step(SystemClock().now().mono + skipped_.load());
      }
    });
  }
  ~Listening() {
    stopping_ = true;
    thread_.join();
  }

  std::uint16_t port() const { return listener_->port(); }
  HttpAnswer ask(const std::string& bytes) const { return ask_port(listener_->port(), bytes); }
  std::vector<CallbackRequest> taken() {
    const std::lock_guard guard(mutex_);
    return taken_;
  }
  void skip(std::chrono::seconds span) { skipped_ = span; }
  /// Whether pushes get no answer for now.
  void keep_waiting(bool yes) { keeps_waiting_ = yes; }
  /// Forgets those that wait, without a word.
  void drop_waiting() { drops_ = true; }

 private:
  void answer_all() {
    for (CallbackAnswer& answer : waiting_) std::move(answer)({202, "late"});
    waiting_.clear();
  }
  CallbackReply note(CallbackRequest request, int status) {
    const std::lock_guard guard(mutex_);
    taken_.push_back(std::move(request));
    return {status, "said"};
  }

  EventLoop loop_;
  std::mutex mutex_;
  std::vector<CallbackRequest> taken_;  // guarded by mutex_
  std::unique_ptr<CallbackListener> listener_;
  std::vector<CallbackAnswer> waiting_;  // the thread's
  std::atomic<bool> stopping_ = false, keeps_waiting_ = false, drops_ = false;
  std::atomic<std::chrono::seconds> skipped_{0s};
  std::thread thread_;
};

std::string post(const std::string& path, const std::string& body, const std::string& more = "") {
  return "POST " + path + " HTTP/1.1\r\n" + kHost + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("W-3 a verification reaches the handler, and its answer the hub", "[callbacks]") {
  Listening listening;
  const HttpAnswer answer = listening.ask(std::string("GET /hooks/known?hub.mode=subscribe&") +
                                          "hub.topic=a%2Fb HTTP/1.1\r\n" + kHost + "\r\n");
  CHECK(answer.status == 200);
  CHECK(answer.body == "said");
  CHECK(answer.head.find("Content-Type: text/plain") != std::string::npos);
  CHECK(answer.head.find("nosniff") != std::string::npos);
  REQUIRE(listening.taken().size() == 1);
  CHECK(listening.taken()[0].token == "known");
  CHECK(listening.taken()[0].query.at("hub.topic") == "a/b");
}

TEST_CASE("W-2 a push reaches the handler whole, chunked or not", "[callbacks]") {
  Listening listening;
  const std::string body(90'000, 'x');
  const std::string fields =
      "X-Hub-Signature: sha256=ab\r\nContent-Type: text/xml\r\nContent-Encoding: gzip\r\n";
  CHECK(listening.ask(post("/known", body, fields)).status == 202);
  CHECK(listening
            .ask(std::string("POST /known HTTP/1.1\r\n") + kHost +
                 "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
            .status == 202);
  REQUIRE(listening.taken().size() == 2);
  const CallbackRequest push = listening.taken()[0];
  CHECK(push.body == body);
  CHECK(push.signature == "sha256=ab");
  CHECK(push.content_type == "text/xml");
  CHECK(push.content_encoding == "gzip");
  CHECK(listening.taken()[1].body == "abcde");
}

TEST_CASE("W-2 a push is answered when its handler says so, or is told to come again",
          "[callbacks]") {
  Listening listening;
  listening.keep_waiting(true);
  HttpAnswer answers[3];
  std::vector<std::thread> hubs;
  for (HttpAnswer& answer : answers)
    hubs.emplace_back([&] { answer = listening.ask(post("/known", "body")); });
  while (listening.taken().size() < 3) std::this_thread::sleep_for(1ms);
  int expected = CallbackAnswer::kComeAgain;
  SECTION("late") {
    listening.keep_waiting(false);
    expected = 202;
  }
  SECTION("never, since it is forgotten") { listening.drop_waiting(); }
  SECTION("not in time") { listening.skip(kAnswerTime); }
  const auto start = std::chrono::steady_clock::now();
  for (std::thread& hub : hubs) hub.join();
  CHECK(std::chrono::steady_clock::now() - start < 7s);
  for (const HttpAnswer& answer : answers) {
    CHECK(answer.status == expected);
    if (answer.status == 202) CHECK(answer.body == "late");
    if (answer.status == 503) CHECK(answer.head.find("Retry-After: ") != std::string::npos);
  }
  // It goes on; what is said too late is heard by nobody.
  listening.keep_waiting(false);
  listening.skip(0s);
  CHECK(listening.ask(post("/known", "body")).status == 202);
}

TEST_CASE("a listener ends while pushes wait, and hubs that have gone are not missed",
          "[callbacks]") {
  std::thread hub;
  {
    Listening listening;
    listening.keep_waiting(true);
    hub = std::thread([port = listening.port()] { ask_port(port, post("/known", "body")); });
    const UniqueFd gone = tests::connect_to(listening.port());
    const std::string push = post("/known", "gone");
    REQUIRE(::send(gone.get(), push.data(), push.size(), 0) == static_cast<ssize_t>(push.size()));
    while (listening.taken().size() < 2) std::this_thread::sleep_for(1ms);
  }
  hub.join();
}

TEST_CASE("S20 whoever does not know a callback learns nothing", "[callbacks]") {
  Listening listening;
  std::vector<std::string> heads;
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n") + kHost + "\r\n", post("/unknown", "body"),
        std::string("DELETE /known/unknown HTTP/1.1\r\n") + kHost + "\r\n",
        std::string("GET /knowN?hub.mode=subscribe HTTP/1.1\r\n") + kHost + "\r\n",
        std::string("GET /../../etc/passwd HTTP/1.1\r\n") + kHost + "\r\n"}) {
    const HttpAnswer answer = listening.ask(bytes);
    CHECK(answer.status == 404);
    CHECK(answer.body.empty());
  }
  CHECK(listening.ask("nonsense\r\n\r\n").status != 200);
  CHECK(listening.taken().empty());
}

TEST_CASE("S20 a push that is too large is not read", "[callbacks]") {
  Listening listening;
  CHECK(listening
            .ask(std::string("POST /known HTTP/1.1\r\n") + kHost + "Content-Length: 100001\r\n\r\n")
            .status == 413);
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  CHECK(listening
            .ask(std::string("POST /known HTTP/1.1\r\n") + kHost +
                 "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk)
            .status != 202);
  CHECK(listening.ask("GET /known?" + std::string(20'000, 'x') + " HTTP/1.1\r\n" + kHost + "\r\n")
            .status >= 400);
  CHECK(listening.ask("PUT /known HTTP/1.1\r\nHost: x\r\n\r\n").status == 405);
  CHECK(listening.taken().empty());
}

TEST_CASE("S20 who takes too long is cut off", "[callbacks]") {
  Listening listening;
  listening.skip(0s);
  std::atomic<int> status = -1;
  std::thread slow([&] {
    status =
        listening
            .ask(std::string("POST /known HTTP/1.1\r\n") + kHost + "Content-Length: 10\r\n\r\nhalf")
            .status;
  });
  std::this_thread::sleep_for(50ms);
  CHECK(status == -1);
  const auto start = std::chrono::steady_clock::now();
  listening.skip(kCallbackTime);
  slow.join();
  // Whoever sends nothing at all is cut off too, but only after ten seconds.
  CHECK(std::chrono::steady_clock::now() - start < 7s);
  CHECK(status <= 0);
  CHECK(listening.taken().empty());
}

TEST_CASE("an address that cannot be listened at is told of", "[callbacks]") {
  EventLoop loop;
  const auto open = [&](const std::string& address) {
    return CallbackListener::open({address, 1}, loop, {});
  };
  CHECK(open("example.org:1").error().code == ErrorCode::invalid_argument);
  CHECK(open("127.0.0.1").error().code == ErrorCode::invalid_argument);
  CHECK(open("[::1]:99999").error().code == ErrorCode::invalid_argument);
  const auto first = open("[::1]:0").value();
  const auto second = open("[::1]:" + std::to_string(first->port()));
  CHECK(second.error().code == ErrorCode::busy);
  CHECK(second.error().message.find("[::1]:") != std::string::npos);
}

}  // namespace feedwire::daemon
