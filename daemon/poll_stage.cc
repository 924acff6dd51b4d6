#include "daemon/poll_stage.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cassert>
#include <unordered_set>

#include "daemon/habit.h"
#include "daemon/log_text.h"
#include "feeds/url.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;

// First polls of many feeds at once are spread: so much time for each (H-73).
constexpr std::chrono::microseconds kSpreadPerFeed{200'000};
// A stored next_poll further ahead than any rule allows comes from a clock that was wrong.
constexpr std::chrono::microseconds kFurthestPoll = kRetryAfterCap + 24h;
// Outcomes kept here while the store is busy; more, and no new poll is started.
constexpr std::size_t kMaxBacklog = 64;

// When a feed with this row is due. A poll later than now was noted by a clock that has been set
// back since: what still counts is how long the feed was to wait.
MonoTime due_time(const storage::PollRow& row, Now now) {
  const std::chrono::microseconds wait =
      row.last_poll > now.wall ? row.next_poll - row.last_poll : row.next_poll - now.wall;
  return now.mono + std::clamp<std::chrono::microseconds>(wait, 0us, kFurthestPoll);
}

}  // namespace

Pace PollStage::pace_of(const Feed& feed) const {
  Pace pace = options_.pace;
  pace.interval = feed.subscription.interval;
  pace.weight = feed.subscription.weight;
  pace.scale = budget_.scale();
  return pace;
}

// The only look at all feeds; from then on the budget is told of each plan that changes.
void PollStage::settle_budget(WallTime now) {
  std::vector<RequestBudget::Demand> demands;
  demands.reserve(feeds_.size());
  for (const auto& [key, feed] : feeds_)
    if (!feed.removed && !feed.subscription.interval)
      demands.push_back(
          demand(feed.row.habit, pace_of(feed), least_interval(feed.row, pace_of(feed)), now));
  budget_.settle(demands);
  for (auto& [key, feed] : feeds_) {
    const Pace pace = pace_of(feed);
    replan(feed, planned_interval(feed.row.habit, pace, least_interval(feed.row, pace), now).wait);
  }
}

void PollStage::replan(Feed& feed, std::chrono::seconds interval) {
  const bool counts = !feed.removed && !feed.subscription.interval && interval > 0s;
  const double a_day = counts ? Days{1} / Days{interval} : 0;
  budget_.replan(feed.planned_a_day, a_day);
  feed.planned_a_day = a_day;
}

void PollStage::set_feeds(std::vector<Subscription> subscriptions,
                          const std::vector<std::pair<FeedKey, storage::PollRow>>& rows,
                          LastRun last_run, Now now) {
  std::unordered_map<FeedKey, const storage::PollRow*> row_of;
  for (const auto& [key, row] : rows) row_of.emplace(key, &row);
  const auto never_polled = std::count_if(
      subscriptions.begin(), subscriptions.end(), [&](const Subscription& subscription) {
        return !row_of.contains(subscription.ref.key) && !feeds_.contains(subscription.ref.key);
      });

  std::unordered_set<FeedKey> wanted;
  for (Subscription& subscription : subscriptions) {
    const FeedKey key = subscription.ref.key;
    wanted.insert(key);
    if (const auto known = feeds_.find(key); known != feeds_.end()) {
      known->second.removed = false;
      known->second.subscription = std::move(subscription);
      continue;
    }
    static const storage::PollRow kNeverPolled;
    const auto stored = row_of.find(key);
    const storage::PollRow& row = stored == row_of.end() ? kNeverPolled : *stored->second;
    const std::string host = feeds::url_host(subscription.ref.url);
    // The gap holds across a restart; after a crash the last request may not be on record.
    const std::chrono::microseconds ago = now.wall - row.last_poll;
    if (!last_run.clean) scheduler_.note_request(host, now.mono);
    if (ago >= 0us && ago < options_.hosts.host_gap) scheduler_.note_request(host, now.mono - ago);
    const MonoTime due = first_due(row, last_run, never_polled, now);
    if (options_.once && due > now.mono) continue;
    add_feed(std::move(subscription), row, due);
  }
  for (auto feed = feeds_.begin(); feed != feeds_.end();) {
    const bool gone = !wanted.contains(feed->first);
    if (gone && feed->second.phase == Phase::scheduled) {
      feed = forget(feed);
    } else {
      feed->second.removed = gone;
      ++feed;
    }
  }
  left_to_poll_ = options_.once ? feeds_.size() : 0;
  settle_budget(now.wall);
}

void PollStage::add_feed(Subscription subscription, const storage::PollRow& row, MonoTime due) {
  const FeedKey key = subscription.ref.key;
  Feed& feed = feeds_[key];
  feed.host = feeds::url_host(subscription.ref.url);
  feed.subscription = std::move(subscription);
  feed.row = row;
  if (row.failures > 0) ++failing_;
  scheduler_.schedule(key, feed.host, due);
}

PollStage::Feeds::iterator PollStage::forget(Feeds::iterator feed) {
  if (feed->second.row.failures > 0) --failing_;
  budget_.replan(feed->second.planned_a_day, 0);
  scheduler_.remove(feed->first);
  return feeds_.erase(feed);
}

MonoTime PollStage::first_due(const storage::PollRow& row, LastRun last_run,
                              std::int64_t never_polled, Now now) {
  const std::chrono::microseconds floor = options_.pace.floor;
  if (row.polls == 0) {
    if (options_.once) return now.mono;
    const auto spread = std::min(floor, kSpreadPerFeed * never_polled);
    const double phase = rng_.uniform(0, static_cast<double>(spread.count()));
    return now.mono + std::chrono::microseconds(static_cast<std::int64_t>(phase));
  }
  // H-72: a feed that was due when the last run died may have been asked without a trace.
  const bool maybe_asked = !last_run.clean && row.next_poll <= now.wall &&
                           row.next_poll >= last_run.last_commit - 2 * options_.total_timeout;
  return maybe_asked ? now.mono + floor : due_time(row, now);
}

bool PollStage::may_start() const {
  return !paused_ && transport_.free_places() > 0 && unparsed_.empty() &&
         backlog_.size() < kMaxBacklog;
}

void PollStage::step(Now now) {
  budget_.step(now.mono);
  flush();
  for (HttpResponse& response : transport_.step(now)) take_response(std::move(response), now);
  for (ParseDone& done : parsers_.step(now)) take_parsed(std::move(done), now);
  while (!unparsed_.empty() && parsers_.free_places() > 0) {
    const FeedKey key = unparsed_.back();
    unparsed_.pop_back();
    submit(key, feeds_.at(key));
  }
  flush();
  start_due(now);
}

void PollStage::start_due(Now now) {
  while (may_start()) {
    const std::optional<FeedKey> key = scheduler_.take_due(now.mono);
    if (!key) return;
    start_poll(*key, feeds_.at(*key));
  }
}

void PollStage::start_poll(FeedKey key, Feed& feed) {
  feed.phase = Phase::fetching;
  ++under_way_;
  ++stats_.polls;
  if (feed.planned_a_day > 0) budget_.count_request();
  HttpRequest request;
  request.id = key;
  request.url = feed.subscription.ref.url;
  request.etag = feed.row.etag;
  request.last_modified = feed.row.last_modified;
  request.validators_url = feed.row.validators_url;
  request.headers = feed.subscription.headers;
  request.allow = feed.subscription.allow;
  transport_.start(std::move(request));
}

void PollStage::take_response(HttpResponse response, Now now) {
  const FeedKey key = response.id;
  Feed& feed = feeds_.at(key);
  assert(feed.phase == Phase::fetching);
  scheduler_.release(key, now.mono);
  feed.fetched_at = now.wall;
  Judgement judged = judge_response(feed.row, response, now.wall, pace_of(feed), rng_);
  spdlog::debug("polled url={} status={} result={} bytes={}", log_value(feed.subscription.ref.url),
                response.status,
                judged.verdict == Verdict::document    ? "document"
                : judged.verdict == Verdict::unchanged ? "unchanged"
                                                       : "failure",
                response.body.size());
  if (judged.verdict != Verdict::document) {
    ++(judged.verdict == Verdict::unchanged ? stats_.unchanged : stats_.failures);
    finish(key, feed, std::move(judged.row), std::nullopt);
    return;
  }
  feed.phase = Phase::parsing;
  feed.response = std::move(response);
  feed.accepted_row = std::move(judged.row);
  if (parsers_.free_places() > 0)
    submit(key, feed);
  else
    unparsed_.push_back(key);
}

void PollStage::submit(FeedKey key, Feed& feed) {
  ParseJob job;
  job.id = key;
  job.request.feed = key;
  job.request.subscribed_url = feed.subscription.ref.url;
  job.request.source.url = feed.response.final_url;
  job.request.source.time_zone = feed.subscription.time_zone;
  job.request.rules = options_.url_rules;
  job.request.source.content_type = feed.response.header("content-type").value_or("");
  // Without the window every entry is read anew and found unchanged by its revision: only slower.
  Result<std::vector<std::uint64_t>> known = known_(key);
  if (known)
    job.request.known_raw = std::move(*known);
  else
    spdlog::error("cannot read a feed's window url={} error={}",
                  log_value(feed.subscription.ref.url), log_value(known.error().message));
  job.body = std::move(feed.response.body);
  feed.response.body.clear();
  parsers_.submit(std::move(job));
}

void PollStage::take_parsed(ParseDone done, Now now) {
  const FeedKey key = done.id;
  Feed& feed = feeds_.at(key);
  assert(feed.phase == Phase::parsing);
  if (done.feed) {
    ++stats_.documents;
    storage::PollRow row = accept_document(std::move(feed.accepted_row), feed.response, *done.feed,
                                           feed.fetched_at, pace_of(feed), rng_);
    finish(key, feed, std::move(row), std::move(*done.feed));
  } else {
    ++stats_.failures;
    finish(key, feed,
           reject_document(feed.row, feed.response, done.feed.error().message, now.wall,
                           pace_of(feed), rng_),
           std::nullopt);
  }
}

// Says what changed, once: a feed that breaks, a feed that heals.
void PollStage::note_health(const Feed& feed, const storage::PollRow& row) const {
  const std::string& url = feed.subscription.ref.url;
  if (feed.row.failures == 0 && row.failures > 0)
    spdlog::info("feed failing url={} error={}", log_value(url), log_value(row.last_error));
  if (feed.row.failures > 0 && row.failures == 0)
    spdlog::info("feed recovered url={} failures={}", log_value(url), feed.row.failures);
}

void PollStage::finish(FeedKey key, Feed& feed, storage::PollRow row,
                       std::optional<feeds::Feed> document) {
  note_health(feed, row);
  if (feed.row.failures > 0) --failing_;
  if (row.failures > 0) ++failing_;
  feed.phase = Phase::committing;
  feed.row = row;
  replan(feed, row.interval);
  feed.response = {};
  backlog_.push_back({key, feed.fetched_at, std::move(row), std::move(document)});
}

bool PollStage::flush() {
  std::size_t sent = 0;
  while (sent < backlog_.size() && sink_(backlog_[sent])) ++sent;
  backlog_.erase(backlog_.begin(), backlog_.begin() + static_cast<std::ptrdiff_t>(sent));
  return backlog_.empty();
}

void PollStage::abandon(Now now) {
  for (auto& [key, feed] : feeds_) {
    if (feed.phase != Phase::fetching && feed.phase != Phase::parsing) continue;
    storage::PollRow row = feed.row;
    ++row.polls;
    row.last_poll = now.wall;
    row.next_poll = now.wall + pace_of(feed).usual();
    feed.fetched_at = now.wall;
    finish(key, feed, std::move(row), std::nullopt);
  }
}

void PollStage::committed(FeedKey key, Now now) {
  const auto place = feeds_.find(key);
  assert(place != feeds_.end() && place->second.phase == Phase::committing);
  Feed& feed = place->second;
  feed.phase = Phase::scheduled;
  --under_way_;
  if (left_to_poll_ > 0) --left_to_poll_;
  if (feed.removed) {
    forget(place);
  } else if (!options_.once) {
    scheduler_.schedule(key, feed.host, due_time(feed.row, now));
  }
}

std::optional<MonoTime> PollStage::next_wakeup() const {
  // A feed that is due has to wait for what is under way, or for the end of the pause.
  return may_start() ? scheduler_.next_wakeup() : std::nullopt;
}

bool PollStage::idle() const { return under_way_ == 0 && left_to_poll_ == 0; }

std::vector<std::pair<std::string, std::string>> PollStage::failing() const {
  std::vector<std::pair<std::string, std::string>> list;
  for (const auto& [key, feed] : feeds_)
    if (feed.row.failures > 0) list.emplace_back(feed.subscription.ref.url, feed.row.last_error);
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace feedwire::daemon
