#include "daemon/parse_pool.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/daemon/pool_run.h"

namespace feedwire::daemon {

TEST_CASE("a document comes back as a checked feed", "[parse_pool]") {
  PoolRun run;
  run.submit(9, rss("Example"));
  run.finish(1);
  const feeds::Feed& feed = run.done.at(9).value();
  CHECK(feed.info().title == "Example");
  REQUIRE(feed.size() == 1);
  CHECK(feed.entry(0).guid == "1");
}

TEST_CASE("what is no feed comes back with what it is", "[parse_pool]") {
  PoolRun run;
  run.submit(1, "");
  run.finish(1);
  CHECK(run.error(1) == ErrorCode::malformed);
  CHECK_FALSE(run.done.at(1).error().message.empty());
}

TEST_CASE("a hundred documents over two workers come back, each once and its own", "[parse_pool]") {
  PoolRun run(kBin / "feedwire-parse", 2);
  for (std::uint64_t id = 0; id < 100; ++id) run.submit(id, rss("Feed " + std::to_string(id)));
  run.finish(100);
  for (const auto& [id, feed] : run.done)
    CHECK(feed.value().info().title == "Feed " + std::to_string(id));
  CHECK(run.counters().documents == 100);
  CHECK(run.counters().started == 2);
  CHECK(run.counters().batches < 30);
}

TEST_CASE("places are taken until the answer is there", "[parse_pool]") {
  PoolRun run;
  const std::size_t places = run.pool->free_places(1);
  CHECK(places >= feeds::kMaxBatch);
  run.submit(1, rss("x"));
  CHECK(run.pool->free_places(1) == places - 1);
  run.step();
  CHECK(run.pool->free_places(1) == places - 1);
  run.finish(1);
  CHECK(run.pool->free_places(1) == places);
}

TEST_CASE("a document too large for the shared memory is refused, the next one read",
          "[parse_pool]") {
  PoolRun run;
  run.submit(1, std::string(feeds::kRequestBytes, ' '));
  run.submit(2, rss("x"));
  run.finish(2);
  CHECK(run.error(1) == ErrorCode::too_large);
  CHECK(run.done.at(2));
}

TEST_CASE("workers are renewed after so many documents", "[parse_pool]") {
  PoolRun run(kBin / "feedwire-parse", 1, 3);
  for (std::uint64_t id = 0; id < 9; ++id) {
    run.submit(id, rss("x"));
    run.finish(id + 1);
  }
  CHECK(run.counters().started == 3);
  CHECK(run.counters().deaths == 0);
}

TEST_CASE("workers do not outlive a daemon that is killed", "[parse_pool]") {
  // Orphans come to this process, where waitpid() sees how they ended.
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  const pid_t daemon = ::fork();
  if (daemon == 0) {
    PoolRun run;
    run.submit(1, rss("x"));
    run.finish(1);  // so the worker is at work, past its own preparations
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
  PoolRun run;
  run.submit(1, rss("x"));
  run.finish(1);
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
