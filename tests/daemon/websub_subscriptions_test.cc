// Subscriptions at WebSub hubs, by the whole of the stages in virtual time.

#include <catch2/catch.hpp>

#include "tests/daemon/hub_run.h"

namespace feedwire::daemon {

using tests::answer;

namespace {

using State = storage::HubSubscription::State;

std::string with_hub(std::string xml, const std::string& hub, const std::string& self) {
  const std::string links =
      "<atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"hub\" href=\"" + hub +
      "\"/><atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"self\" href=\"" + self +
      "\"/>";
  return xml.insert(xml.find("<item>"), links);
}

}  // namespace

TEST_CASE("W-1 the hub of the document is asked, of the Link headers rather", "[websub]") {
  const bool in_headers = GENERATE(false, true);
  HubRun run;
  const std::string body = with_hub(document(2), in_headers ? "http://other.example/" : kHub,
                                    "http://one.example/self.xml");
  if (in_headers)
    run.serve(body);
  else
    run.web.serve_document(kUrl, body);
  run.start({kUrl});
  run.run(5s);
  REQUIRE(run.asked().size() == 1);
  CHECK(run.asked()[0].at("hub.mode") == "subscribe");
  CHECK(run.asked()[0].at("hub.topic") == (in_headers ? kUrl : "http://one.example/self.xml"));
  CHECK(run.hub().state == State::asked);
  CHECK(run.feed(kUrl).poll.rule == storage::PollRule::floor);  // polled as ever
}

TEST_CASE("without a callback no hub is asked", "[websub]") {
  StageRun run;
  run.web.serve_document(kUrl, with_hub(document(2), kHub, kUrl));
  run.start({kUrl});
  run.run(10s);
  CHECK(run.web.seen.size() == 1);
  CHECK_FALSE(run.feed(kUrl).poll.hub);
}

TEST_CASE("W-1 a hub that only an old document names is asked once hubs may come", "[websub]") {
  HubRun run;
  run.use_hubs("");
  run.web.serve_document(kUrl, with_hub(document(2), kHub, "http://one.example/self.xml"));
  run.web.serve_document(kOther, document(2));
  run.start({kUrl, kOther});
  run.run_long(3h);  // the document does not come again
  CHECK(run.asked().empty());
  run.stop_cleanly();
  run.use_hubs();
  const std::size_t polls = run.polls().size();
  run.start({kUrl, kOther});
  run.run(5s);
  CHECK(run.polls().size() == polls);
  REQUIRE(run.asked().size() == 1);
  CHECK(run.asked()[0].at("hub.topic") == "http://one.example/self.xml");
  CHECK(run.hub().state == State::asked);
  CHECK_FALSE(run.feed(kUrl).poll.hub_offer);
  CHECK_FALSE(run.feed(kOther).poll.hub);
}

TEST_CASE("W-1 a document that names no hub any more takes its offer back", "[websub]") {
  HubRun run;
  run.use_hubs("");
  run.web.serve_document(kUrl, with_hub(document(2), kHub, kUrl));
  run.start({kUrl});
  run.run_long(90min);
  CHECK(run.feed(kUrl).poll.hub_offer);
  run.web.serve_document(kUrl, document(3));
  run.run_long(2h);
  CHECK_FALSE(run.feed(kUrl).poll.hub_offer);
}

TEST_CASE("W-7 without a callback feeds wait for no backup poll", "[websub]") {
  HubRun run;
  run.subscribe(2);
  run.run_long(3h);
  REQUIRE(run.feed(kUrl).poll.rule == storage::PollRule::hub);
  run.stop_cleanly();
  run.use_hubs("");
  const std::size_t polls = run.polls().size();
  run.start({kUrl});
  run.run_long(1min);
  CHECK(run.polls().size() == polls + 1);  // the run ends with a check of the pause
  run.run_long(3h);
  CHECK(run.polls().size() >= polls + 3);
  run.stop_cleanly();
  run.use_hubs();
  run.start({kUrl});  // the subscription is as it was
  run.run_long(2h);
  CHECK(run.feed(kUrl).poll.rule == storage::PollRule::hub);
}

TEST_CASE("W-1 a hub is offered for where the document was, if that says no more", "[websub]") {
  HubRun run;
  run.use_hubs("");
  run.web.serve(kUrl, [](const HttpRequest& request) {
    return answer(request, 200, document(2), {{"link", std::string("<") + kHub + ">; rel=hub"}});
  });
  run.start({kUrl});
  run.run(3s);
  REQUIRE(run.feed(kUrl).poll.hub_offer);
  CHECK(run.feed(kUrl).poll.hub_offer->topic == kUrl);
}

TEST_CASE("W-7 H-30 H-38 what a server or document asks for holds when its hub pushes no more",
          "[websub]") {
  HubRun run;
  const bool is_fresh = GENERATE(false, true);
  std::string xml = document(2);
  if (!is_fresh)
    xml.insert(xml.find("<item>"), "<skipHours><hour>3</hour><hour>4</hour></skipHours>");
  run.web.serve(kUrl, [=](const HttpRequest& request) {
    const std::string links = std::string("<") + kHub + ">; rel=hub, <" + kUrl + ">; rel=self";
    return answer(request, 200, xml,
                  {{"link", links}, {"cache-control", is_fresh ? "max-age=18000" : "no-cache"}});
  });
  run.start({kUrl});
  run.run(3s);
  CHECK(run.verify(run.asked().at(0)).status == 200);
  run.run_long(3h);  // at 3 o'clock
  REQUIRE(run.feed(kUrl).poll.rule == storage::PollRule::hub);
  run.stop_cleanly();
  run.use_hubs("");
  const std::size_t polls = run.polls().size();
  const WallTime now = run.clock_.now().wall;
  run.start({kUrl});
  run.run_long(9h);
  REQUIRE(run.polls().size() > polls);
  CHECK(run.polls()[polls] >= now + 119min);
}

TEST_CASE("a feed that is paused and resumed is subscribed anew", "[websub]") {
  HubRun run;
  run.web.serve_document(kUrl, with_hub(document(2), kHub, kUrl));
  run.start({kUrl});
  run.run(5s);
  REQUIRE(run.asked().size() == 1);
  CHECK(run.verify(run.asked()[0]).status == 200);
  run.stage().pause(feeds::feed_key(kUrl));
  run.run(5s);
  REQUIRE(run.asked().size() == 2);
  CHECK(run.asked()[1].at("hub.mode") == "unsubscribe");
  run.stage().resume(feeds::feed_key(kUrl), run.feed(kUrl).poll, run.clock_.now());
  run.run(5s);
  REQUIRE(run.asked().size() == 3);
  CHECK(run.asked()[2].at("hub.mode") == "subscribe");
}

TEST_CASE("W-3 only what was asked for is confirmed", "[websub]") {
  HubRun run;
  run.serve(document(2));
  run.start({kUrl});
  run.run(3s);
  const HubRun::Fields asked = run.asked().at(0);

  CHECK(run.verify(asked, {{"hub.topic", "http://one.example/other"}}).status == 404);
  CHECK(run.verify(asked, {{"hub.mode", "unsubscribe"}}).status == 404);
  CHECK(run.verify(asked, {{"hub.mode", "publish"}}).status == 404);
  CHECK(run.verify(asked, {{"hub.challenge", ""}}).status == 404);
  HubRun::Fields stranger = asked;
  std::string& callback = stranger["hub.callback"];
  callback.back() = callback.back() == '0' ? '1' : '0';  // the errand is found, the token is not
  CHECK(run.verify(stranger).status == 404);
  callback.resize(callback.size() - 1);
  CHECK(run.verify(stranger).status == 404);
  CHECK_FALSE(run.stage().knows_callback(HubRun::token_of(stranger)));
  CHECK(run.hub().state == State::asked);

  const CallbackReply reply = run.verify(asked);
  CHECK(reply.status == 200);
  CHECK(reply.body == "c h/allenge");
  CHECK(run.hub().state == State::active);
  CHECK(run.hub().lease_until - run.clock_.now().wall > 9 * 24h);
}

TEST_CASE("W-5 one conditional poll follows a confirmation within 60 to 120 s", "[websub]") {
  HubRun run;
  run.serve(document(2));
  run.web.latency = GENERATE(0s, 20s);  // of 20 s: the hub confirms while another poll is under way
  run.start({kUrl});
  run.run(100s);
  const HubRun::Fields asked = run.asked().at(0);
  if (run.web.latency > 0s) {
    run.stage().poll_now(
        feeds::feed_key(kUrl), {}, [](const Result<void>&) {}, run.clock_.now());
    run.run(1s);
    REQUIRE(run.polls().size() == 2);
  }
  const std::size_t before = run.polls().size();
  const WallTime confirmed = run.clock_.now().wall;
  CHECK(run.verify(asked).status == 200);
  run.run(5min);
  REQUIRE(run.polls().size() == before + 1);
  CHECK(run.polls().back() - confirmed >= 60s);
  CHECK(run.polls().back() - confirmed <= 120s + run.web.latency);
  CHECK_FALSE(run.web.seen.back().request.etag.empty());
  CHECK(run.records.back().cause == storage::PollCause::confirmed);

  CHECK(run.verify(asked).status == 200);  // a renewal is no reason
  run.run(5min);
  CHECK(run.polls().size() == before + 1);
}

TEST_CASE("W-7 while a hub pushes, a backup poll comes every 6 to 24 hours", "[websub]") {
  HubRun run;
  run.subscribe(2);
  const std::size_t before = run.polls().size();
  run.run_long(5 * 24h);
  const std::vector<WallTime> polls = run.polls();
  CHECK(polls.size() - before >= 5);
  for (std::size_t i = before; i < polls.size(); ++i) {
    CHECK(polls[i] - polls[i - 1] >= 6h);
    CHECK(polls[i] - polls[i - 1] <= 24h);
  }
  CHECK(run.feed(kUrl).poll.rule == storage::PollRule::hub);
}

TEST_CASE("W-4 a lease is renewed at two thirds, with the same secret", "[websub]") {
  HubRun run;
  const HubRun::Fields first = run.subscribe(2);
  run.run_long(6 * 24h);
  CHECK(run.asked().size() == 1);
  run.run_long(16h + 30min);  // two thirds of ten days
  REQUIRE(run.asked().size() == 2);
  CHECK(run.asked()[1] == first);
  CHECK(run.hub().state == State::active);
  CHECK(run.verify(first).status == 200);
  CHECK(run.hub().lease_until - run.clock_.now().wall > 9 * 24h);
}

TEST_CASE("W-4 a lease that is not renewed ends, and normal polls begin", "[websub]") {
  HubRun run;
  run.subscribe(2);
  run.set_hub_answer(500);
  run.run_long(9 * 24h + 23h);
  CHECK(run.hub().state == State::active);
  run.run_long(2h);
  CHECK(run.hub().state == State::asked);
  const std::size_t before = run.polls().size();
  run.run_long(3h);
  CHECK(run.polls().size() - before >= 2);
  CHECK(run.asked().size() > 3);
}

TEST_CASE("a hub that denies us is not asked for a week", "[websub]") {
  HubRun run;
  const HubRun::Fields asked = run.subscribe(2);
  CHECK(run.verify(asked, {{"hub.mode", "denied"}}).status == 200);
  CHECK(run.hub().state == State::denied);
  CHECK(run.verify(asked).status == 404);
  const std::size_t before = run.polls().size();
  run.run_long(90min);
  CHECK(run.polls().size() - before >= 1);
  run.run_long(6 * 24h);
  CHECK(run.polls().size() - before >= 6 * 20);
  CHECK(run.asked().size() == 1);
  run.run_long(23h);
  CHECK(run.asked().size() == 2);
}

TEST_CASE("a subscription outlives a restart, and is not asked for again", "[websub]") {
  HubRun run;
  const HubRun::Fields asked = run.subscribe(2);
  const bool is_crash = GENERATE(false, true);
  if (is_crash)
    run.crash();
  else
    run.stop_cleanly();
  run.start({kUrl});
  run.run_long(90min);
  CHECK(run.asked().size() == 1);
  CHECK(run.hub().state == State::active);
  CHECK(run.push(asked, document(3)).status == 202);
  CHECK(run.count("entry.created") == 3);
}

TEST_CASE("where hubs are to find us at another URL, they are asked anew", "[websub]") {
  HubRun run;
  const HubRun::Fields asked = run.subscribe(2);
  run.stop_cleanly();
  run.use_hubs("https://other.example");
  run.start({kUrl});
  run.run(5s);
  REQUIRE(run.asked().size() == 2);
  CHECK(run.asked()[1].at("hub.callback").starts_with("https://other.example/"));
  CHECK(run.push(asked, document(3)).status == 404);
  CHECK(run.verify(run.asked()[1]).status == 200);
}

TEST_CASE("a verification may come after a restart", "[websub]") {
  HubRun run;
  run.serve(document(2));
  run.start({kUrl});
  run.run(3s);
  run.crash();
  run.start({kUrl});
  CHECK(run.verify(run.asked().at(0)).status == 200);
}

TEST_CASE("the hub of a feed that is paused or removed is told to stop", "[websub]") {
  HubRun run;
  const HubRun::Fields asked = run.subscribe(2);
  const bool is_paused = GENERATE(false, true);
  if (is_paused)
    run.stage().pause(feeds::feed_key(kUrl));
  else
    run.stage().remove_feeds({feeds::feed_key(kUrl)});
  run.run(3s);
  REQUIRE(run.asked().size() == 2);
  const HubRun::Fields farewell = run.asked()[1];
  CHECK(farewell.at("hub.mode") == "unsubscribe");
  CHECK(farewell.at("hub.callback") == asked.at("hub.callback"));
  CHECK(run.push(asked, document(3)).status == 404);
  CHECK(run.verify(asked).status == 404);
  CHECK(run.verify(farewell).status == 200);
  CHECK(run.verify(farewell).status == 404);  // nothing is known any more
  run.run_long(2 * 24h);
  CHECK(run.asked().size() == 2);
  CHECK(run.count("entry.created") == 2);
}

TEST_CASE("a document that names no hub any more, or another one, ends the subscription",
          "[websub]") {
  HubRun run;
  run.subscribe(2);
  const bool is_other = GENERATE(false, true);
  if (is_other)
    run.serve(document(3), "http://new.example/");  // which nobody serves
  else
    run.web.serve_document(kUrl, document(3));
  run.run_long(8h);
  REQUIRE(run.asked().size() >= 2);
  CHECK(run.asked()[1].at("hub.mode") == "unsubscribe");
  CHECK(static_cast<bool>(run.feed(kUrl).poll.hub) == is_other);
  if (is_other) CHECK(run.hub().hub == "http://new.example/");
}

TEST_CASE("H-70 H-90 requests to a hub are on record, and keep its host's gap", "[websub]") {
  HubRun run;
  run.web.serve("http://one.example/hub",
                [](const HttpRequest& request) { return tests::answer(request, 202, ""); });
  run.serve(document(2), "http://one.example/hub");  // where the feed is too
  run.start({kUrl});
  run.run(5s);  // the run's end checks politeness
  REQUIRE(run.records.size() == 2);
  CHECK(run.records[1].cause == storage::PollCause::hub);
  CHECK(run.records[1].url == "http://one.example/hub");
  CHECK(run.records[1].verdict == storage::PollVerdict::unchanged);
  CHECK(run.web.seen[1].at.mono - run.web.seen[0].at.mono >= 2s);
}

}  // namespace feedwire::daemon
