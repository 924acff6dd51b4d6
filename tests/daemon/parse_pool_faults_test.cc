// What happens when a parse worker misbehaves: one feed error at most, and nothing else.

#include <signal.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "daemon/parse_pool.h"
#include "feeds/worker_sandbox.h"
#include "tests/daemon/pool_run.h"
#include "tests/support/process.h"

namespace feedwire::daemon {
namespace {

bool any_child_is_called(std::string_view name) {
  for (const pid_t pid : children_of(::getpid())) {
    const auto comm = read_file("/proc/" + std::to_string(pid) + "/comm", 64);
    if (comm && *comm == std::string(name) + '\n') return true;
  }
  return false;
}

// One batch of three documents, of which only the one that the worker cannot stand may fail.
void read_good_bad_good(PoolRun& run, ErrorCode expected) {
  run.submit(1, "good");
  run.submit(2, "bad");
  run.submit(3, "good");
  run.finish(3);
  CHECK(run.done.at(1));
  CHECK(run.error(2) == expected);
  CHECK(run.done.at(3));
}

}  // namespace

TEST_CASE("S12 a worker killed in mid-batch costs no document", "[parse_pool]") {
  PoolRun run;
  const std::vector<pid_t> workers = children_of(::getpid());
  REQUIRE(workers.size() == 1);
  REQUIRE(::kill(workers[0], SIGSTOP) == 0);
  for (std::uint64_t id = 0; id < 4; ++id) run.submit(id, rss("x"));
  run.step();
  REQUIRE(::kill(workers[0], SIGKILL) == 0);
  run.finish(4);
  for (const auto& [id, feed] : run.done) CHECK(feed);
  CHECK(run.counters().deaths == 1);
}

TEST_CASE("S12 a document that kills its worker is an error, its neighbours are read",
          "[parse_pool]") {
  const BadProgram program("dies");
  PoolRun run(program.path());
  read_good_bad_good(run, ErrorCode::unavailable);
  CHECK(run.counters().deaths == 2);  // in the batch and once more alone
}

TEST_CASE("S12 a document that hangs is timed out, its neighbours are read", "[parse_pool]") {
  const BadProgram program("hangs");
  PoolRun run(program.path());
  run.submit(1, "bad");
  run.submit(2, "good");
  run.step();
  run.pass(std::chrono::seconds{4});
  CHECK(run.counters().timeouts == 0);
  run.pass(std::chrono::seconds{1});  // the batch; then the first alone
  CHECK(run.counters().timeouts == 1);
  CHECK(run.done.empty());
  run.pass(std::chrono::seconds{5});
  CHECK(run.counters().timeouts == 2);
  run.finish(2);
  CHECK(run.error(1) == ErrorCode::timed_out);
  CHECK(run.done.at(2));
}

TEST_CASE("S8 large documents and suspects wait for one another, the usual ones for none of them",
          "[parse_pool]") {
  const BadProgram program("hangs");
  PoolRun run(program.path());
  const std::string padding(kLargeBody, ' ');
  for (std::uint64_t id = 1; id <= kLargePlaces; ++id) {
    CHECK(run.pool->free_places(kLargeBody + 1) == kLargePlaces - id + 1);
    run.submit(id, padding + (id == 1 ? "bad" : "good"));
  }
  CHECK(run.pool->free_places(kLargeBody + 1) == 0);
  run.step();
  for (std::uint64_t id = 10; id < 30; ++id) run.submit(id, "good");
  run.finish(20);
  CHECK(run.pool->free_places(kLargeBody + 1) == 0);
  CHECK(run.done.count(1) + run.done.count(2) == 0);
  run.pass(std::chrono::seconds{6});
  run.finish(20 + kLargePlaces);
  CHECK(run.error(1) == ErrorCode::timed_out);
  for (std::uint64_t id = 2; id <= kLargePlaces; ++id) CHECK(run.done.at(id));
  CHECK(run.pool->free_places(kLargeBody + 1) == kLargePlaces);
  // Once there is none, its worker is gone.
  CHECK(tests::eventually([&] {
    run.step();
    return children_of(::getpid()).size() == 1;
  }));
}

TEST_CASE("OP-6 a stopped worker is killed after 5 s: one feed error", "[parse_pool]") {
  PoolRun run;
  const std::vector<pid_t> workers = children_of(::getpid());
  REQUIRE(workers.size() == 1);
  REQUIRE(::kill(workers[0], SIGSTOP) == 0);
  run.submit(1, rss("x"));
  run.step();
  run.pass(std::chrono::seconds{5});
  CHECK(run.error(1) == ErrorCode::timed_out);
  run.submit(2, rss("x"));
  run.finish(2);
  CHECK(run.done.at(2));
}

TEST_CASE("S12 a worker that lies is found out and replaced", "[parse_pool]") {
  for (const std::string how : {"lies", "garbage", "miscounts"}) {
    const BadProgram program(how);
    PoolRun run(program.path());
    read_good_bad_good(run, ErrorCode::corrupt);
    CHECK(run.counters().lies == 2);
  }
}

TEST_CASE(
    "S12 a document for which the sandbox forbids something is an error, its neighbours are read",
    "[parse_pool]") {
  for (const std::string how : {"opens", "connects", "executes"}) {
    const BadProgram program(how);
    PoolRun run(program.path());
    read_good_bad_good(run, ErrorCode::unavailable);
    if (!FEEDWIRE_HAS_SANITIZER) CHECK(run.message(2).find("SIGSYS") != std::string::npos);
    CHECK(run.read("good again"));
  }
}

TEST_CASE("S12 a document that eats its worker's memory is an error, its neighbours are read",
          "[parse_pool]") {
  const BadProgram program("eats");
  PoolRun run(program.path());
  read_good_bad_good(run, ErrorCode::unavailable);
}

TEST_CASE("S12 a worker that is out of memory ends, and the next one reads the document",
          "[parse_pool]") {
  if (FEEDWIRE_HAS_SANITIZER) return;  // its shadow counts as memory, too
  PoolRun run;
  REQUIRE(run.read(rss("x")));
  const std::vector<pid_t> workers = children_of(::getpid());
  REQUIRE(workers.size() == 1);
  const rlimit little = {1, 1};  // nothing beyond what it has
  REQUIRE(::prlimit(workers[0], RLIMIT_AS, &little, nullptr) == 0);
  const std::string title(kLargeBody - 1024, 'x');
  CHECK(run.read(rss(title)).value().info().title == title);
  CHECK(run.counters().deaths == 1);
}

TEST_CASE("a worker's last words go into the error, their first line, and into the log",
          "[parse_pool]") {
  const BadProgram program("speaks");
  PoolRun run(program.path());
  std::ostringstream log;
  const auto before = spdlog::default_logger();
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::ostream_sink_st>(log)));
  const Result<feeds::Feed> feed = run.read("bad");
  spdlog::set_default_logger(before);

  REQUIRE_FALSE(feed);
  CHECK(feed.error().message.starts_with(
      "the parse worker ended with exit code 7: a last word; alone in a fresh one, too"));
  CHECK(log.str().find("url=https://example.org/feed feed_id=f-0000000000000007 "
                       "stderr=\"a last word\\nand \\u001b[31manother\\n\"\n") !=
        std::string::npos);
}

TEST_CASE("a document that brought its worker down alone is not parsed again before it changes",
          "[parse_pool]") {
  const BadProgram program("dies");
  PoolRun run(program.path());
  const Error first = run.read("bad").error();
  CHECK(run.counters().deaths == 2);

  const Error again = run.read("bad").error();
  CHECK(again.code == first.code);
  CHECK(again.message == first.message);
  CHECK(again.message.find("not parsed again before it changes") != std::string::npos);
  CHECK(run.counters().refused == 1);
  CHECK(run.counters().deaths == 2);

  CHECK(run.read("good now"));
  CHECK_FALSE(run.read("bad, but otherwise"));
  CHECK(run.counters().deaths == 4);
}

TEST_CASE("after a day a document in quarantine gets another chance", "[parse_pool]") {
  const BadProgram program("dies");
  PoolRun run(program.path());
  CHECK_FALSE(run.read("bad"));
  run.pass(Quarantine::kTime - std::chrono::seconds{1});
  CHECK_FALSE(run.read("bad"));
  CHECK(run.counters().deaths == 2);
  run.pass(std::chrono::seconds{1});
  CHECK_FALSE(run.read("bad"));
  CHECK(run.counters().deaths == 4);
}

TEST_CASE("a document that hangs by itself is tried alone when it comes again, then no more",
          "[parse_pool]") {
  const BadProgram program("hangs");
  PoolRun run(program.path());
  const auto hang = [&run](std::uint64_t id) {
    run.submit(id, "bad");
    run.step();
    if (run.done.contains(id)) return;
    REQUIRE(tests::eventually([] { return any_child_is_called("hanging"); }));
    run.pass(std::chrono::seconds{5});
  };
  REQUIRE(run.read("good"));
  hang(1);
  CHECK(run.error(1) == ErrorCode::timed_out);
  CHECK(run.message(1).find("again") == std::string::npos);
  REQUIRE(run.read("good"));
  hang(2);
  CHECK(run.message(2).find("not parsed again before it changes") != std::string::npos);
  hang(3);
  CHECK(run.message(3) == run.message(2));
  CHECK(run.counters().timeouts == 2);
  CHECK(run.counters().started == 3);  // the first, one after the hang, a fresh one for the next
}

TEST_CASE("where workers end before their first document, no document is to blame",
          "[parse_pool]") {
  const BadProgram program("stillborn");
  PoolRun run(program.path());
  run.submit(1, "good");
  run.submit(2, "good");
  run.finish(2);
  for (const auto& [id, feed] : run.done) {
    CHECK(feed.error().code == ErrorCode::unavailable);
    CHECK(feed.error().message.find("ended with exit code 3") != std::string::npos);
  }
  const std::uint64_t started = run.counters().started;
  CHECK(started <= 3);
  CHECK_FALSE(run.read("good"));  // no new process within a second
  CHECK(run.counters().started == started);

  std::filesystem::remove(program.path());
  std::filesystem::create_symlink(kBin / "feedwire-parse", program.path());
  run.pass(std::chrono::seconds{1});
  CHECK(run.read(rss("x")));
}

TEST_CASE("a worker that speaks unasked is replaced", "[parse_pool]") {
  const BadProgram program("chatters");
  PoolRun run(program.path());
  while (run.counters().lies == 0) {
    run.loop.wait(std::chrono::seconds{1});
    run.step();
  }
  CHECK(run.counters().started == 1);  // the next one is started for the next document
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
  PoolRun run(program->path());
  program.reset();
  run.submit(1, "bad");
  run.finish(1);
  CHECK(run.error(1) == ErrorCode::unavailable);
}

}  // namespace feedwire::daemon
