// A ParsePool at work for the tests of it: real processes, virtual time.

#pragma once

#include <sys/types.h>

#include <catch2/catch.hpp>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/parse_pool.h"
#include "tests/support/temp_dir.h"

namespace feedwire::daemon {

inline const std::filesystem::path kBin = FEEDWIRE_BIN_DIR;

inline std::string rss(std::string_view title) {
  return "<rss version=\"2.0\"><channel><title>" + std::string(title) +
         "</title><item><guid>1</guid><title>One</title></item></channel></rss>";
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
class PoolRun {
 public:
  explicit PoolRun(std::filesystem::path program = kBin / "feedwire-parse", std::size_t workers = 1,
                   std::uint64_t renew_after = 10'000) {
    ParsePoolOptions options;
    options.program = std::move(program);
    options.workers = workers;
    options.renew_after = renew_after;
    pool = ParsePool::create(loop, options).value();
  }

  void submit(std::uint64_t id, std::string body) {
    ParseJob job;
    job.id = id;
    job.request.feed = 7;
    job.request.subscribed_url = job.request.source.url = "https://example.org/feed";
    job.body = std::move(body);
    pool->submit(std::move(job));
  }
  void step() {
    for (ParseDone& one : pool->step(now)) done.insert_or_assign(one.id, std::move(one.feed));
  }
  void pass(std::chrono::microseconds span) {
    now = now + span;
    step();
  }
  /// Until `count` documents are answered.
  void finish(std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    for (step(); done.size() < count; step()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      loop.wait(std::chrono::seconds{1});
    }
  }
  /// Submits one document and gives what it comes to.
  Result<feeds::Feed> read(std::string body) {
    const std::uint64_t id = done.size() + 1000;
    const std::size_t count = done.size() + 1;
    submit(id, std::move(body));
    finish(count);
    return std::move(done.at(id));
  }
  ErrorCode error(std::uint64_t id) { return done.at(id).error().code; }
  const std::string& message(std::uint64_t id) { return done.at(id).error().message; }
  const ParsePoolCounters& counters() const { return pool->counters(); }

  EventLoop loop;
  std::unique_ptr<ParsePool> pool;
  std::map<std::uint64_t, Result<feeds::Feed>> done;
  Now now{};
};

inline std::vector<pid_t> children_of(pid_t parent) {
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

}  // namespace feedwire::daemon
