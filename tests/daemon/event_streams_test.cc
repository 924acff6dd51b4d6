// GET /v1/events and /v1/events/stream over the socket, on logs made by hand.

#include "daemon/event_streams.h"

#include <fmt/format.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/segment_name.h"
#include "tests/daemon/api_test_daemon.h"
#include "tests/support/process.h"
#include "tests/support/stream_client.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using tests::ApiTestDaemon;
using tests::HttpAnswer;
using tests::parse_sse;
using tests::SseBody;
using tests::StreamClient;

const std::string kSse = "Accept: text/event-stream\r\n";

/// Odd events are new entries of feed a, even ones updates of feed b.
std::string event_line(Sequence sequence, std::size_t bytes = 0) {
  const bool odd = sequence % 2 == 1;
  return fmt::format(
      R"({{"specversion":"1.0","id":"e-{}","source":"urn:uuid:1","type":"feedwire.entry.{}",)"
      R"("sequence":"{:020}","time":"2026-11-21T21:15:01.250000Z","recordedtime":)"
      R"("2026-11-21T21:15:01.270000Z","data":{{"op":"c","rev":1,"feed":{{"feed_id":"f-{}",)"
      R"("url":"https://example.org/{}"}},"text":"{}"}}}})",
      sequence, odd ? "created" : "updated", sequence, odd ? "0a" : "0b", odd ? "a" : "b",
      std::string(bytes, 'x'));
}

/// A daemon whose log the test writes.
class Streams : public ApiTestDaemon {
 public:
  Streams() {
    options.streams.events_dir = log_.path();
    backend.memory.log.first = backend.memory.log.last = 0;
  }

  /// Not while a request begins.
  void add_segment(Sequence first, Sequence last, std::size_t bytes = 0) {
    segment_ = storage::SegmentName{1, first}.text();
    log_.write(segment_, "");
    if (backend.memory.log.first == 0) backend.memory.log.first = first;
    add(first, last, bytes);
    backend.memory.log.last = last;
  }
  /// What the daemon says the log ends with stays as it is.
  void add(Sequence first, Sequence last, std::size_t bytes = 0) {
    std::string lines;
    for (Sequence each = first; each <= last; ++each) lines += event_line(each, bytes) + '\n';
    write(lines);
  }
  void write(const std::string& lines) {
    std::ofstream(log_.path() / segment_, std::ios::app | std::ios::binary) << lines;
  }
  void trim(Sequence first, Sequence earliest) {
    std::filesystem::remove(log_.path() / storage::SegmentName{1, first}.text());
    backend.memory.log.first = earliest;
  }
  StreamClient stream(std::string_view target, std::string_view headers = {}) {
    server();
    return {socket_path(), target, headers};
  }

 private:
  tests::TempDir log_;
  std::string segment_;
};

std::string lines_of(Sequence first, Sequence last, Sequence step = 1) {
  std::string lines;
  for (Sequence each = first; each <= last; each += step) lines += event_line(each) + '\n';
  return lines;
}

std::string id_of(Sequence sequence) { return fmt::format("{:020}", sequence); }

/// What is waited for: the event's end, in a body of server-sent events.
std::string end_of(Sequence sequence) { return event_line(sequence) + "\n\n"; }

std::size_t resident_bytes() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_CASE("a page of the log is the log's own bytes", "[streams]") {
  Streams daemon;
  daemon.add_segment(1, 40);
  daemon.add_segment(41, 60);
  const auto page = [&](const std::string& query) {
    StreamClient client = daemon.stream("/v1/events" + query);
    CHECK(client.status() == 200);
    CHECK(client.head().find("\r\nContent-Type: application/x-ndjson\r\n") != std::string::npos);
    REQUIRE(client.wait_for_end());
    CHECK(client.is_whole());
    return client.body();
  };

  CHECK(page("") == lines_of(1, 60));
  CHECK(page("?after=0") == lines_of(1, 60));
  CHECK(page("?after=38&limit=4") == lines_of(39, 42));
  CHECK(page("?limit=1") == lines_of(1, 1));
  CHECK(page("?after=00000000000000000059") == lines_of(60, 60));
  CHECK(page("?after=60").empty());
  CHECK(page("?after=18446744073709551615").empty());
  CHECK(page("?from=latest").empty());
  CHECK(page("?type=entry.created") == lines_of(1, 60, 2));
  CHECK(page("?type=feed.*,feedwire.entry.upd*&after=50") == lines_of(52, 60, 2));
  CHECK(page("?feed=f-0a&limit=3") == lines_of(1, 5, 2));
  CHECK(page("?feed=https%3A%2F%2Fexample.org%2Fb&after=57") == lines_of(58, 60, 2));
  CHECK(page("?feed=nobody").empty());
  const HttpAnswer answer = daemon.get("/v1/events?after=60");
  CHECK(answer.has_header("Feedwire-Earliest-Sequence: 00000000000000000001"));
  CHECK(answer.has_header("Feedwire-Last-Sequence: 00000000000000000060"));
}

TEST_CASE("a log without a line has an empty page", "[streams]") {
  Streams daemon;
  CHECK(daemon.get("/v1/events").status == 200);
}

TEST_CASE("an order for events that makes no sense is refused", "[streams]") {
  Streams daemon;
  daemon.add_segment(1, 2);
  for (const char* const query : {"after=x", "after=-1", "after=", "limit=0", "limit=x",
                                  "follow=maybe", "from=here", "after=1&from=latest", "until=3"})
    CHECK(daemon.get(std::string("/v1/events?") + query).status == 400);
  CHECK(daemon.get("/v1/events/stream?limit=3").status == 400);
  CHECK(daemon.stream("/v1/events?limit=3", kSse).status() == 400);
  CHECK(daemon.stream("/v1/events", kSse + "Last-Event-ID: later\r\n").status() == 400);
  CHECK(daemon.request("POST", "/v1/events").status == 405);
}

TEST_CASE("events that are gone are an error for a page and a gap for a stream", "[streams]") {
  Streams daemon;
  daemon.add_segment(1, 40);
  daemon.add_segment(41, 50);
  daemon.trim(1, 41);

  const HttpAnswer gone = daemon.get("/v1/events?after=39");
  CHECK(gone.status == 410);
  CHECK(gone.body.find("00000000000000000041 to 00000000000000000050") != std::string::npos);
  CHECK(gone.has_header("Feedwire-Earliest-Sequence: 00000000000000000041"));
  CHECK(daemon.get("/v1/events?after=40").status == 200);
  CHECK(daemon.get("/v1/events").status == 200);

  for (const char* const query :
       {"?after=7", "?after=7&type=log.*,entry.*", "?after=7&feed=f-0a"}) {
    StreamClient behind = daemon.stream(std::string("/v1/events/stream") + query);
    REQUIRE(behind.wait_for(end_of(41)));
    const SseBody body = parse_sse(behind.body());
    REQUIRE(body.events.size() >= 3);
    CHECK(body.events[1].type == "feedwire.log.gap");
    CHECK(body.events[1].id == id_of(40));
    CHECK(body.events[1].data.find(R"("data":{"epoch":1,"from":"00000000000000000008",)") !=
          std::string::npos);
    CHECK(body.events[2].id == id_of(41));
  }
  // Who asks for what there is misses nothing.
  StreamClient all = daemon.stream("/v1/events/stream");
  REQUIRE(all.wait_for(end_of(50)));
  CHECK(all.body().find("log.gap") == std::string::npos);
  CHECK(parse_sse(all.body()).events.front().id == id_of(40));
}

TEST_CASE("a gap in what streams share is of every feed", "[streams]") {
  EventBlock block;
  block.add(1, event_line(1));
  block.add(9, R"({"type":"feedwire.log.gap"})", true);
  const auto passes = [&](const storage::EventFilter& filter) {
    return std::pair(block.passes(block.events()[0], filter),
                     block.passes(block.events()[1], filter));
  };
  CHECK(passes({}) == std::pair(true, true));
  CHECK(passes({{}, "f-0b"}) == std::pair(false, true));
  CHECK(passes({{"entry.*"}, "f-0a"}) == std::pair(true, false));
}

TEST_CASE("server-sent events begin with an id, have the log's lines, and follow", "[streams]") {
  Streams daemon;
  daemon.add_segment(1, 3);
  StreamClient client = daemon.stream("/v1/events?after=1", kSse);
  CHECK(client.status() == 200);
  CHECK(client.head().find("\r\nContent-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(client.head().find("\r\nCache-Control: no-store\r\n") != std::string::npos);
  REQUIRE(client.wait_for(end_of(3)));
  CHECK(client.body() ==
        "retry: 3000\nid: 00000000000000000001\ndata:\n\n"
        "id: 00000000000000000002\nevent: feedwire.entry.updated\ndata: " +
            end_of(2) +
            "id: 00000000000000000003\nevent: feedwire.entry.created\ndata: " + end_of(3));

  daemon.write(event_line(4).substr(0, 50));
  StreamClient later = daemon.stream("/v1/events/stream?after=1", "Last-Event-ID: 3\r\n");
  daemon.write(event_line(4).substr(50) + '\n');
  daemon.add_segment(5, 6);
  for (StreamClient* const each : {&client, &later}) {
    REQUIRE(each->wait_for(end_of(6)));
    CHECK(parse_sse(each->body()).last_id == id_of(6));
  }
  CHECK(parse_sse(later.body()).events.size() == 4);
}

TEST_CASE("NDJSON follows if it is asked to", "[streams]") {
  Streams daemon;
  daemon.add_segment(1, 3);
  StreamClient client = daemon.stream("/v1/events?follow=true&after=2&limit=5");
  REQUIRE(client.wait_for(lines_of(3, 3)));
  daemon.add(4, 5);
  REQUIRE(client.wait_for(lines_of(3, 5)));
  daemon.add(6, 20);
  REQUIRE(client.wait_for_end());
  CHECK(client.is_whole());
  CHECK(client.body() == lines_of(3, 7));
}

TEST_CASE("CO-4 a stream that begins past the end waits for what comes behind it", "[streams]") {
  Streams daemon;
  daemon.add_segment(1, 3);
  StreamClient client = daemon.stream("/v1/events?follow=true&after=5");
  StreamClient other = daemon.stream("/v1/events?follow=true&after=3");
  daemon.add(4, 6);
  REQUIRE(other.wait_for(lines_of(4, 6)));
  REQUIRE(client.wait_for(lines_of(6, 6)));
  CHECK(client.body() == lines_of(6, 6));
}

TEST_CASE("a silent stream has heartbeats, which take along who filters", "[streams]") {
  Streams daemon;
  daemon.options.streams.heartbeat = 30ms;
  daemon.add_segment(1, 9);
  StreamClient client = daemon.stream("/v1/events/stream?type=feed.*");

  REQUIRE(client.wait_for(": hb 00000000000000000009\n"));
  REQUIRE(client.wait_for("id: 00000000000000000009\n\n"));
  REQUIRE(client.wait_for(": hb 00000000000000000009\n\n"));  // it has been told
  const SseBody body = parse_sse(client.body());
  CHECK(body.events.size() == 1);  // the one without data
  CHECK(body.last_id == id_of(9));
}

TEST_CASE("CO-2 a client that is killed again and again misses and repeats nothing", "[streams]") {
  Streams daemon;
  daemon.add_segment(1, 50);
  daemon.server();
  std::thread writer([&] {
    for (Sequence each = 51; each <= 3000; each += 10) {
      daemon.add(each, each + 9, each % 3 == 0 ? 9000 : 10);
      std::this_thread::sleep_for(1ms);
    }
  });
  Sequence last = 0;
  int lives = 0;
  for (; last < 3000; ++lives) {
    StreamClient client(daemon.socket_path(), "/v1/events/stream?after=0",
                        lives == 0 ? "" : fmt::format("Last-Event-ID: {}\r\n", id_of(last)));
    client.wait_for("id: " + id_of(std::min<Sequence>(last + 20, 3000)));
    const SseBody body = parse_sse(client.body());
    REQUIRE(!body.events.empty());
    REQUIRE(body.events.front().id == id_of(last));
    for (std::size_t i = 1; i < body.events.size(); ++i) {
      REQUIRE(body.events[i].id == id_of(++last));
      REQUIRE(body.events[i].data.find("\"sequence\":\"" + id_of(last)) != std::string::npos);
    }
  }
  writer.join();
  CHECK(lives > 20);
}

TEST_CASE("CO-3 clients that stop reading cost little, delay nobody and lose nothing",
          "[streams]") {
  Streams daemon;
  daemon.add_segment(1, 10);
  daemon.server();
  std::vector<std::unique_ptr<StreamClient>> stopped;
  for (int i = 0; i < 20; ++i)
    stopped.push_back(
        std::make_unique<StreamClient>(daemon.socket_path(), "/v1/events/stream?after=0"));
  for (const auto& client : stopped) REQUIRE(client->wait_for(end_of(10)));
  const std::size_t before = resident_bytes();
  const Sequence last = 10 + 64 * 1024;
  for (Sequence each = 11; each <= last; each += 1024) {
    daemon.add(each, each + 1023, 700);
    StreamClient reader = daemon.stream(fmt::format("/v1/events/stream?after={}", each - 1));
    REQUIRE(reader.wait_for("id: " + id_of(each + 1023)));
    CHECK(daemon.get("/livez").status == 200);
  }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // Of a log of 75 MiB; beside the tail that all share.
  CHECK(resident_bytes() < before + 3 * LogTail::kBytes / 2 + stopped.size() * (1 << 20));
#endif

  REQUIRE(stopped[7]->wait_for("id: " + id_of(last)));
  const SseBody all = parse_sse(stopped[7]->body());
  Sequence expected = 0;
  for (const tests::SseEvent& event : all.events) REQUIRE(event.id == id_of(expected++));
}

TEST_CASE("a client that takes nothing for long is cut, and its place given away", "[streams]") {
  Streams daemon;
  daemon.options.streams.max_streams = 1;
  daemon.options.stream_idle_seconds = 1;
  daemon.add_segment(1, 4000, 1000);
  StreamClient stuck = daemon.stream("/v1/events?follow=true");
  REQUIRE(stuck.status() == 200);

  const HttpAnswer full = daemon.get("/v1/events");
  CHECK(full.status == 503);
  CHECK(full.body.find("api.max_streams, 1)") != std::string::npos);
  REQUIRE(tests::eventually([&] { return daemon.get("/v1/events?limit=1").status == 200; }));
  REQUIRE(stuck.wait_for_end());
  CHECK_FALSE(stuck.is_whole());
}

TEST_CASE("the place of a client that is gone is given away", "[streams]") {
  Streams daemon;
  daemon.options.streams.max_streams = 1;
  daemon.options.streams.heartbeat = 90ms;
  daemon.add_segment(1, 4);
  const std::string target =
      GENERATE("/v1/events?follow=true&after=3", "/v1/events/stream?after=3&type=none");
  std::optional<StreamClient> client = daemon.stream(target);
  REQUIRE(client->status() == 200);
  CHECK(daemon.get("/v1/events").status == 503);
  client.reset();
  CHECK(tests::eventually([&] { return daemon.get("/v1/events").status == 200; }));
}

TEST_CASE("a client is woken ten times a second at most", "[streams]") {
  Streams daemon;
  daemon.add_segment(1, 1);
  std::vector<std::unique_ptr<StreamClient>> others;  // they take turns
  for (int i = 0; i < 25; ++i)
    others.emplace_back(new StreamClient(daemon.stream("/v1/events/stream")));
  StreamClient client = daemon.stream("/v1/events/stream");
  REQUIRE(client.wait_for(end_of(1)));
  const std::size_t chunks = client.chunks();
  const auto begin = std::chrono::steady_clock::now();
  for (Sequence each = 2; each <= 200; ++each) {
    daemon.add(each, each);
    std::this_thread::sleep_for(2ms);
  }
  REQUIRE(client.wait_for(end_of(200)));
  const auto ticks = (std::chrono::steady_clock::now() - begin) / 100ms;
  CHECK(client.chunks() - chunks <= static_cast<std::size_t>(ticks) + 2);
  for (const auto& other : others) CHECK(other->wait_for(end_of(200)));
}

TEST_CASE("a stop cuts the streams at once", "[streams]") {
  Streams daemon;
  daemon.add_segment(1, 4000, 1000);
  StreamClient waiting = daemon.stream("/v1/events?follow=true&after=4000");
  StreamClient stuck = daemon.stream("/v1/events");
  REQUIRE(waiting.status() == 200);
  REQUIRE(stuck.status() == 200);
  const auto begin = std::chrono::steady_clock::now();
  daemon.server().stop();
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
  for (StreamClient* const each : {&waiting, &stuck}) {
    CHECK(each->wait_for_end());
    CHECK_FALSE(each->is_whole());
  }
}

TEST_CASE("a log that cannot be read ends streams, not the daemon", "[streams]") {
  Streams daemon;
  daemon.add_segment(1, 3);
  StreamClient follower = daemon.stream("/v1/events?follow=true");
  REQUIRE(follower.wait_for(lines_of(1, 3)));
  daemon.write("rubbish\n");
  REQUIRE(follower.wait_for_end());
  CHECK_FALSE(follower.is_whole());
  CHECK(follower.body() == lines_of(1, 3));
  StreamClient next = daemon.stream("/v1/events/stream?after=0");
  REQUIRE(next.wait_for_end());
  CHECK_FALSE(next.is_whole());
  CHECK(daemon.get("/livez").status == 200);
}

}  // namespace feedwire::daemon
