// The poll stage's subscriptions at WebSub hubs (http.md W-1 to W-5, W-7, W-8). Requests to a hub
// go through the scheduler as polls do, so that its host's gap is kept (H-70).

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>

#include "base/hmac.h"
#include "daemon/log_feed.h"
#include "daemon/log_text.h"
#include "daemon/poll_stage.h"
#include "daemon/websub_policy.h"
#include "feeds/url.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using storage::HubSubscription;

// W-5: what came between the last poll and the subscription is seen so soon after it.
constexpr std::chrono::microseconds kSoonest = 60s, kLatest = 120s;
// For a hub to ask back whether a subscription is to end; then nobody knows of it any more.
constexpr std::chrono::microseconds kFarewell = 1h;
// No request to a hub lies further ahead, unless a clock was wrong.
constexpr std::chrono::microseconds kFurthestAsk = kMaxLease;

constexpr int kOk = 200, kNotFound = 404;

// For when the feed is polled again.
void set_hub_aside(storage::PollRow& row) {
  if (!row.hub) return;
  row.hub_offer = storage::HubOffer{row.hub->hub, row.hub->topic};
  row.hub.reset();
}

FeedKey errand_key(const HubSubscription& subscription) { return subscription.token.prefix(); }

std::string_view field(const CallbackRequest& request, std::string_view name) {
  const auto found = request.query.find(std::string(name));
  return found == request.query.end() ? std::string_view() : found->second;
}

std::optional<std::chrono::seconds> lease_of(const CallbackRequest& request) {
  const std::string_view text = field(request, "hub.lease_seconds");
  std::uint32_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (text.empty() || rest != end || error != std::errc{}) return std::nullopt;
  return std::chrono::seconds{count};
}

}  // namespace

PollStage::Hubs::const_iterator PollStage::find_errand(std::string_view token) const {
  const Result<Hash128> bits = Hash128::from_hex(token);
  if (!bits) return hubs_.end();
  const auto errand = hubs_.find(bits->prefix());
  if (errand == hubs_.end()) return hubs_.end();
  const Hash128& ours = subscription_of(errand->second).token;
  return equal_in_constant_time(ours.view(), bits->view()) ? errand : hubs_.end();
}

PollStage::Hubs::iterator PollStage::find_errand(std::string_view token) {
  const auto errand = std::as_const(*this).find_errand(token);
  return errand == hubs_.cend() ? hubs_.end() : hubs_.find(errand->first);
}

const HubSubscription& PollStage::subscription_of(const HubErrand& errand) const {
  return errand.leaving ? *errand.leaving : *feeds_.at(errand.feed).row.hub;
}

bool PollStage::is_covered(const Feed& feed) const {
  return !options_.callbacks.empty() && feed.row.hub &&
         feed.row.hub->state == HubSubscription::State::active;
}

// W-1, of an answer that went well. `document`: what came, null if it is what was there before.
void PollStage::note_offer(Feed& feed, storage::PollRow& row, const feeds::Feed* document) {
  HubOffer offer = find_hub(feed.response, document);
  if (offer.hub.empty()) {
    if (document != nullptr && row.hub) leave_hub(feed, row);  // it names none any more
    return;
  }
  if (offer.topic.empty()) offer.topic = row.hub ? row.hub->topic : feed.response.final_url;
  if (row.hub && row.hub->hub == offer.hub && row.hub->topic == offer.topic) return;
  if (row.hub) leave_hub(feed, row);
  row.hub = new_subscription(std::move(offer), options_.callbacks, rng_, feed.fetched_at);
}

// For when hubs may come: a document that only names its hub may stay the same for long.
void PollStage::keep_offer(const Feed& feed, storage::PollRow& row, const feeds::Feed& document) {
  HubOffer offer = find_hub(feed.response, &document);
  if (offer.hub.empty()) return row.hub_offer.reset();
  if (offer.topic.empty()) offer.topic = feed.response.final_url;
  row.hub_offer = std::move(offer);
}

// `row` is what a poll has made of the feed's row, but for what hubs have done meanwhile.
void PollStage::carry_hub(Feed& feed, storage::PollRow& row, storage::PollVerdict verdict,
                          const feeds::Feed* document) {
  feed.unsaved = false;
  row.hub = feed.row.hub;
  if (options_.callbacks.empty()) {
    if (verdict == storage::PollVerdict::document && document != nullptr)
      keep_offer(feed, row, *document);
    return;
  }
  if (row.life.gone && row.hub) return leave_hub(feed, row);
  if (verdict != storage::PollVerdict::document && verdict != storage::PollVerdict::unchanged)
    return;
  if (document != nullptr && row.hub) judge_by_poll(feed, row, *document);
  note_offer(feed, row, document);
  if (row.hub && row.hub->awaits_poll) plan_poll_after_confirmation(row, feed.fetched_at);
}

// W-5, unless the feed is to be left alone, when its next poll comes as planned.
void PollStage::plan_poll_after_confirmation(storage::PollRow& row, WallTime now) {
  row.hub->awaits_poll = row.failures == 0 && !manual_poll_hold(row, now + kSoonest);
  if (!row.hub->awaits_poll) return;
  row.next_poll = now + kSoonest + random_part(kLatest - kSoonest);
  row.rule = storage::PollRule::hub;
}

// A feed that was there before this run, or is resumed.
void PollStage::take_hub(FeedKey key, Feed& feed, Now now) {
  storage::PollRow& row = feed.row;
  if (options_.callbacks.empty()) return;
  // It was left when the feed was paused.
  if (!may_be_polled(feed)) return set_hub_aside(row);
  if (row.hub_offer && is_scheduled(row)) {
    HubOffer offer = std::move(*row.hub_offer);
    row.hub_offer.reset();
    if (!row.hub || row.hub->hub != offer.hub || row.hub->topic != offer.topic)
      row.hub = new_subscription(std::move(offer), options_.callbacks, rng_, now.wall);
  }
  if (!row.hub) return;
  // The operator has changed where hubs are to find us.
  if (row.hub->callback != callback_url(options_.callbacks, row.hub->token))
    row.hub = new_subscription({row.hub->hub, row.hub->topic}, options_.callbacks, rng_, now.wall);
  plan_hub(key, feed, now);
}

void PollStage::plan_hub(FeedKey key, const Feed& feed, Now now) {
  if (!feed.row.hub || options_.callbacks.empty() || !may_be_polled(feed)) return;
  const HubSubscription& hub = *feed.row.hub;
  const auto [place, is_new] = hubs_.try_emplace(errand_key(hub));
  HubErrand& errand = place->second;
  if (is_new) {
    errand.feed = key;
    errand.host = feeds::url_host(hub.hub);
    errand.since = now.wall;
  }
  if (errand.asking || errand.planned == hub.next_ask) return;
  errand.planned = hub.next_ask;
  const auto wait =
      std::clamp<std::chrono::microseconds>(hub.next_ask - now.wall, 0us, kFurthestAsk);
  scheduler_.schedule(place->first, errand.host, now.mono + wait);
}

// Commits what has changed in the feed's row; with the outcome of a poll, if one is about to come.
void PollStage::keep_hub(FeedKey key, Feed& feed, Now now) {
  feed.unsaved = true;
  if (feed.phase != Phase::scheduled || feed.cause != storage::PollCause::schedule) return;
  scheduler_.park(key, feed.host);
  keep_row(key, feed, now.wall);
}

// The hub is not to be relied on any more: normal scheduling resumes.
void PollStage::end_coverage(Feed& feed, storage::PollRow& row, WallTime now) {
  const Pace pace = pace_of(feed);
  hasten_poll(row, pace, least_interval(row, pace), now, rng_);
  replan(feed, row.interval);
}

// Without a callback no hub can push any more: feeds that wait for a backup poll are polled as any
// other, those that are due already not all at once (H-73).
void PollStage::end_backup_polls(Now now) {
  std::vector<FeedKey> waiting;
  for (const auto& [key, feed] : feeds_)
    if (feed.row.hub && feed.row.rule == storage::PollRule::hub && feed.phase == Phase::scheduled &&
        is_polled(feed))
      waiting.push_back(key);
  const auto spread = spread_of(waiting.size());
  for (const FeedKey key : waiting) {
    Feed& feed = feeds_.at(key);
    end_coverage(feed, feed.row, now.wall);
    const MonoTime due = due_of(feed.row, now);
    schedule(key, feed, due > now.mono ? due : now.mono + random_part(spread));
  }
}

// Takes the subscription out of `row`; its hub is told, if it knows of it.
void PollStage::leave_hub(const Feed& feed, storage::PollRow& row) {
  HubSubscription hub = std::move(*row.hub);
  row.hub.reset();
  const auto place = hubs_.find(errand_key(hub));
  if (place == hubs_.end()) return;
  HubErrand& errand = place->second;
  const bool is_known = hub.asks > 0 || hub.lease_until != WallTime{};
  errand.leaving = std::move(hub);
  errand.allow = feed.subscription.allow;
  for (const HubPush& push : errand.pushes) push_bytes_ -= push.body.size();
  errand.pushes.clear();
  errand.push.reset();
  errand.parsed.reset();
  if (errand.asking) return;  // take_hub_answer() goes on from here
  if (is_known)
    scheduler_.schedule(place->first, errand.host, MonoTime{});
  else
    end_errand(place);
}

void PollStage::end_errand(Hubs::iterator errand) {
  scheduler_.remove(errand->first);
  hubs_.erase(errand);
}

// The scheduler says that it is time, and that the hub may be asked.
void PollStage::run_errand(Hubs::iterator place, Now now) {
  const FeedKey id = place->first;
  HubErrand& errand = place->second;
  errand.planned = {};
  if (errand.told) {  // and has not asked back
    scheduler_.release(id, now.mono);
    return end_errand(place);
  }
  if (const std::optional<MonoTime> until = holds_.held_until(errand.host, now.mono)) {
    scheduler_.release(id, now.mono);
    return scheduler_.schedule(id, errand.host, *until);
  }
  if (!errand.leaving) {
    Feed& feed = feeds_.at(errand.feed);
    if (lapse(*feed.row.hub, now.wall)) {
      SPDLOG_INFO("subscription ended without a renewal url={} hub={}",
                  log_feed(feed.subscription.ref), log_value(feed.row.hub->hub));
      end_coverage(feed, feed.row, now.wall);
    }
    note_asked(*feed.row.hub, options_.pace.floor, now.wall);
    keep_hub(errand.feed, feed, now);
  }
  ask_hub(id, errand, now);
}

void PollStage::ask_hub(FeedKey id, HubErrand& errand, Now now) {
  const HubSubscription& hub = subscription_of(errand);
  HttpRequest request;
  request.id = id;
  request.url = hub.hub;
  request.form = hub_form(hub, errand.leaving ? "unsubscribe" : "subscribe");
  request.allow = errand.leaving ? errand.allow : feeds_.at(errand.feed).subscription.allow;
  errand.told = errand.leaving.has_value();
  errand.asking = true;
  errand.asked_at = now.mono;
  ask(std::move(request));
}

void PollStage::take_hub_answer(const HttpResponse& response, Now now) {
  const auto place = hubs_.find(response.id);
  HubErrand& errand = place->second;
  if (response.status == 429) scheduler_.widen_gap(response.id, now.mono);
  scheduler_.release(response.id, now.mono);
  fetches_.end(is_taken(response) ? FetchResult::ok : failure_of(response));
  record_hub_request(errand, response, now);
  errand.asking = false;
  if (errand.leaving) {
    if (errand.ended || (errand.told && !is_taken(response))) return end_errand(place);
    const bool waits = errand.told;
    return scheduler_.schedule(place->first, errand.host, waits ? now.mono + kFarewell : now.mono);
  }
  Feed& feed = feeds_.at(errand.feed);
  HubSubscription& hub = *feed.row.hub;
  if (!is_taken(response)) {
    note_refusal(hub, response, now.wall);
    if (hub.asks == 1)
      SPDLOG_INFO("hub takes no subscription url={} hub={} status={} error={}",
                  log_feed(feed.subscription.ref), log_value(hub.hub), response.status,
                  log_value(response.error_message));
    keep_hub(errand.feed, feed, now);
  }
  plan_hub(errand.feed, feed, now);
}

// W-3: whoever knows the URL gets an answer only to what we have asked for.
CallbackReply PollStage::verify(const CallbackRequest& request, Now now) {
  const auto place = find_errand(request.token);
  if (place == hubs_.end()) return {kNotFound};
  HubErrand& errand = place->second;
  const std::string_view mode = field(request, "hub.mode");
  const std::string challenge(field(request, "hub.challenge"));
  if (field(request, "hub.topic") != subscription_of(errand).topic) return {kNotFound};
  if (mode == "denied") return note_denial(errand, request, now);
  if (challenge.empty()) return {kNotFound};
  if (mode == "subscribe") return confirm_subscription(errand, request, now);
  if (mode != "unsubscribe" || !errand.told) return {kNotFound};
  errand.ended = true;
  if (!errand.asking) end_errand(place);
  return {kOk, challenge};
}

CallbackReply PollStage::confirm_subscription(HubErrand& errand, const CallbackRequest& request,
                                              Now now) {
  if (errand.leaving) return {kNotFound};
  Feed& feed = feeds_.at(errand.feed);
  HubSubscription& hub = *feed.row.hub;
  if (hub.asks == 0 && hub.state != HubSubscription::State::active) return {kNotFound};
  if (confirm(hub, lease_of(request), options_.pace.floor, now.wall)) {
    SPDLOG_INFO("hub pushes url={} hub={} topic={} until={}", log_feed(feed.subscription.ref),
                log_value(hub.hub), log_value(hub.topic), format_time(hub.lease_until));
    plan_poll_after_confirmation(feed.row, now.wall);
    hub.awaits_poll = true;  // also after a poll that is under way
    plan(feed, now.wall);
  }
  keep_hub(errand.feed, feed, now);
  plan_hub(errand.feed, feed, now);
  return {kOk, std::string(field(request, "hub.challenge"))};
}

CallbackReply PollStage::note_denial(HubErrand& errand, const CallbackRequest& request, Now now) {
  if (errand.leaving) return {kOk};
  Feed& feed = feeds_.at(errand.feed);
  SPDLOG_INFO("hub denies the subscription url={} hub={} reason={}",
              log_feed(feed.subscription.ref), log_value(feed.row.hub->hub),
              log_value(field(request, "hub.reason")));
  deny(*feed.row.hub, now.wall);
  end_coverage(feed, feed.row, now.wall);
  keep_hub(errand.feed, feed, now);
  plan_hub(errand.feed, feed, now);
  return {kOk};
}

}  // namespace feedwire::daemon
