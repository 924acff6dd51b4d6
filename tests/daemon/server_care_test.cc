// What is remembered of servers that ask for special care, through the stages.

#include "daemon/server_care.h"

#include "tests/daemon/stage_run.h"

namespace feedwire::daemon {

using tests::answer;

namespace {

constexpr char kSecond[] = "http://one.example/second.xml";  // of the same host as kUrl

// A server whose ETag is always the same, and is believed to the letter.
tests::ReplayedWeb::Server fixed_etag(const std::string& body, bool answers_304 = true) {
  return [=](const HttpRequest& request) {
    const bool same = answers_304 && request.etag == "\"1\"";
    HttpResponse response =
        answer(request, same ? 304 : 200, same ? "" : body, {{"etag", "\"1\""}});
    response.sent_validators = !request.etag.empty();
    return response;
  };
}

// How many of the requests since `from` went without validators.
std::size_t unconditional(const StageRun& sim, std::size_t from) {
  return static_cast<std::size_t>(
      std::count_if(sim.web.seen.begin() + static_cast<std::ptrdiff_t>(from), sim.web.seen.end(),
                    [](const auto& seen) { return seen.request.etag.empty(); }));
}

}  // namespace

TEST_CASE("H-20 a server that repeats its ETag is asked without it once a week", "[server_care]") {
  StageRun sim;
  sim.web.serve(kUrl, fixed_etag(document(1), false));
  sim.start({kUrl});
  sim.run_long(90min);
  sim.web.serve(kUrl, fixed_etag(document(2), false));  // by another node
  sim.run_long(2h);
  CHECK(sim.feed(kUrl).poll.server);
  const std::size_t before = sim.web.seen.size();
  sim.web.serve(kUrl, fixed_etag(document(3)));
  sim.run_long(6 * 24h);
  CHECK(unconditional(sim, before) == 0);
  CHECK(sim.count("entry.created") == 2);
  sim.stop_cleanly();
  sim.start({kUrl});
  sim.run_long(36h);
  CHECK(unconditional(sim, before) == 1);
  CHECK(sim.count("entry.created") == 3);
  sim.run_long(28 * 24h);
  CHECK(unconditional(sim, before) == 5);
}

TEST_CASE("H-20 validators that nothing speaks against are always sent", "[server_care]") {
  StageRun sim;
  const std::string modified = GENERATE("", "Sat, 21 Nov 2026 00:00:00 GMT", "yesterday, at noon");
  const auto serve = [&](int count) {
    sim.web.serve(kUrl, [=](const HttpRequest& request) {
      const std::string etag = '"' + std::to_string(count) + '"';
      const bool same = request.etag == etag;
      HttpResponse response = answer(request, same ? 304 : 200, same ? "" : document(count),
                                     {{"etag", etag}, {"last-modified", modified}});
      response.sent_validators = !request.etag.empty();
      return response;
    });
  };
  serve(1);
  sim.start({kUrl});
  sim.run_long(2h);
  serve(2);
  sim.run_long(30 * 24h);
  CHECK(unconditional(sim, 1) == 0);
  CHECK_FALSE(sim.feed(kUrl).poll.server);
}

TEST_CASE("H-20 a Last-Modified far ahead is in doubt until the server mends it", "[server_care]") {
  const WallTime now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
  const auto doubt = [now](const std::string& modified) {
    storage::PollRow row;
    HttpResponse response;
    response.status = 200;
    row.last_modified = modified;
    note_validators(row, {}, response, true, now);
    return row.server ? row.server->doubt : storage::ServerNotes::Doubt::none;
  };
  using Doubt = storage::ServerNotes::Doubt;
  CHECK(doubt("Sun, 22 Nov 2026 00:00:00 GMT") == Doubt::none);
  CHECK(doubt("Sun, 22 Nov 2026 00:00:01 GMT") == Doubt::future_date);
  CHECK(doubt("Tue, 19 Jan 2038 03:14:07 GMT") == Doubt::distant_date);
  CHECK(doubt("Fri, 31 Dec 9999 23:59:59 GMT") == Doubt::distant_date);
  CHECK(doubt("Mon, 01 Jan 2001 20:38:00 +2039") == Doubt::none);
  CHECK(doubt("about 2059, or 1987") == Doubt::distant_date);
  CHECK(doubt("as of \"fe2059ba\"") == Doubt::none);
  CHECK(doubt("2059ba") == Doubt::none);
  CHECK(doubt("fe2059") == Doubt::none);
  CHECK(doubt("") == Doubt::none);

  storage::PollRow row;
  HttpResponse response;
  response.status = 200;
  row.last_modified = "Tue, 19 Jan 2038 03:14:07 GMT";
  note_validators(row, {}, response, true, now);
  CHECK_FALSE(doubts_validators(row, now + 167h));
  CHECK(doubts_validators(row, now + 168h));
  const storage::PollRow before = row;
  row.last_modified = "Sat, 21 Nov 2026 00:00:00 GMT";
  response.status = 304;
  note_validators(row, before, response, false, now);
  CHECK_FALSE(doubts_validators(row, now + 168h));
}

TEST_CASE("H-20 an ETag in doubt is left out again a week after the last whole answer",
          "[server_care]") {
  const WallTime now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
  storage::PollRow before;
  before.etag = "\"1\"";
  before.had_document = true;
  before.validators_url = kUrl;
  HttpResponse response;
  response.status = 200;
  response.sent_validators = true;
  storage::PollRow row = before;
  row.validators_url = kOther;
  note_validators(row, before, response, true, now);
  CHECK_FALSE(row.server);  // another place may count as it likes

  row = before;
  note_validators(row, before, response, true, now);
  CHECK(doubts_validators(row, now + 168h));
  CHECK_FALSE(doubts_validators(row, now - 167h));
  CHECK(doubts_validators(row, now - 169h));  // the clock was set back

  const storage::PollRow doubtful = row;
  note_validators(row, doubtful, response, true, now + 24h);
  CHECK_FALSE(doubts_validators(row, now + 168h));
  row = doubtful;
  response.status = 304;
  note_validators(row, doubtful, response, false, now + 24h);
  CHECK(doubts_validators(row, now + 168h));

  note_plain_request(row, response, now + 168h);
  CHECK(doubts_validators(row, now + 169h));
  response.sent_validators = false;  // whatever came of it
  note_plain_request(row, response, now + 168h);
  CHECK_FALSE(doubts_validators(row, now + 169h));
}

TEST_CASE("H-09 a week after a breach of HTTP/2 it is offered again", "[server_care]") {
  const WallTime now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
  storage::PollRow row;
  CHECK_FALSE(avoids_http2(row, now));
  note_http2_breach(row, now);
  CHECK(avoids_http2(row, now + 167h));
  CHECK_FALSE(avoids_http2(row, now + 168h));
}

TEST_CASE("H-09 a host that breaks HTTP/2 is asked in HTTP/1.1 for a week, over a restart",
          "[server_care]") {
  StageRun sim;
  const auto breaks = [](const HttpRequest& request) {
    if (request.http1) return answer(request, 200, document(1));
    HttpResponse response = answer(request, 0, "");
    response.error = TransportError::reset;
    response.broke_http2 = true;
    return response;
  };
  for (const char* url : {kUrl, kSecond}) sim.web.serve(url, breaks);
  sim.web.serve_document(kOther, document(1));
  sim.start({kUrl, kSecond, kOther});
  const auto asked_by_http2 = [&](std::size_t from) {
    return std::count_if(
        sim.web.seen.begin() + static_cast<std::ptrdiff_t>(from), sim.web.seen.end(),
        [](const auto& seen) { return !seen.request.http1 && seen.request.url != kOther; });
  };
  sim.run_long(6 * 24h);
  CHECK(asked_by_http2(0) == 1);  // whoever came first, for both
  CHECK(sim.failing() == 0);
  sim.stop_cleanly();
  const std::size_t before = sim.web.seen.size();
  sim.start({kUrl, kSecond, kOther});
  sim.run_long(20h);
  CHECK(asked_by_http2(before) == 0);
  sim.run_long(20h);
  CHECK(asked_by_http2(before) == 1);  // the week is over
  for (const auto& seen : sim.web.seen)
    if (seen.request.url == kOther) CHECK_FALSE(seen.request.http1);
}

TEST_CASE("H-71 the gap that a host's 429s have widened outlives a restart", "[server_care]") {
  StageRun sim;
  std::vector<std::string> urls;
  for (int i = 0; i < 5; ++i) urls.push_back("http://one.example/" + std::to_string(i));
  const auto gap_after = [&](std::chrono::seconds later, bool restarts) {
    if (restarts) sim.stop_cleanly();
    sim.clock_.advance(later);  // then all are due at once
    const std::size_t before = sim.web.seen.size();
    for (const std::string& url : urls) sim.web.serve_document(url, document(1));
    if (restarts) sim.start(urls);
    sim.run_long(3h);
    std::chrono::microseconds least = 1h;
    for (std::size_t i = before + 1; i < sim.web.seen.size(); ++i)
      least = std::min<std::chrono::microseconds>(
          least, sim.web.seen[i].at.mono - sim.web.seen[i - 1].at.mono);
    return least;
  };
  for (const std::string& url : urls) sim.web.serve_document(url, document(1));
  sim.start(urls);
  sim.run_long(90min);
  sim.web.serve(urls[0], [](const HttpRequest& request) { return answer(request, 429, ""); });
  while (sim.records.back().status != 429) sim.run_long(1min);
  const bool restarts = GENERATE(false, true);
  const auto soon = gap_after(3h, restarts);
  CHECK(soon >= 4s);
  CHECK(soon < 5s);
  const auto later = gap_after(48h, true);
  CHECK(later >= 2s);
  CHECK(later < 3s);
}

}  // namespace feedwire::daemon
