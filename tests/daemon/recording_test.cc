#include "daemon/recording.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/replayed_web.h"
#include "tests/support/temp_dir.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;

namespace {

constexpr char kUrl[] = "http://one.example/feed.xml";
constexpr Now kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}, MonoTime{1h}};

HttpRequest request_of(const std::string& url) {
  HttpRequest request;
  request.id = url.size();
  request.url = url;
  return request;
}

}  // namespace

TEST_CASE("EV-6 an answer is read back from a recording as it was", "[recording]") {
  RecordedResponse recorded{kNow.wall + 250ms, kUrl, {}};
  HttpResponse& response = recorded.response;
  response.error = TransportError::truncated;
  response.error_message = "end of file after 12 of 40 bytes";
  response.status = 200;
  response.final_url = "https://two.example/feed.xml?a=1 2";
  response.redirects = {{301, "https://two.example/"}, {302, "https://two.example/feed.xml?a=1 2"}};
  response.headers = {{"etag", "\"\xff  x\""}, {"x-empty", ""}, {"set-cookie", "a=b; c"}};
  response.wire_bytes = 12;
  response.elapsed = 1234567us;
  response.sent_validators = true;
  response.body = std::string("<rss>\n\n\0 at 1\nbody", 19);

  const RecordedResponse read = read_response(write_response(recorded)).value();
  CHECK(read.at == recorded.at);
  CHECK(read.url == kUrl);
  CHECK(read.response.error == response.error);
  CHECK(read.response.error_message == response.error_message);
  CHECK(read.response.status == 200);
  CHECK(read.response.final_url == response.final_url);
  REQUIRE(read.response.redirects.size() == 2);
  CHECK(read.response.redirects[1].status == 302);
  CHECK(read.response.redirects[1].to == response.redirects[1].to);
  CHECK(read.response.headers == response.headers);
  CHECK(read.response.wire_bytes == 12);
  CHECK(read.response.elapsed == response.elapsed);
  CHECK(read.response.sent_validators);
  CHECK(read.response.body == response.body);
}

TEST_CASE("what is no recording is refused and named", "[recording]") {
  CHECK(read_response("at 12\nurl http://x/\n").error().code == ErrorCode::malformed);
  CHECK(read_response("status many\n\n").error().message.find("status many") != std::string::npos);
  CHECK(read_response("colour blue\n\n").error().code == ErrorCode::malformed);
}

TEST_CASE("recording goes on behind what the folder holds", "[recording]") {
  const tests::TempDir dir;
  tests::ReplayedWeb web;
  web.serve_document(kUrl, "<rss/>");
  for (int run = 0; run < 2; ++run) {
    const auto recorder = RecordingTransport::create(web, dir.path() / "new" / "folder").value();
    recorder->start(request_of(kUrl));
    recorder->start(request_of("http://nowhere.example/"));
    CHECK(recorder->step(kNow + run * 1h).size() == 2);
  }
  const auto all = read_recording(dir.path() / "new" / "folder").value();
  REQUIRE(all.size() == 4);
  CHECK(all[0].response.body == "<rss/>");
  CHECK(all[1].response.error == TransportError::dns);
  CHECK(all[2].at == kNow.wall + 1h);
}

TEST_CASE("an answer is handed on once it is kept, or after a while without", "[recording]") {
  const tests::TempDir dir;
  const std::filesystem::path folder = dir.path() / "recording", away = dir.path() / "away";
  tests::ReplayedWeb web;
  web.serve_document(kUrl, "<rss/>");
  const auto recorder = RecordingTransport::create(web, folder).value();
  std::filesystem::rename(folder, away);
  recorder->start(request_of(kUrl));
  recorder->start(request_of("http://nowhere.example/"));
  CHECK(recorder->step(kNow).empty());
  CHECK(recorder->free_places() == 0);

  std::filesystem::rename(away, folder);
  CHECK(recorder->step(kNow + 1s).size() == 2);
  CHECK(recorder->free_places() > 0);
  const auto all = read_recording(folder).value();
  REQUIRE(all.size() == 2);
  CHECK(all[0].at == kNow.wall);  // when it came

  std::filesystem::rename(folder, away);
  recorder->start(request_of(kUrl));
  CHECK(recorder->step(kNow + 2s).empty());
  CHECK(recorder->step(kNow + 61s).empty());  // counted from the failure on
  CHECK(recorder->step(kNow + 62s).size() == 1);
  std::filesystem::rename(away, folder);
  recorder->start(request_of(kUrl));
  CHECK(recorder->step(kNow + 63s).size() == 1);
  CHECK(read_recording(folder).value().size() == 2);  // with no hole in the middle
}

TEST_CASE("an answer that is cut short is no part of a recording", "[recording]") {
  const tests::TempDir dir;
  tests::ReplayedWeb web;
  web.serve_document(kUrl, "<rss/>");
  dir.write("unfinished", "at 12\nur");  // as a kill leaves it
  CHECK(read_recording(dir.path()).value().empty());

  const auto recorder = RecordingTransport::create(web, dir.path()).value();
  recorder->start(request_of(kUrl));
  CHECK(recorder->step(kNow).size() == 1);
  CHECK(read_recording(dir.path()).value().size() == 1);
  CHECK_FALSE(std::filesystem::exists(dir.path() / "unfinished"));
}

}  // namespace feedwire::daemon
