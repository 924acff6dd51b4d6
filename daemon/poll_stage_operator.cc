// What an operator does with a feed of the poll stage: polls, pauses, resumes, adds and removes it.

#include <fmt/format.h>

#include "daemon/manual_poll.h"
#include "daemon/poll_stage.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;

void PollStage::poll_now(FeedKey key, const PollOrder& order, PollDone done, Now now) {
  const auto place = feeds_.find(key);
  if (place == feeds_.end() || place->second.removed)
    return done(Error{ErrorCode::not_found, "it is not subscribed any more"});
  Feed& feed = place->second;
  if (feed.phase == Phase::scheduled || feed.kept) {
    if (Result<void> may = may_poll(feed, order, now); !may) return done(std::move(may).error());
    feed.cause = order.force ? storage::PollCause::forced : storage::PollCause::manual;
    if (feed.phase == Phase::scheduled) scheduler_.schedule(key, feed.host, now.mono);
  }
  if (!order.wait) return done({});
  waiting_[key].push_back(std::move(done));
}

Result<void> PollStage::may_poll(const Feed& feed, const PollOrder& order, Now now) const {
  if (feed.subscription.ref.paused)
    return Error{ErrorCode::invalid_argument, "it is paused; resume it first"};
  if (feed.row.life.gone)
    return Error{ErrorCode::invalid_argument,
                 "it is gone (410), and polled no more; pause and resume it to try it again"};
  if (feed.row.rule == storage::PollRule::same_url)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("it has moved to {}, where another feed is polled; poll that one",
                             place_of(feed))};
  if (const auto until = holds_.held_until(feed.host, now.mono); until && !order.force)
    return Error{ErrorCode::busy, fmt::format("not before {}: its host has asked for patience",
                                              format_time(now.wall + (*until - now.mono)))};
  if (paused_) return Error{ErrorCode::busy, "nothing is polled: the disk is nearly full"};
  const std::optional<PollHold> hold = manual_poll_hold(feed.row, now.wall);
  if (hold && !order.force)
    return Error{ErrorCode::busy,
                 fmt::format("not before {}: {}", format_time(hold->until), hold->reason)};
  return {};
}

// Whoever waited for this poll hears of its end.
void PollStage::tell_waiting(FeedKey key, const Result<void>& outcome) {
  const auto waiting = waiting_.extract(key);
  if (waiting.empty()) return;
  for (const PollDone& done : waiting.mapped()) done(outcome);
}

void PollStage::pause(FeedKey key) {
  const auto place = feeds_.find(key);
  if (place == feeds_.end()) return;
  Feed& feed = place->second;
  feed.subscription.ref.paused = true;
  if (feed.row.hub) {
    feed.row.hub_offer = storage::HubOffer{feed.row.hub->hub, feed.row.hub->topic};
    leave_hub(feed, feed.row);
    feed.unsaved = true;
  }
  replan(feed, 0s);
  left_places_.push_back(feeds::feed_key(place_of(feed)));  // another one there may have its turn
  if (feed.phase != Phase::scheduled) return;               // committed() leaves it out
  scheduler_.park(key, feed.host);
  tell_waiting(key, Error{ErrorCode::busy, "it was paused before its turn came"});
}

void PollStage::resume(FeedKey key, const storage::PollRow& stored, Now now) {
  const auto place = feeds_.find(key);
  if (place == feeds_.end() || !place->second.subscription.ref.paused) return;
  Feed& feed = place->second;
  feed.subscription.ref.paused = false;
  take_renewal(key, feed, stored, now);
  replan(feed, feed.row.interval);
  take_hub(key, feed, now);
  if (feed.phase == Phase::scheduled) {
    schedule(key, feed, due_of(feed.row, now));
    plan_page(key, feed, now);
  }
  regroup_around(key, feed, now);
}

}  // namespace feedwire::daemon
