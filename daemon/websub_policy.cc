#include "daemon/websub_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/hash.h"
#include "base/hmac.h"
#include "daemon/link_header.h"
#include "daemon/poll_policy.h"
#include "feeds/ascii.h"
#include "storage/json_members.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using storage::HubSubscription;

constexpr seconds kFirstPause = 1h, kLongestPause = 24h;
// Of a lease: no hub is asked more often, however short its leases are.
constexpr seconds kLeastRenewal = 10min;

seconds scaled(seconds span, seconds floor) {
  const double share = std::min(1.0, static_cast<double>(floor.count()) / 3600);
  return std::max<seconds>(1s, seconds(std::llround(static_cast<double>(span.count()) * share)));
}

Hash128 random_bits(Rng& rng) {
  Hash128 bits;
  const std::array<std::uint64_t, 2> words = {rng.next(), rng.next()};
  static_assert(sizeof words == sizeof bits.bytes);
  std::memcpy(bits.bytes.data(), words.data(), sizeof words);
  return bits;
}

// Of the document's hubs; JSON Feed has other kinds too, of which rssCloud is one.
std::string websub_hub(std::string_view document_json) {
  const auto hubs = storage::find_member(document_json, "hubs");
  if (!hubs) return {};
  for (const std::string_view hub : storage::split_array(*hubs)) {
    const auto member = [hub](std::string_view name) {
      return storage::string_value(storage::find_member(hub, name).value_or(""));
    };
    const std::string type = member("type");
    if (feeds::iequals_ascii(type, "websub") || feeds::iequals_ascii(type, "pubsubhubbub"))
      return member("url");
  }
  return {};
}

void append_field(std::string& form, std::string_view name, std::string_view value) {
  if (!form.empty()) form += '&';
  form.append(name).append("=");
  for (const char c : value) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain)
      form += c;
    else
      form += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
}

}  // namespace

HubOffer find_hub(const HttpResponse& response, const feeds::Feed* document) {
  HubOffer offer{linked_url(response, "hub"), linked_url(response, "self")};
  if (document == nullptr) return offer;
  const feeds::FeedInfoView info = document->info();
  if (offer.hub.empty()) offer.hub = websub_hub(info.json);
  if (offer.topic.empty()) offer.topic = info.feed_url;
  return offer;
}

std::string callback_url(std::string_view callbacks, const Hash128& token) {
  while (callbacks.ends_with('/')) callbacks.remove_suffix(1);
  return fmt::format("{}/{}", callbacks, token.hex());
}

HubSubscription new_subscription(HubOffer offer, std::string_view callbacks, Rng& rng,
                                 WallTime now) {
  HubSubscription subscription;
  subscription.hub = std::move(offer.hub);
  subscription.topic = std::move(offer.topic);
  subscription.token = random_bits(rng);
  subscription.callback = callback_url(callbacks, subscription.token);
  const Hash128 first_half = random_bits(rng), second_half = random_bits(rng);
  subscription.secret = first_half.hex() + second_half.hex();
  subscription.next_ask = now;
  return subscription;
}

std::string hub_form(const HubSubscription& subscription, std::string_view mode) {
  std::string form;
  append_field(form, "hub.mode", mode);
  append_field(form, "hub.topic", subscription.topic);
  append_field(form, "hub.callback", subscription.callback);
  if (mode != "subscribe") return form;
  // Also to a hub without TLS, though WebSub 5.1 would not: without it anybody could push.
  append_field(form, "hub.secret", subscription.secret);
  append_field(form, "hub.lease_seconds", std::to_string(seconds(kMaxLease).count()));
  return form;
}

bool is_covered(const HubSubscription& subscription, WallTime now) {
  return subscription.state == HubSubscription::State::active && subscription.lease_until > now;
}

void note_asked(HubSubscription& subscription, seconds floor, WallTime now) {
  const seconds first = scaled(kFirstPause, floor);
  const std::uint32_t doublings = std::min<std::uint32_t>(subscription.asks++, 10);
  subscription.next_ask = now + std::min<seconds>(first * (1 << doublings), kLongestPause);
  // What ends then must not go unnoticed.
  if (is_covered(subscription, now))
    subscription.next_ask = std::min(subscription.next_ask, subscription.lease_until);
}

bool is_taken(const HttpResponse& response) {
  return response.error == TransportError::none && response.status >= 200 && response.status < 300;
}

void note_refusal(HubSubscription& subscription, const HttpResponse& response, WallTime now) {
  const seconds asked = retry_after(response, now).value_or(0s);
  subscription.next_ask = std::max<WallTime>(subscription.next_ask, now + asked);
}

bool confirm(HubSubscription& subscription, std::optional<seconds> lease, seconds floor,
             WallTime now) {
  const bool is_new = !is_covered(subscription, now);
  const seconds granted = std::clamp<seconds>(lease.value_or(kMaxLease), 1s, kMaxLease);
  if (subscription.state == HubSubscription::State::distrusted)
    subscription.judged = subscription.missed = 0;
  if (is_new) subscription.confirmed = now;
  subscription.state = HubSubscription::State::active;
  subscription.asks = 0;
  subscription.lease_until = now + granted;
  subscription.next_ask = now + std::max(granted * 2 / 3, scaled(kLeastRenewal, floor));
  return is_new;
}

void deny(HubSubscription& subscription, WallTime now) {
  subscription.state = HubSubscription::State::denied;
  subscription.lease_until = {};
  subscription.asks = 0;
  subscription.next_ask = now + kHubPause;
}

bool lapse(HubSubscription& subscription, WallTime now) {
  if (subscription.state != HubSubscription::State::active || is_covered(subscription, now))
    return false;
  subscription.state = HubSubscription::State::asked;
  return true;
}

bool judge_hub(HubSubscription& subscription, int pushed, int missed, WallTime now) {
  const auto note = [&](int count, std::uint32_t bit) {
    for (int i = 0; i < std::min<int>(count, HubSubscription::kJudged); ++i) {
      subscription.missed =
          (subscription.missed << 1 | bit) & ((1u << HubSubscription::kJudged) - 1);
      subscription.judged = std::min(subscription.judged + 1, HubSubscription::kJudged);
    }
  };
  note(pushed, 0);
  note(missed, 1);
  if (subscription.state != HubSubscription::State::active ||
      hub_misses(subscription) < kMostMisses)
    return false;
  subscription.state = HubSubscription::State::distrusted;
  subscription.next_ask = now + kHubPause;
  return true;
}

bool is_signed(const HubSubscription& subscription, std::string_view header,
               std::string_view body) {
  static constexpr std::array<std::pair<std::string_view, HmacHash>, 4> kMethods = {
      {{"sha1", HmacHash::sha1},
       {"sha256", HmacHash::sha256},
       {"sha384", HmacHash::sha384},
       {"sha512", HmacHash::sha512}}};
  const std::size_t equals = header.find('=');
  if (equals == header.npos) return false;
  for (const auto& [name, hash] : kMethods)
    if (feeds::iequals_ascii(header.substr(0, equals), name))
      return equal_in_constant_time(feeds::to_lower_ascii(header.substr(equals + 1)),
                                    hmac_hex(hash, subscription.secret, body));
  return false;
}

}  // namespace feedwire::daemon
