#include "daemon/parse_pool.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "tests/support/temp_dir.h"

namespace feedwire::daemon {
namespace {

using std::chrono::seconds;

const std::filesystem::path kBin = FEEDWIRE_BIN_DIR;

std::string rss(std::string_view title) {
  return "<rss version=\"2.0\"><channel><title>" + std::string(title) +
         "</title><item><guid>1</guid><title>One</title></item></channel></rss>";
}

ParseJob job(std::uint64_t id, std::string body) {
  ParseJob made;
  made.id = id;
  made.request.feed = 7;
  made.request.subscribed_url = made.request.source.url = "https://example.org/feed";
  made.body = std::move(body);
  return made;
}

// A misbehaving worker program: tests/support/bad_worker.cc under the name that says how.
class BadProgram {
 public:
  explicit BadProgram(const std::string& how) : path_(dir_.path() / ("bad-worker-" + how)) {
    std::filesystem::create_symlink(kBin / "feedwire-bad-worker", path_);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  tests::TempDir dir_;
  std::filesystem::path path_;
};

// The pool with its event loop, in virtual time: nothing times out unless the test says so.
class Bench {
 public:
  explicit Bench(std::filesystem::path program = kBin / "feedwire-parse", std::size_t workers = 1,
                 std::uint64_t renew_after = 10'000) {
    ParsePoolOptions options;
    options.program = std::move(program);
    options.workers = workers;
    options.renew_after = renew_after;
    pool = ParsePool::create(loop, options).value();
  }

  void step() {
    for (ParseDone& one : pool->step(now)) done.insert_or_assign(one.id, std::move(one.feed));
  }
  void pass(std::chrono::microseconds span) {
    now = now + span;
    step();
  }
  /// Until `count` documents are answered.
  void run(std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + seconds{30};
    for (step(); done.size() < count; step()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      loop.wait(seconds{1});
    }
  }
  ErrorCode error(std::uint64_t id) { return done.at(id).error().code; }

  EventLoop loop;
  std::unique_ptr<ParsePool> pool;
  std::map<std::uint64_t, Result<feeds::Feed>> done;
  Now now{};
};

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc()) continue;
    std::ifstream file(entry.path() / "status");
    const std::string status(std::istreambuf_iterator<char>(file), {});
    if (status.find("PPid:\t" + std::to_string(parent) + "\n") != std::string::npos &&
        status.find("State:\tZ") == std::string::npos)
      children.push_back(pid);
  }
  return children;
}

}  // namespace

TEST_CASE("a document comes back as a checked feed", "[parse_pool]") {
  Bench bench;
  bench.pool->submit(job(9, rss("Example")));
  bench.run(1);
  const feeds::Feed& feed = bench.done.at(9).value();
  CHECK(feed.info().title == "Example");
  REQUIRE(feed.size() == 1);
  CHECK(feed.entry(0).guid == "1");
}

TEST_CASE("what is no feed comes back with what it is", "[parse_pool]") {
  Bench bench;
  bench.pool->submit(job(1, ""));
  bench.run(1);
  CHECK(bench.error(1) == ErrorCode::malformed);
  CHECK_FALSE(bench.done.at(1).error().message.empty());
}

TEST_CASE("a hundred documents over two workers come back, each once and its own", "[parse_pool]") {
  Bench bench(kBin / "feedwire-parse", 2);
  for (std::uint64_t id = 0; id < 100; ++id)
    bench.pool->submit(job(id, rss("Feed " + std::to_string(id))));
  bench.run(100);
  for (const auto& [id, feed] : bench.done)
    CHECK(feed.value().info().title == "Feed " + std::to_string(id));
  CHECK(bench.pool->counters().documents == 100);
  CHECK(bench.pool->counters().started == 2);
  CHECK(bench.pool->counters().batches < 30);
}

TEST_CASE("places are taken until the answer is there", "[parse_pool]") {
  Bench bench;
  const std::size_t places = bench.pool->free_places();
  CHECK(places >= feeds::kMaxBatch);
  bench.pool->submit(job(1, rss("x")));
  CHECK(bench.pool->free_places() == places - 1);
  bench.step();
  CHECK(bench.pool->free_places() == places - 1);
  bench.run(1);
  CHECK(bench.pool->free_places() == places);
}

TEST_CASE("a document too large for the shared memory is refused, the next one read",
          "[parse_pool]") {
  Bench bench;
  bench.pool->submit(job(1, std::string(feeds::kRequestBytes, ' ')));
  bench.pool->submit(job(2, rss("x")));
  bench.run(2);
  CHECK(bench.error(1) == ErrorCode::too_large);
  CHECK(bench.done.at(2));
}

TEST_CASE("workers are renewed after so many documents", "[parse_pool]") {
  Bench bench(kBin / "feedwire-parse", 1, 3);
  for (std::uint64_t id = 0; id < 9; ++id) {
    bench.pool->submit(job(id, rss("x")));
    bench.run(id + 1);
  }
  CHECK(bench.pool->counters().started == 3);
  CHECK(bench.pool->counters().deaths == 0);
}

TEST_CASE("S12 a worker killed in mid-batch costs no document", "[parse_pool]") {
  Bench bench;
  const std::vector<pid_t> workers = children_of(::getpid());
  REQUIRE(workers.size() == 1);
  REQUIRE(::kill(workers[0], SIGSTOP) == 0);
  for (std::uint64_t id = 0; id < 4; ++id) bench.pool->submit(job(id, rss("x")));
  bench.step();
  REQUIRE(::kill(workers[0], SIGKILL) == 0);
  bench.run(4);
  for (const auto& [id, feed] : bench.done) CHECK(feed);
  CHECK(bench.pool->counters().deaths == 1);
}

TEST_CASE("S12 a document that kills its worker is an error, its neighbours are read",
          "[parse_pool]") {
  const BadProgram program("dies");
  Bench bench(program.path());
  bench.pool->submit(job(1, "good"));
  bench.pool->submit(job(2, "bad"));
  bench.pool->submit(job(3, "good"));
  bench.run(3);
  CHECK(bench.done.at(1));
  CHECK(bench.error(2) == ErrorCode::unavailable);
  CHECK(bench.done.at(3));
  CHECK(bench.pool->counters().deaths == 2);  // in the batch and once more alone
}

TEST_CASE("S12 a document that hangs is timed out, its neighbours are read", "[parse_pool]") {
  const BadProgram program("hangs");
  Bench bench(program.path());
  bench.pool->submit(job(1, "bad"));
  bench.pool->submit(job(2, "good"));
  bench.step();
  bench.pass(seconds{4});
  CHECK(bench.pool->counters().timeouts == 0);
  bench.pass(seconds{1});  // the batch; then the first alone
  CHECK(bench.pool->counters().timeouts == 1);
  CHECK(bench.done.empty());
  bench.pass(seconds{5});
  CHECK(bench.pool->counters().timeouts == 2);
  bench.run(2);
  CHECK(bench.error(1) == ErrorCode::timed_out);
  CHECK(bench.done.at(2));
}

TEST_CASE("OP-6 a stopped worker is killed after 5 s: one feed error", "[parse_pool]") {
  Bench bench;
  const std::vector<pid_t> workers = children_of(::getpid());
  REQUIRE(workers.size() == 1);
  REQUIRE(::kill(workers[0], SIGSTOP) == 0);
  bench.pool->submit(job(1, rss("x")));
  bench.step();
  bench.pass(seconds{5});
  CHECK(bench.error(1) == ErrorCode::timed_out);
  bench.pool->submit(job(2, rss("x")));
  bench.run(2);
  CHECK(bench.done.at(2));
}

TEST_CASE("S12 a worker that lies is found out and replaced", "[parse_pool]") {
  for (const std::string how : {"lies", "garbage", "miscounts"}) {
    const BadProgram program(how);
    Bench bench(program.path());
    bench.pool->submit(job(1, "good"));
    bench.pool->submit(job(2, "bad"));
    bench.pool->submit(job(3, "good"));
    bench.run(3);
    CHECK(bench.done.at(1));
    CHECK(bench.error(2) == ErrorCode::corrupt);
    CHECK(bench.done.at(3));
    CHECK(bench.pool->counters().lies == 2);
  }
}

TEST_CASE("a worker that speaks unasked is replaced", "[parse_pool]") {
  const BadProgram program("chatters");
  Bench bench(program.path());
  while (bench.pool->counters().lies == 0) {
    bench.loop.wait(seconds{1});
    bench.step();
  }
  CHECK(bench.pool->counters().started == 1);  // the next one is started for the next document
}

TEST_CASE("a program that cannot run is an error at the start, and later one of each document",
          "[parse_pool]") {
  EventLoop loop;
  ParsePoolOptions options;
  options.program = "/nonexistent/feedwire-parse";
  const auto pool = ParsePool::create(loop, options);
  REQUIRE_FALSE(pool);
  CHECK(pool.error().message.find("/nonexistent/feedwire-parse") != std::string::npos);

  auto program = std::make_unique<BadProgram>("dies");
  Bench bench(program->path());
  program.reset();
  bench.pool->submit(job(1, "bad"));
  bench.run(1);
  CHECK(bench.error(1) == ErrorCode::unavailable);
}

TEST_CASE("workers do not outlive a daemon that is killed", "[parse_pool]") {
  // Orphans come to this process, where waitpid() sees how they ended.
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  const pid_t daemon = ::fork();
  if (daemon == 0) {
    Bench bench;
    bench.pool->submit(job(1, rss("x")));
    bench.run(1);  // so the worker is at work, past its own preparations
    // Stopped, it cannot end by itself when its pipe closes.
    for (const pid_t worker : children_of(::getpid())) ::kill(worker, SIGSTOP);
    ::kill(::getpid(), SIGKILL);
  }
  REQUIRE(daemon > 0);
  int status = 0;
  REQUIRE(::waitpid(daemon, &status, 0) == daemon);
  const pid_t worker = ::waitpid(-1, &status, 0);
  CHECK(worker > 0);
  CHECK(worker != daemon);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_CASE("a worker has nothing open but its pipes and shared memory", "[parse_pool]") {
  Bench bench;
  bench.pool->submit(job(1, rss("x")));
  bench.run(1);
  const std::vector<pid_t> workers = children_of(::getpid());
  REQUIRE(workers.size() == 1);
  std::size_t open_fds = 0;
  for (const auto& fd :
       std::filesystem::directory_iterator("/proc/" + std::to_string(workers[0]) + "/fd")) {
    const std::string target = std::filesystem::read_symlink(fd.path());
    CHECK((target == "/dev/null" || target.starts_with("pipe:") ||
           target.starts_with("/memfd:parse-")));
    ++open_fds;
  }
  CHECK(open_fds == 5);
}

}  // namespace feedwire::daemon
