// tail with a cursor and from a time, the cursor itself, and the snapshot: as consumers use them.

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/cli/fake_daemon.h"
#include "tests/cli/tool.h"

namespace feedwire::cli {
namespace {

using Requests = std::vector<std::string>;
using Replies = std::map<std::string, FakeDaemon::Reply>;

const std::string kGet = "GET /v1/cursors/indexer";
const std::string kPut = "PUT /v1/cursors/indexer";

std::string cursor_at(const std::string& acked) {
  return R"({"name":"indexer","acked":")" + acked + R"(","hold":false})";
}

// Five events, recorded a minute apart from 20:01 on, in two segments.
void write_five(const Tool& tool) {
  const auto recorded = [](std::uint64_t sequence) {
    std::string line = event(sequence, "feed.added");
    const std::string time =
        fmt::format(R"("recordedtime":"2026-11-21T20:0{}:00.000000Z",)", sequence);
    return line.insert(line.find(R"("data")"), time);
  };
  tool.write_segment(1, {recorded(1), recorded(2), recorded(3)});
  tool.write_segment(4, {recorded(4), recorded(5)});
}

// The sequences of what was printed: "12".
std::string sequences(const std::string& out) {
  static const std::string kKey = R"("sequence":"0000000000000000000)";
  std::string digits;
  for (std::size_t at = out.find(kKey); at != out.npos; at = out.find(kKey, at + 1))
    digits += out[at + kKey.size()];
  return digits;
}

}  // namespace

TEST_CASE("tail --since begins with what was recorded then or later", "[consumer]") {
  const Tool tool;
  write_five(tool);
  const auto since = [&](const std::string& time) {
    return sequences(tool.run({"tail", "--since", time}).out);
  };

  CHECK(since("2026-11-21T20:03:00Z") == "345");
  CHECK(since("2026-11-21T20:03:01Z") == "45");
  CHECK(since("2026-11-21T21:04:00+01:00") == "45");
  CHECK(since("2026-11-21T20:05:01Z").empty());
  CHECK(since("2026-11-21") == "12345");
  CHECK(since("1h").empty() == since("90s").empty());
  CHECK(tool.run({"tail", "--since", "yesterday"}).code == 64);
  CHECK(tool.run({"tail", "--since", "1h", "--after", "1"}).code == 64);
}

TEST_CASE("tail --cursor begins behind it and acknowledges what was printed", "[consumer]") {
  const Tool tool;
  write_five(tool);
  const FakeDaemon daemon(tool.socket(), {{kGet, {200, cursor_at("00000000000000000002")}},
                                          {kPut, {200, cursor_at("00000000000000000005")}}});

  const tests::Finished tail = tool.run({"tail", "--cursor", "indexer", "--type", "nothing.*"});
  CHECK(tail.code == 0);
  CHECK(daemon.requests() == Requests{kGet + " ", kPut + R"( {"acked":"00000000000000000005"})"});
  CHECK(sequences(tool.run({"tail", "--cursor", "indexer", "--ack", "manual"}).out) == "345");
  CHECK(daemon.requests().size() == 3);
  CHECK(tool.run({"tail", "--ack", "manual"}).code == 64);
}

TEST_CASE("a new cursor begins where it is told and is made at once", "[consumer]") {
  const Tool tool;
  write_five(tool);
  const FakeDaemon daemon(tool.socket(), {{kPut, {200, cursor_at("5")}}});

  CHECK(sequences(tool.run({"tail", "--cursor", "indexer", "--after", "3"}).out) == "45");
  CHECK(sequences(tool.run({"tail", "--cursor", "indexer"}).out) == "12345");
  CHECK(tool.run({"tail", "--cursor", "indexer", "--from", "latest"}).out.empty());
  CHECK(daemon.requests().back() == kPut + R"( {"acked":"00000000000000000005"})");
}

TEST_CASE("CO-4 a cursor before the earliest event meets a gap, one past the end waits",
          "[consumer]") {
  const Tool tool;
  tool.write_segment(4, {event(4, "log.segment_opened"), event(5, "feed.added")});
  {
    const FakeDaemon daemon(tool.socket(), {{kGet, {200, cursor_at("2")}}, {kPut, {200, "{}"}}});
    const tests::Finished behind = tool.run({"tail", "--cursor", "indexer"});
    CHECK(sequences(behind.out).ends_with("45"));
    CHECK(behind.err.find("00000000000000000003") != std::string::npos);
    CHECK(tool.run({"tail", "--cursor", "indexer", "--fail-on-gap"}).code == 3);
  }
  std::filesystem::remove(tool.socket());
  const FakeDaemon daemon(tool.socket(), {{kGet, {200, cursor_at("6")}}, {kPut, {409, "{}"}}});
  tests::Process tail(tool.command({"tail", "--cursor", "indexer", "--follow"}));
  REQUIRE(tests::eventually([&] { return daemon.requests().size() >= 2; }));
  std::ofstream(tool.events_dir() / "events-0001-00000000000000000004.ndjson", std::ios::app)
      << event(6, "feed.added") << "\n"
      << event(7, "feed.added") << "\n";
  CHECK(tests::eventually([&] { return sequences(tail.out()) == "7"; }));
}

TEST_CASE("nothing is acknowledged that standard output has not taken", "[consumer]") {
  const Tool tool;
  write_five(tool);
  const FakeDaemon daemon(tool.socket(), {{kGet, {200, cursor_at("2")}}, {kPut, {200, "{}"}}});
  std::string tail;
  for (const std::string& word : tool.command({"tail", "--cursor", "indexer"}))
    tail += "'" + word + "' ";
  const auto shell = [](const std::string& line) { return tests::run({"/bin/sh", "-c", line}); };

  const tests::Finished full = shell(tail + "> /dev/full");
  CHECK(full.code == 74);
  CHECK(full.err.find("standard output: write: No space left on device") != std::string::npos);
  // Whoever read the pipe has gone before tail begins.
  const tests::Finished gone =
      shell("(trap '' PIPE; while echo; do :; done 2>/dev/null; " + tail + "; echo $? >&2) | true");
  CHECK(gone.err == "0\n");

  CHECK(daemon.requests().size() == 2);
  for (const std::string& request : daemon.requests()) CHECK(request == kGet + " ");
}

TEST_CASE("tail never waits in silence for a log that was put back", "[consumer]") {
  const Tool tool;
  write_five(tool);
  const tests::Finished beyond = tool.run({"tail", "--after", "9"});
  CHECK(beyond.code == 0);
  CHECK(
      beyond.err ==
      "feedwire: the log ends at event 00000000000000000005, before the 00000000000000000009 that "
      "it is to go on behind; was a backup restored?\n");
  CHECK(tool.run({"tail", "--after", "5"}).err.empty());

  // While it follows: event 4 comes once more, of another epoch.
  tests::Process tail(tool.command({"tail", "--after", "3", "--follow"}));
  REQUIRE(tests::eventually([&] { return sequences(tail.out()) == "45"; }));
  std::filesystem::remove(tool.events_dir() / "events-0001-00000000000000000004.ndjson");
  std::ofstream(tool.events_dir() / "events-0002-00000000000000000004.ndjson")
      << event(4, "log.segment_opened") << "\n"
      << event(5, "log.epoch_started") << "\n";
  CHECK(tests::eventually([&] { return sequences(tail.out()) == "4545"; }));
  CHECK(tail.err() ==
        "feedwire: a backup was restored: after event 00000000000000000005 the log goes on at "
        "00000000000000000004, as another one (another source)\n");
}

TEST_CASE("a cursor that stands before the first event is told what it missed", "[consumer]") {
  const Tool tool;
  tool.write_segment(4, {event(4, "log.segment_opened"), event(5, "feed.added")});
  const FakeDaemon daemon(tool.socket(), {{kGet, {200, cursor_at("0")}}, {kPut, {200, "{}"}}});

  CHECK(tool.run({"tail", "--cursor", "indexer", "--fail-on-gap"}).code == 3);
  CHECK(tool.run({"tail", "--after", "0", "--fail-on-gap"}).code == 3);
  CHECK(tool.run({"tail", "--fail-on-gap"}).code == 0);
}

TEST_CASE("while the daemon is down tail goes on, but says that the cursor stays", "[consumer]") {
  const Tool tool;
  write_five(tool);
  {
    const FakeDaemon busy(tool.socket(), {{kGet, {200, cursor_at("3")}}, {kPut, {503, "{}"}}});
    const tests::Finished tail = tool.run({"tail", "--cursor", "indexer"});
    CHECK(tail.code == 0);
    CHECK(sequences(tail.out) == "45");
    CHECK(tail.err.starts_with("feedwire: cursor indexer does not move: "));
  }
  std::filesystem::remove(tool.socket());
  // Neither a daemon nor a store: nobody knows where the cursor is.
  CHECK(tool.run({"tail", "--cursor", "indexer"}).code == 69);
}

TEST_CASE("a cursor that may not be moved ends tail", "[consumer]") {
  const Tool tool;
  write_five(tool);
  const FakeDaemon daemon(tool.socket(), {{kGet, {200, cursor_at("3")}}, {kPut, {403, "{}"}}});

  const tests::Finished tail = tool.run({"tail", "--cursor", "indexer"});

  CHECK(tail.code == 77);
  CHECK(sequences(tail.out) == "45");
}

TEST_CASE("cursor ack never moves a cursor back", "[consumer]") {
  const Tool tool;
  {
    const FakeDaemon daemon(tool.socket(), {{kGet, {200, cursor_at("9")}}, {kPut, {409, "{}"}}});
    CHECK(tool.run({"cursor", "ack", "indexer", "7"}).code == 0);
    CHECK(daemon.requests().front() == kPut + R"( {"acked":"00000000000000000007"})");
    CHECK(tool.run({"cursor", "ack", "indexer", "x"}).code == 64);
  }
  std::filesystem::remove(tool.socket());
  CHECK(tool.run({"cursor", "ack", "indexer", "7"}).code == 69);
}

TEST_CASE("snapshot --cursor puts the cursor to as_of_sequence once all is printed", "[consumer]") {
  const Tool tool;
  const std::string lines =
      "{\"type\":\"feedwire.log.snapshot\",\"data\":{\"as_of_sequence\":\"00000000000000000041\"}}"
      "\n"
      "{\"type\":\"feedwire.entry.snapshot\"}\n{\"type\":\"feedwire.log.snapshot_ended\"}\n";
  const FakeDaemon daemon(tool.socket(), {{"GET /v1/snapshot", {200, lines}},
                                          {"GET /v1/cursors", {200, R"({"cursors":[]})"}},
                                          {kPut, {200, cursor_at("41")}}});

  CHECK(tool.run({"snapshot"}).out == lines);
  CHECK(tool.run({"snapshot", "--cursor", "indexer"}).out == lines);
  CHECK(daemon.requests().back() == kPut + R"( {"acked":"00000000000000000041","force":true})");
}

TEST_CASE("snapshot prints nothing where it cannot set the cursor, and says what failed",
          "[consumer]") {
  const Tool tool;
  CHECK(tool.run({"snapshot", "--cursor", "indexer"}).code == 69);
  CHECK(tool.run({"snapshot"}).code == 69);  // nor is there a store
  const FakeDaemon daemon(tool.socket(), {{"GET /v1/snapshot", {500, R"({"detail":"broken"})"}}});
  const tests::Finished broken = tool.run({"snapshot"});
  CHECK(broken.code == 74);
  CHECK(broken.err == "feedwire: the snapshot is not complete: broken\n");
}

}  // namespace feedwire::cli
