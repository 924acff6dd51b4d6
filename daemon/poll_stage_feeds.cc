// Which feeds the poll stage has, and when it begins with them.

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "daemon/feed_turns.h"
#include "daemon/habit.h"
#include "daemon/poll_stage.h"
#include "feeds/url.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;

// First polls of many feeds at once are spread: so much time for each (H-73).
constexpr std::chrono::microseconds kSpreadPerFeed{200'000};
// New feeds that are more than this part of all change everybody's share of the budget at once; of
// fewer it takes note by and by.
constexpr std::size_t kSettledShare = 8;

}  // namespace

Pace PollStage::pace_of(const Feed& feed) const {
  Pace pace = options_.pace;
  pace.interval = feed.subscription.interval;
  pace.weight = feed.subscription.weight;
  pace.scale = budget_.scale();
  pace.host_stretch = scheduler_.stretch(feed.subscription.ref.key);
  pace.covered = is_covered(feed);
  return pace;
}

// The only look at all feeds; from then on the budget is told of each plan that changes.
void PollStage::settle_budget(WallTime now) {
  std::vector<RequestBudget::Demand> demands;
  demands.reserve(feeds_.size());
  for (const auto& [key, feed] : feeds_)
    if (is_polled(feed) && !feed.subscription.interval && !is_covered(feed))
      demands.push_back(
          demand(feed.row.habit, pace_of(feed), least_interval(feed.row, pace_of(feed)), now));
  budget_.settle(demands);
  for (auto& [key, feed] : feeds_) plan(feed, now);
}

void PollStage::plan(Feed& feed, WallTime now) {
  const Pace pace = pace_of(feed);
  replan(feed, planned_interval(feed.row.habit, pace, least_interval(feed.row, pace), now).wait);
}

void PollStage::replan(Feed& feed, std::chrono::seconds interval) {
  const FeedKey key = feed.subscription.ref.key;
  const double a_day = is_polled(feed) && interval > 0s ? Days{1} / Days{interval} : 0;
  scheduler_.add_load(key, a_day - feed.planned_a_day);
  feed.planned_a_day = a_day;
  const bool is_apart = feed.subscription.interval || is_covered(feed);  // S-8
  const double within_budget = is_apart ? 0 : a_day / scheduler_.stretch(key);
  budget_.replan(feed.budgeted_a_day, within_budget);
  feed.budgeted_a_day = within_budget;
}

void PollStage::set_feeds(std::vector<Subscription> subscriptions, const PollRows& rows,
                          const storage::Crash& crash, Now now) {
  std::unordered_set<FeedKey> wanted;
  wanted.reserve(subscriptions.size());
  for (const Subscription& subscription : subscriptions) wanted.insert(subscription.ref.key);
  take_feeds(std::move(subscriptions), rows, crash, now);
  for (auto feed = feeds_.begin(); feed != feeds_.end();)
    feed = wanted.contains(feed->first) ? std::next(feed) : drop(feed);
  left_to_poll_ = options_.once ? feeds_.size() : 0;
  settle_budget(now.wall);
  if (options_.once) return;
  if (options_.callbacks.empty()) end_backup_polls(now);
  regroup_all(now);
}

void PollStage::add_feeds(std::vector<Subscription> subscriptions, const PollRows& rows, Now now) {
  std::vector<FeedKey> keys;
  for (const Subscription& subscription : subscriptions) keys.push_back(subscription.ref.key);
  take_feeds(std::move(subscriptions), rows, {}, now);
  regroup_all(now);
  // So many that the scale of all plans may be another one?
  if (keys.size() * kSettledShare > feeds_.size()) return settle_budget(now.wall);
  for (const FeedKey key : keys) plan(feeds_.at(key), now.wall);
}

void PollStage::remove_feeds(const std::vector<FeedKey>& feeds) {
  for (const FeedKey key : feeds)
    if (const auto feed = feeds_.find(key); feed != feeds_.end()) drop(feed);
}

// Forgets it now, or once what is under way has ended. Returns the next one.
PollStage::Feeds::iterator PollStage::drop(Feeds::iterator feed) {
  if (feed->second.phase == Phase::scheduled) return forget(feed);
  feed->second.removed = true;
  return std::next(feed);
}

void PollStage::take_feeds(std::vector<Subscription> subscriptions, const PollRows& rows,
                           const storage::Crash& crash, Now now) {
  if (began_ == WallTime{}) began_ = now.wall;
  clock_steps_.note(now);
  std::unordered_map<FeedKey, const storage::PollRow*> row_of;
  row_of.reserve(rows.size());
  for (const auto& [key, row] : rows) row_of.emplace(key, &row);
  const auto waiting = std::count_if(
      subscriptions.begin(), subscriptions.end(), [&](const Subscription& subscription) {
        const auto row = row_of.find(subscription.ref.key);
        const bool is_due = row == row_of.end() ||
                            (is_scheduled(*row->second) && row->second->next_poll <= now.wall);
        return is_due && !feeds_.contains(subscription.ref.key);
      });
  const bool spreads = waiting > 1 && !options_.once;
  const auto spread = spreads ? spread_of(static_cast<std::size_t>(waiting)) : 0us;

  std::unordered_set<FeedKey> wanted;
  if (options_.once)
    for (const Subscription& subscription : subscriptions) wanted.insert(subscription.ref.key);
  // All of them, before the first of their hosts may be asked.
  for (const Subscription& subscription : subscriptions) {
    const auto row = row_of.find(subscription.ref.key);
    if (row == row_of.end() || !row->second->server || feeds_.contains(row->first)) continue;
    recall_server(feeds::url_host(polled_url(subscription.ref.url, row->second->life)),
                  *row->second, now);
  }
  feeds_.reserve(feeds_.size() + subscriptions.size());
  scheduler_.reserve(subscriptions.size());
  for (Subscription& subscription : subscriptions) {
    const FeedKey key = subscription.ref.key;
    static const storage::PollRow kNeverPolled;
    const auto stored = row_of.find(key);
    const storage::PollRow& row = stored == row_of.end() ? kNeverPolled : *stored->second;
    if (const auto known = feeds_.find(key); known != feeds_.end()) {
      known->second.removed = false;
      known->second.subscription = std::move(subscription);
      take_renewal(key, known->second, row, now);
      continue;
    }
    const MonoTime due = first_due(row, crash, spread, now);
    if (options_.once && (due > now.mono || !has_turn_once(row, wanted))) continue;
    add_feed(std::move(subscription), row, due);
    note_last_request(row, feeds_.at(key).host, crash, now);
    recall_hold(feeds_.at(key), due, now.mono);
    take_hub(key, feeds_.at(key), now);
    take_backfill(key, feeds_.at(key), crash, now);
  }
}

// With `once` there is no second look at which of the feeds at one URL is polled.
bool PollStage::has_turn_once(const storage::PollRow& row,
                              const std::unordered_set<FeedKey>& wanted) {
  if (is_scheduled(row)) return true;
  return !row.life.gone && !wanted.contains(feeds::feed_key(row.life.moved_to));
}

// The gap holds across a restart; after a crash the last request may not be on record.
void PollStage::note_last_request(const storage::PollRow& row, const std::string& host,
                                  const storage::Crash& crash, Now now) {
  for (const WallTime last : {row.last_poll, crash.noticed}) {
    const std::chrono::microseconds ago = now.wall - last;
    if (ago >= 0us && ago < std::max(options_.hosts.host_gap, kMostHostGap))
      scheduler_.note_request(host, now.mono - ago);
  }
}

// The operator asks anew for a feed that we have (storage::renew()). One that is being asked at
// this moment keeps its place.
void PollStage::take_renewal(FeedKey key, Feed& feed, const storage::PollRow& stored, Now now) {
  if (stored.life.renewed == feed.row.life.renewed || feed.phase == Phase::fetching) return;
  if (feed.row.failures > 0) --failing_;
  const std::string place = place_of(feed);
  if (stored.polls == feed.row.polls) {  // else a newer one is being committed
    Rare<storage::HubSubscription> hub = std::move(feed.row.hub);
    feed.row = stored;
    feed.row.hub = std::move(hub);
  }
  feed.row.life = stored.life;
  if (feed.accepted_row) feed.accepted_row->life = stored.life;
  if (feed.row.failures > 0) ++failing_;
  change_place(key, feed, place);
  if (feed.phase != Phase::scheduled) return;
  schedule(key, feed, due_of(feed.row, now));
  plan_page(key, feed, now);
}

void PollStage::add_feed(Subscription subscription, const storage::PollRow& row, MonoTime due) {
  const FeedKey key = subscription.ref.key;
  Feed& feed = feeds_[key];
  feed.subscription = std::move(subscription);
  feed.row = row;
  feed.host = feeds::url_host(place_of(feed));
  if (row.failures > 0) ++failing_;
  note_place(key, feed);
  if (options_.once && !is_scheduled(row)) feed.row.rule = storage::PollRule::none;
  schedule(key, feed, due);
}

bool PollStage::is_polled(const Feed& feed) {
  return may_be_polled(feed) && is_scheduled(feed.row);
}

// Who is not polled has its place too, but is never due.
void PollStage::schedule(FeedKey key, const Feed& feed, MonoTime due) {
  if (is_polled(feed))
    scheduler_.schedule(key, feed.host, due);
  else
    scheduler_.park(key, feed.host);
}

PollStage::Feeds::iterator PollStage::forget(Feeds::iterator feed) {
  if (feed->second.row.failures > 0) --failing_;
  if (feed->second.row.hub) leave_hub(feed->second, feed->second.row);
  leave_page(feed->first);
  leave_place(feed->first, place_of(feed->second));
  replan(feed->second, 0s);
  scheduler_.remove(feed->first);
  tell_waiting(feed->first, Error{ErrorCode::not_found, "it is not subscribed any more"});
  return feeds_.erase(feed);
}

std::chrono::microseconds PollStage::spread_of(std::size_t feeds) const {
  const std::chrono::microseconds floor = options_.pace.floor;
  return std::min(floor, kSpreadPerFeed * static_cast<std::int64_t>(feeds));
}

std::chrono::microseconds PollStage::random_part(std::chrono::microseconds span) {
  return std::chrono::microseconds(
      static_cast<std::int64_t>(rng_.uniform(0, static_cast<double>(span.count()))));
}

MonoTime PollStage::due_of(const storage::PollRow& row, Now now) const {
  return due_time(row, clock_steps_.as_planned(row.last_poll, row.next_poll, now));
}

// `spread` is for those that are due now, lest all come at once (H-73).
MonoTime PollStage::first_due(const storage::PollRow& row, const storage::Crash& crash,
                              std::chrono::microseconds spread, Now now) {
  const MonoTime due = due_of(row, now);
  const std::chrono::microseconds rest = rest_after(crash, now);
  if (rest > 0us && may_have_been_asked(row, crash))
    return std::max(due, now.mono + rest + (spread > 0us ? random_part(spread) : 0us));
  return due > now.mono || spread == 0us ? due : now.mono + random_part(spread);
}

// H-72: of the floor that is to pass after a crash, across restarts too. A clock that was set back
// makes it no longer.
std::chrono::microseconds PollStage::rest_after(const storage::Crash& crash, Now now) const {
  if (crash.noticed == WallTime{}) return 0us;
  const std::chrono::microseconds floor = options_.pace.floor;
  return std::clamp<std::chrono::microseconds>(crash.noticed + floor - now.wall, 0us, floor);
}

// By the run that crashed, without a trace: it was due then, and was not polled since. One that was
// never polled is due at any time, and `once` would never poll it.
bool PollStage::may_have_been_asked(const storage::PollRow& row,
                                    const storage::Crash& crash) const {
  if (row.polls == 0) return !options_.once;
  return row.last_poll < crash.noticed && row.next_poll <= crash.noticed &&
         row.next_poll >= crash.last_commit - 2 * options_.total_timeout;
}

}  // namespace feedwire::daemon
