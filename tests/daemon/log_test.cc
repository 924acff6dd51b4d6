#include "daemon/log.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/redact.h"
#include "base/unique_fd.h"
#include "base/utf8.h"
#include "daemon/log_text.h"

namespace feedwire::daemon {
namespace {

/// Puts a log on a pipe in place of the process's own, which comes back at the end.
class CapturedLog {
 public:
  explicit CapturedLog(LogStyle style) : before_(spdlog::default_logger()) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    read_end_ = UniqueFd(ends[0]);
    write_end_ = UniqueFd(ends[1]);
    set_up_log(write_end_.get(), style);
  }
  ~CapturedLog() { spdlog::set_default_logger(before_); }

  /// Everything logged so far; once.
  std::string text() {
    write_end_.reset();
    std::string all;
    std::array<char, 4096> chunk{};
    for (ssize_t size; (size = ::read(read_end_.get(), chunk.data(), chunk.size())) > 0;)
      all.append(chunk.data(), static_cast<std::size_t>(size));
    return all;
  }

 private:
  std::shared_ptr<spdlog::logger> before_;
  UniqueFd read_end_, write_end_;
};

std::string lines_of(std::string_view message) {
  CapturedLog log(LogStyle::journal);
  spdlog::warn("{}", message);
  return log.text();
}

}  // namespace

TEST_CASE("OP-11 each level has its priority in the journal", "[log]") {
  CapturedLog log(LogStyle::journal);
  REQUIRE(set_log_level("debug"));

  spdlog::critical("cannot start");
  spdlog::error("cannot work");
  spdlog::warn("a person should act");
  spdlog::info("start");
  spdlog::debug("poll");

  CHECK(log.text() ==
        "<2>cannot start\n<3>cannot work\n<4>a person should act\n<6>start\n<7>poll\n");
}

TEST_CASE("records below the level are not written", "[log]") {
  CapturedLog log(LogStyle::journal);
  REQUIRE(set_log_level("warn"));

  spdlog::info("start");
  spdlog::warn("slow disk");

  CHECK(log.text() == "<4>slow disk\n");
  CHECK(set_log_level("warning").error().message == "warning: expected error, warn, info or debug");
}

TEST_CASE("outside the journal a line has a time and a level", "[log]") {
  CapturedLog log(LogStyle::text);
  spdlog::info("reload feeds={}", 3);

  const std::string line = log.text();

  REQUIRE(line.size() == std::string("2026-11-21T21:15:01.250000Z info reload feeds=3\n").size());
  CHECK(line[10] == 'T');
  CHECK(line.substr(26) == "Z info reload feeds=3\n");
}

TEST_CASE("the journal is told by $JOURNAL_STREAM and the file behind the descriptor", "[log]") {
  struct stat status {};
  REQUIRE(::fstat(0, &status) == 0);
  const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);

  CHECK(log_style(stream, 0) == LogStyle::journal);
  CHECK(log_style(stream + "0", 0) == LogStyle::text);
  CHECK(log_style("", 0) == LogStyle::text);
  CHECK(log_style(stream, -1) == LogStyle::text);
}

TEST_CASE("S17 a record stays one line whatever it says", "[log]") {
  CHECK(lines_of("a\nb\r\nc") == "<4>a\\nb\\r\\nc\n");
  CHECK(lines_of({"nul\0", 4}) == "<4>nul\\u0000\n");
  CHECK(lines_of("nel\u0085 ls\u2028 ps\u2029") == "<4>nel\\u0085 ls\\u2028 ps\\u2029\n");
  CHECK(lines_of("\x1b[2J\x7f\u009b") == "<4>\\u001b[2J\\u007f\\u009b\n");
  CHECK(lines_of("abc\u202etxt.exe") == "<4>abc\\u202etxt.exe\n");
  CHECK(lines_of("bad \xff\xc3") == "<4>bad \\xff\\xc3\n");
  CHECK(lines_of("plain — 你好 \\ \"") == "<4>plain — 你好 \\ \"\n");
}

TEST_CASE("S17 a record has a limit", "[log]") {
  const std::string line = lines_of(std::string(100'000, 'x'));

  CHECK(line.size() == std::string("<4>").size() + kMaxLogLineBytes + 1);
  CHECK(line.ends_with("x…\n"));
}

TEST_CASE("S17 a value is quoted where it must be and at most 1 KiB", "[log]") {
  CHECK(log_value("https://example.org/?a=b") == "https://example.org/?a=b");
  CHECK(log_value("") == "\"\"");
  CHECK(log_value("timed out") == "\"timed out\"");
  CHECK(log_value("x\" level=error") == "\"x\\\" level=error\"");
  CHECK(log_value("back\\slash") == "\"back\\\\slash\"");
  CHECK(log_value("two\nlines") == "\"two\\nlines\"");

  CHECK(log_value(std::string(1024, 'x')).size() == 1024);
  for (const std::string_view unit : {"x", "é", "汉", "😀", "\n", "\"", "\u0085", "\xff"}) {
    std::string text;
    for (std::size_t i = 0; i < 1100; ++i) text += unit;
    const std::string value = log_value(text);
    INFO(value);
    CHECK(value.size() <= kMaxLogValueBytes);
    CHECK(value.size() > kMaxLogValueBytes - 20);
    CHECK(is_valid_utf8(value));
    CHECK(value.ends_with("…\""));
  }
}

TEST_CASE("OP-13 no spelling of a credential's name gets through to the log", "[log]") {
  for (const std::string name : {"token",
                                 "TOKEN",
                                 "access_token",
                                 "auth-token",
                                 "key",
                                 "api_key",
                                 "apiKey",
                                 "x-api-key",
                                 "secret",
                                 "client_secret",
                                 "password",
                                 "passwd",
                                 "passphrase",
                                 "pwd",
                                 "pass",
                                 "auth",
                                 "sig",
                                 "signature",
                                 "X-Amz-Signature",
                                 "X-Amz-Credential",
                                 "X-Amz-Security-Token",
                                 "session",
                                 "sid",
                                 "jwt",
                                 "%74oken",
                                 "t%6Fken",
                                 "authorization"}) {
    INFO(name);
    CHECK(lines_of("poll failed url=https://h/feed?a=1&" + name + "=c4n4ry error=x") ==
          "<4>poll failed url=https://h/feed?a=1&" + name + "=[redacted] error=x\n");
  }
  CHECK(redact_urls("http://h/?author=x&category=y&keyword=z&passage=1#design") ==
        "http://h/?author=x&category=y&keyword=z&passage=1#design");
}

TEST_CASE("records of several threads do not mix", "[log]") {
  CapturedLog log(LogStyle::journal);
  std::vector<std::thread> threads;
  // 48 kB in all: less than a pipe holds.
  for (const char c : {'a', 'b', 'c', 'd'})
    threads.emplace_back([c] {
      for (int i = 0; i < 20; ++i) spdlog::warn("{}", std::string(600, c));
    });
  for (std::thread& thread : threads) thread.join();

  const std::string all = log.text();

  CHECK(all.size() == 80 * 604);
  for (std::size_t at = 0; at < all.size(); at += 604)
    CHECK(all.substr(at, 604) == "<4>" + std::string(600, all[at + 3]) + "\n");
}

TEST_CASE("a log that nobody reads stops nobody", "[log]") {
  const std::shared_ptr<spdlog::logger> before = spdlog::default_logger();
  set_up_log(-1, LogStyle::text);

  spdlog::error("nobody hears this");

  spdlog::set_default_logger(before);
}

}  // namespace feedwire::daemon
