// What WebSub hubs push, by the whole of the stages in virtual time.

#include <catch2/catch.hpp>

#include "tests/daemon/hub_run.h"
#include "tests/support/compress.h"

namespace feedwire::daemon {
namespace {

using State = storage::HubSubscription::State;

// Entries first..last, published hours after the run began, the last one first.
std::string dated(int first, int last) {
  std::string xml = "<rss version=\"2.0\"><channel><title>T</title>";
  for (int i = last; i >= first; --i) {
    const std::string n = std::to_string(i);
    xml += "<item><title>Entry " + n + "</title><link>http://one.example/a/" + n +
           "</link><guid>http://one.example/a/" + n + "</guid><pubDate>21 Nov 2026 " +
           (i < 10 ? "0" : "") + n + ":00:00 GMT</pubDate></item>";
  }
  return xml + "</channel></rss>";
}

}  // namespace

TEST_CASE("W-6 W-7 a push brings entries, and changes neither window, validators nor schedule",
          "[websub]") {
  HubRun run;
  const HubRun::Fields asked = run.subscribe(5);
  const storage::PollRow before = run.feed(kUrl).poll;
  const std::string pushed = document(7).erase(document(7).find("<item><title>Entry 5"));
  for (int i = 0; i < 3; ++i)
    CHECK(run.push(asked, pushed + "</channel></rss>" + std::string(i, ' ')).status == 202);
  run.run_long(4h);
  CHECK(run.count("entry.created") == 7);
  CHECK(run.count("entry.deleted") == 0);
  for (const std::string& told : run.feed_events()) CHECK(told.find("gap") == std::string::npos);
  storage::PollRow after = run.feed(kUrl).poll;
  CHECK(after.next_poll == before.next_poll);
  CHECK(after.etag == before.etag);
  CHECK(after.body_hash == before.body_hash);
  CHECK(after.polls == before.polls);
  CHECK(run.feed(kUrl).window_entries == 5);
  CHECK(after.hub->pushes == 3);

  run.run_long(6h);  // the backup poll
  CHECK(run.polls().size() == before.polls + 1);
  CHECK(run.count("entry.created") == 7);
}

TEST_CASE("W-2 a push with a bad signature or none is taken, counted and ignored", "[websub]") {
  HubRun run;
  const HubRun::Fields asked = run.subscribe(2);
  CHECK(run.push(asked, document(3), "").status == 202);
  CHECK(run.push(asked, document(3), "sha256=00").status == 202);
  CHECK(run.push(asked, document(3), tests::hub_signature("guess", document(3))).status == 202);
  CHECK(run.push(asked, document(4), tests::hub_signature(asked.at("hub.secret"), document(3)))
            .status == 202);
  CHECK(run.count("entry.created") == 2);
  CHECK(run.hub().bad_pushes == 4);
  CHECK(run.hub().pushes == 0);
}

TEST_CASE("a push to nobody is not found", "[websub]") {
  HubRun run;
  HubRun::Fields asked = run.subscribe(2);
  asked["hub.callback"] = "https://feedwire.example/hooks/" + std::string(32, 'a');
  CHECK(run.push(asked, document(3)).status == 404);
}

TEST_CASE("W-9 pushed entries are known by their aliases, as polled ones are", "[websub]") {
  HubRun run;
  const HubRun::Fields asked = run.subscribe(3);
  std::string pushed = document(3);
  for (std::size_t at = 0; (at = pushed.find("<guid>http:", at)) != pushed.npos;)
    pushed.replace(at, 11, "<guid>https:");
  CHECK(run.push(asked, pushed).status == 202);
  CHECK(run.count("entry.created") == 3);
}

TEST_CASE("a push may be compressed, and what is no document changes nothing", "[websub]") {
  HubRun run;
  const HubRun::Fields asked = run.subscribe(2);
  CHECK(run.push(asked, tests::deflated(document(3), tests::Deflate::gzip)).status == 202);
  CHECK(run.count("entry.created") == 3);
  CHECK(run.push(asked, "<html>no</html>").status == 202);
  CHECK(run.push(asked, "").status == 202);
  CHECK(run.failing() == 0);
  CHECK(run.hub().state == State::active);
  CHECK(run.push(asked, document(4)).status == 202);
  CHECK(run.count("entry.created") == 4);
}

TEST_CASE("pushes that come while the feed is polled wait, and too many are sent back",
          "[websub]") {
  HubRun run;
  const HubRun::Fields asked = run.subscribe(1);
  run.run(60s);
  run.web.latency = 50s;
  run.stage().poll_now(
      feeds::feed_key(kUrl), {}, [](const Result<void>&) {}, run.clock_.now());
  std::vector<std::shared_ptr<HubRun::Answered>> pushes;
  for (int i = 2; i <= 30; ++i) {
    const std::string body = document(i);
    pushes.push_back(
        run.begin_push(asked, body, tests::hub_signature(asked.at("hub.secret"), body)));
    run.run(1s);
  }
  const auto waiting = std::count_if(pushes.begin(), pushes.end(),
                                     [](const auto& push) { return !push->reply.has_value(); });
  CHECK(waiting == 17);  // one of them is read already
  run.web.latency = 0s;
  run.run(60s);
  CHECK(run.count("entry.created") == 18);
  for (std::size_t i = 0; i < pushes.size(); ++i) {
    const HubRun::Answered& push = *pushes[i];
    REQUIRE(push.reply);
    CHECK(push.reply->status == (i < 17 ? 202 : 503));
    // What it brought was in the log before its hub was told so.
    if (i < 17) CHECK(push.entries == i + 2);
  }
}

TEST_CASE("a hub whose subscription ends while its push waits is told to come again", "[websub]") {
  HubRun run;
  const HubRun::Fields asked = run.subscribe(1);
  run.run(60s);
  run.web.latency = 50s;
  run.stage().poll_now(
      feeds::feed_key(kUrl), {}, [](const Result<void>&) {}, run.clock_.now());
  const auto signature = [&](const std::string& body) {
    return tests::hub_signature(asked.at("hub.secret"), body);
  };
  const auto parsed = run.begin_push(asked, document(2), signature(document(2)));
  const auto waiting = run.begin_push(asked, document(3), signature(document(3)));
  run.run(1s);
  CHECK_FALSE(parsed->reply);
  run.set_feeds({});  // which the feed leaves once its poll has ended
  run.run(60s);
  REQUIRE(parsed->reply);
  REQUIRE(waiting->reply);
  CHECK(parsed->reply->status == 503);
  CHECK(waiting->reply->status == 503);
}

TEST_CASE("W-8 a hub that keeps entries from us is not relied on for a week", "[websub]") {
  HubRun run;
  run.serve(dated(0, 0));
  run.start({kUrl});
  run.run(3s);
  const HubRun::Fields asked = run.asked().at(0);
  CHECK(run.verify(asked).status == 200);
  run.run_long(50min);
  REQUIRE(run.hub().state == State::active);

  const int pushed = GENERATE(0, 2, 3);  // of three entries
  if (pushed > 0) CHECK(run.push(asked, dated(1, pushed)).status == 202);
  run.serve(dated(0, 3));
  while (run.feed(kUrl).window_entries < 4) run.run_long(30min);
  CHECK(storage::hub_misses(run.hub()) == 3 - pushed);
  CHECK(run.hub().judged == 3);
  const std::size_t before = run.polls().size();
  run.run_long(5h);
  if (pushed > 0) {
    CHECK(run.hub().state == State::active);
    CHECK(run.polls().size() - before <= 1);
  } else {
    CHECK(run.hub().state == State::distrusted);
    CHECK(run.polls().size() - before >= 4);
    run.run_long(8 * 24h);
    CHECK(run.asked().size() >= 2);
    CHECK(run.verify(asked).status == 200);
    CHECK(run.hub().state == State::active);
  }
}

}  // namespace feedwire::daemon
