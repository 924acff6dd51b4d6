// What the poll stage notes of each request (H-90).

#include <chrono>
#include <string>

#include "base/redact.h"
#include "daemon/feed_turns.h"
#include "daemon/poll_stage.h"
#include "daemon/websub_policy.h"
#include "feeds/keys.h"

namespace feedwire::daemon {
namespace {

storage::PollRecord::Peer recorded(const HttpResponse::Peer& peer) {
  return {peer.address, peer.allowed_by};
}

// The part of the record that the answer alone gives.
storage::PollRecord record_of(const HttpResponse& response) {
  storage::PollRecord record;
  const auto header = [&](std::string_view name) {
    return std::string(response.header(name).value_or(std::string_view{}));
  };
  for (const HttpResponse::Hop& hop : response.redirects)
    record.hops.push_back({hop.status, redact_urls(hop.to), recorded(hop.peer)});
  record.final_url = redact_urls(response.final_url);
  record.peer = recorded(response.peer);
  record.sent_cookie = response.sent_cookie;
  record.set_cookie = response.header("set-cookie").has_value();
  record.status = response.status;
  if (response.error != TransportError::none) record.error = to_string(response.error);
  record.etag = header("etag");
  record.last_modified = header("last-modified");
  for (const auto& [name, value] : response.headers)
    if (name == "cache-control")
      record.cache_control.append(record.cache_control.empty() ? "" : ", ").append(value);
  record.age = header("age");
  record.expires = header("expires");
  record.date = header("date");
  record.retry_after = header("retry-after");
  record.bytes = response.wire_bytes;
  return record;
}

}  // namespace

void PollStage::record_hub_request(const HubErrand& errand, const HttpResponse& response,
                                   Now now) const {
  if (!ledger_) return;
  storage::PollRecord record = record_of(response);
  record.feed = errand.feed;
  record.cause = storage::PollCause::hub;
  record.url = redact_urls(subscription_of(errand).hub);
  record.host = errand.host;
  record.at = now.wall;
  record.took = now.mono - errand.asked_at;
  record.run = static_cast<std::uint64_t>(began_.time_since_epoch().count());
  record.uptime = now.mono.time_since_epoch();
  record.own_scope = true;
  record.host_gap = std::chrono::duration_cast<std::chrono::milliseconds>(options_.hosts.host_gap);
  record.verdict =
      is_taken(response) ? storage::PollVerdict::unchanged : storage::PollVerdict::failure;
  ledger_(record);
}

// `errand.backfill` is what has come of it.
void PollStage::record_page(const PageErrand& errand, const HttpResponse& response,
                            storage::PollVerdict verdict) const {
  if (!ledger_) return;
  storage::PollRecord record = record_of(response);
  record.feed = errand.feed;
  record.cause = storage::PollCause::backfill;
  record.url = redact_urls(errand.backfill.page);
  record.host = errand.host;
  record.at = errand.answered.wall;
  record.took = errand.answered.mono - errand.asked_at;
  record.run = static_cast<std::uint64_t>(began_.time_since_epoch().count());
  record.uptime = errand.answered.mono.time_since_epoch();
  record.own_scope = !may_hold(errand.host, response);
  record.floor = options_.pace.floor;
  record.host_gap = std::chrono::duration_cast<std::chrono::milliseconds>(options_.hosts.host_gap);
  record.verdict = verdict;
  record.gap = errand.backfill.to;
  record.next_poll = std::max(errand.patience, errand.backfill.next_ask);
  ledger_(record);
}

// What is known when the answer is there; `feed.row` is still the one that the request was made of.
void PollStage::begin_record(FeedKey key, Feed& feed, const HttpResponse& response, Now now) const {
  if (!ledger_) return;
  feed.record = std::make_unique<storage::PollRecord>(record_of(response));
  storage::PollRecord& record = *feed.record;
  record.feed = key;
  record.poll = feed.row.polls + 1;
  record.cause = feed.cause;
  record.url = redact_urls(polled_url(feed.subscription.ref.url, feed.row.life));
  record.host = feed.host;
  if (!feed.row.life.moved_to.empty()) record.place = feeds::feed_key(feed.row.life.moved_to);
  record.doubts = doubts_validators(feed.row, now.wall);
  record.at = now.wall;
  record.previous = feed.row.last_poll;
  record.renewed = feed.row.life.renewed;
  record.took = now.mono - feed.asked_at;
  record.run = static_cast<std::uint64_t>(began_.time_since_epoch().count());
  record.uptime = now.mono.time_since_epoch();
  if (response.sent_validators) {
    record.if_none_match = feed.row.etag;
    record.if_modified_since = feed.row.last_modified;
  }
  record.own_scope = !may_hold(feed.host, response);
  record.floor = options_.pace.floor;
  record.host_gap = std::chrono::duration_cast<std::chrono::milliseconds>(options_.hosts.host_gap);
}

void PollStage::end_record(Feed& feed, const storage::PollRow& row, storage::PollVerdict verdict) {
  if (!feed.record) return;
  feed.record->verdict = verdict;
  if (verdict == storage::PollVerdict::page) feed.record->linked = redact_urls(row.life.moved_to);
  feed.record->noted = row.last_poll;
  feed.record->conditional_repeat = row.repeats > feed.row.repeats;
  feed.record->interval = floor_for(row, feed.response, pace_of(feed));
  feed.record->hints = row.hints;
  feed.record->next_poll = row.next_poll;
  feed.record->rule = row.rule;
  ledger_(*feed.record);
  feed.record.reset();
}

}  // namespace feedwire::daemon
