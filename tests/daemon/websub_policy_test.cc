// What a WebSub subscriber does, in virtual time.

#include "daemon/websub_policy.h"

#include <catch2/catch.hpp>
#include <set>

#include "base/hmac.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using storage::HubSubscription;
using State = HubSubscription::State;

constexpr WallTime kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
constexpr std::chrono::seconds kFloor = 1h;

HubSubscription subscribed(WallTime now = kNow) {
  SeededRng rng(1);
  HubSubscription hub =
      new_subscription({"https://hub.example/", "https://news.example/feed?a=b&c"},
                       "https://feedwire.example/hooks/", rng, now);
  note_asked(hub, kFloor, now);
  return hub;
}

}  // namespace

TEST_CASE("W-2 each subscription has a callback and a secret that nobody can guess", "[websub]") {
  SeededRng rng(7);
  std::set<std::string> callbacks, secrets;
  for (int i = 0; i < 100; ++i) {
    const HubSubscription hub = new_subscription({"https://hub.example/", "t"},
                                                 "https://feedwire.example/hooks", rng, kNow);
    CHECK(hub.callback == "https://feedwire.example/hooks/" + hub.token.hex());
    CHECK(hub.secret.size() == 64);
    callbacks.insert(hub.callback);
    secrets.insert(hub.secret);
  }
  CHECK(callbacks.size() == 100);
  CHECK(secrets.size() == 100);
}

TEST_CASE("W-2 W-4 the form names all that the hub has to know, and no secret at the end",
          "[websub]") {
  const HubSubscription hub = subscribed();
  CHECK(hub_form(hub, "subscribe") ==
        "hub.mode=subscribe&hub.topic=https%3A%2F%2Fnews.example%2Ffeed%3Fa%3Db%26c&hub.callback="
        "https%3A%2F%2Ffeedwire.example%2Fhooks%2F" +
            hub.token.hex() + "&hub.secret=" + hub.secret + "&hub.lease_seconds=1209600");
  CHECK(hub_form(hub, "unsubscribe").find("secret") == std::string::npos);
}

TEST_CASE("W-2 a signature counts by any of four methods, over all of the body", "[websub]") {
  const HubSubscription hub = subscribed();
  const std::string body = "<rss/>";
  const auto sign = [&](HmacHash hash) { return hmac_hex(hash, hub.secret, body); };
  CHECK(is_signed(hub, "sha1=" + sign(HmacHash::sha1), body));
  CHECK(is_signed(hub, "sha256=" + sign(HmacHash::sha256), body));
  CHECK(is_signed(hub, "SHA384=" + sign(HmacHash::sha384), body));
  CHECK(is_signed(hub, "sha512=" + sign(HmacHash::sha512), body));
  CHECK_FALSE(is_signed(hub, "sha256=" + sign(HmacHash::sha1), body));
  CHECK_FALSE(is_signed(hub, "sha256=" + sign(HmacHash::sha256), body + " "));
  CHECK_FALSE(is_signed(hub, "md5=" + sign(HmacHash::sha1), body));
  for (const char* const header : {"", "sha256", "sha256=", "=", "sha1=00"})
    CHECK_FALSE(is_signed(hub, header, body));
  CHECK_FALSE(is_signed(hub, "sha256=" + hmac_hex(HmacHash::sha256, "", body), body));
}

TEST_CASE("W-4 a lease is honoured up to 14 days and renewed at two thirds of it", "[websub]") {
  HubSubscription hub = subscribed();
  CHECK_FALSE(is_covered(hub, kNow));
  CHECK(confirm(hub, 9h, kFloor, kNow));
  CHECK(hub.lease_until == kNow + 9h);
  CHECK(hub.next_ask == kNow + 6h);
  CHECK(is_covered(hub, kNow + 9h - 1s));
  CHECK_FALSE(is_covered(hub, kNow + 9h));

  for (const auto lease : {std::optional<std::chrono::seconds>{365 * 24h}, {}}) {
    CHECK_FALSE(confirm(hub, lease, kFloor, kNow));
    CHECK(hub.lease_until == kNow + 14 * 24h);
    CHECK(hub.next_ask == kNow + 14 * 16h);
  }
  confirm(hub, 1s, kFloor, kNow);
  CHECK(hub.lease_until == kNow + 1s);
  CHECK(hub.next_ask == kNow + 10min);  // no hub is asked all the time
}

TEST_CASE("W-4 during a renewal the subscription stays what it was", "[websub]") {
  HubSubscription hub = subscribed();
  confirm(hub, 9h, kFloor, kNow);
  const HubSubscription before = hub;
  note_asked(hub, kFloor, kNow + 6h);
  CHECK(hub.state == State::active);
  CHECK(hub.secret == before.secret);
  CHECK(hub.callback == before.callback);
  CHECK(hub.next_ask == kNow + 7h);
  note_asked(hub, kFloor, kNow + 7h);
  CHECK(hub.next_ask == kNow + 9h);  // when it ends
  CHECK_FALSE(lapse(hub, kNow + 9h - 1s));
  CHECK(lapse(hub, kNow + 9h));
  CHECK(hub.state == State::asked);
  CHECK_FALSE(lapse(hub, kNow + 9h));
}

TEST_CASE("a hub that does not confirm is asked later and later", "[websub]") {
  HubSubscription hub = subscribed();
  std::vector<std::chrono::seconds> pauses;
  WallTime now = hub.next_ask;
  for (int i = 0; i < 6; ++i) {
    note_asked(hub, kFloor, now);
    pauses.push_back(std::chrono::duration_cast<std::chrono::seconds>(hub.next_ask - now));
    now = hub.next_ask;
  }
  CHECK(pauses == std::vector<std::chrono::seconds>{2h, 4h, 8h, 16h, 24h, 24h});
  HttpResponse response;
  response.status = 503;
  response.headers = {{"retry-after", "172800"}};
  note_refusal(hub, response, now);
  CHECK(hub.next_ask == now + 48h);
}

TEST_CASE("W-8 three misses of ten cost a hub our trust for a week", "[websub]") {
  HubSubscription hub = subscribed();
  confirm(hub, 24h, kFloor, kNow);
  CHECK_FALSE(judge_hub(hub, 0, 2, kNow));
  CHECK_FALSE(judge_hub(hub, 9, 0, kNow));  // one of the two is out of sight
  CHECK_FALSE(judge_hub(hub, 0, 1, kNow));
  CHECK(storage::hub_misses(hub) == 1);
  CHECK(judge_hub(hub, 0, 2, kNow));
  CHECK(hub.state == State::distrusted);
  CHECK_FALSE(is_covered(hub, kNow));
  CHECK(hub.next_ask == kNow + 7 * 24h);
  CHECK_FALSE(judge_hub(hub, 0, 5, kNow));  // told once

  CHECK(confirm(hub, 24h, kFloor, kNow + 7 * 24h));
  CHECK(storage::hub_misses(hub) == 0);
  CHECK(is_covered(hub, kNow + 7 * 24h));
}

TEST_CASE("a hub that denies us is left alone for a week", "[websub]") {
  HubSubscription hub = subscribed();
  confirm(hub, 24h, kFloor, kNow);
  deny(hub, kNow);
  CHECK(hub.state == State::denied);
  CHECK_FALSE(is_covered(hub, kNow));
  CHECK(hub.next_ask == kNow + 7 * 24h);
}

}  // namespace feedwire::daemon
