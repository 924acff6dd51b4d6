#include "daemon/poll_stage.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cassert>

#include "daemon/feed_turns.h"
#include "daemon/log_feed.h"
#include "daemon/log_text.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;

// While our network is down, one feed is tried so often; once it is back, those that are due are
// spread over so long (H-62).
constexpr std::chrono::microseconds kProbeGap = 60s, kRecoverySpread = 15min;
// Outcomes kept here while the store is busy; more, and no new poll is started.
constexpr std::size_t kMaxBacklog = 64;
// Between two tries to poll a feed that may bring a large document, while there is no room for it.
constexpr std::chrono::microseconds kLargePause = 1s;

}  // namespace

bool PollStage::has_room() const {
  return !paused_ && transport_.free_places() > 0 && unparsed_usual_ == 0 &&
         backlog_.size() < kMaxBacklog;
}

bool PollStage::may_start(MonoTime now) const {
  return has_room() && (!outage_.offline() || now >= next_probe_);
}

void PollStage::step(Now now) {
  clock_steps_.note(now);
  budget_.step(now.mono);
  flush();
  for (HttpResponse& response : transport_.step(now)) take_response(std::move(response), now);
  for (ParseDone& done : parsers_.step(now)) take_parsed(std::move(done), now);
  serve_unparsed();
  serve_pushes();
  serve_pages(now);
  flush();
  start_due(now);
  const MonoTime next = scheduler_.next_wakeup().value_or(now.mono);
  fetches_.set_lag(now.mono - std::min(next, now.mono));
}

void PollStage::start_due(Now now) {
  while (may_start(now.mono)) {
    const std::optional<FeedKey> key = scheduler_.take_due(now.mono);
    if (!key) return;
    if (const auto errand = hubs_.find(*key); errand != hubs_.end()) {
      run_errand(errand, now);
      continue;
    }
    if (const auto page = pages_.find(*key); page != pages_.end()) {
      run_page(page, now);
      continue;
    }
    if (waits_for_host(*key, feeds_.at(*key), now)) continue;
    if (waits_for_large_ones(*key, feeds_.at(*key), now.mono)) continue;
    if (outage_.offline()) next_probe_ = now.mono + kProbeGap;
    start_poll(*key, feeds_.at(*key), now);
  }
}

void PollStage::start_poll(FeedKey key, Feed& feed, Now now) {
  if (feed.row.hub && std::exchange(feed.row.hub->awaits_poll, false) &&
      feed.cause == storage::PollCause::schedule)
    feed.cause = storage::PollCause::confirmed;
  feed.asked_at = now.mono;
  feed.phase = Phase::fetching;
  ++under_way_;
  ++stats_.polls;
  if (feed.budgeted_a_day > 0) budget_.count_request();
  HttpRequest request;
  request.id = key;
  request.url = place_of(feed);
  request.home_url = feed.subscription.ref.url;
  if (!doubts_validators(feed.row, now.wall)) {
    request.etag = feed.row.etag;
    request.last_modified = feed.row.last_modified;
  }
  request.http1 = avoids_http2(feed, now);
  request.validators_url = feed.row.validators_url;
  request.headers = feed.subscription.headers;
  request.allow = feed.subscription.allow;
  request.keep_connection = !options_.once && scheduler_.is_asked_again_soon(key);
  ask(std::move(request));
}

void PollStage::ask(HttpRequest request) {
  fetches_.start();
  transport_.start(std::move(request));
}

// At each poll: nothing is put together that nobody is to read.
void PollStage::tell_polled(const Feed& feed, const HttpResponse& response,
                            const Judgement& judged) {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  SPDLOG_DEBUG("polled url={} status={} result={} bytes={}",
               log_fetch(feed.subscription.ref, judged.row.polls), response.status,
               judged.verdict == Verdict::document    ? "document"
               : judged.verdict == Verdict::unchanged ? "unchanged"
                                                      : "failure",
               response.body.size());
}

void PollStage::take_response(HttpResponse response, Now now) {
  const FeedKey key = response.id;
  fetches_.answer(response);
  if (hubs_.contains(key)) return take_hub_answer(response, now);
  if (pages_.contains(key)) return take_page_answer(std::move(response), now);
  Feed& feed = feeds_.at(key);
  assert(feed.phase == Phase::fetching);
  if (response.status == 429) scheduler_.widen_gap(key, now.mono);
  scheduler_.release(key, now.mono);
  if (note_outage(key, feed, response, now)) return;
  feed.fetched_at = now.wall;
  watch_portals(key, feed, response, now.mono);
  begin_record(key, feed, response, now);
  Judgement judged = judge_response(feed.row, response, now.wall, pace_of(feed), rng_);
  note_patience(key, feed, response, judged.row, now);
  note_server(key, response, judged.row, now);
  tell_polled(feed, response, judged);
  feed.response = std::move(response);
  if (judged.verdict != Verdict::document) {
    const bool unchanged = judged.verdict == Verdict::unchanged;
    ++(unchanged ? stats_.unchanged : stats_.failures);
    fetches_.end(unchanged ? FetchResult::not_modified : failure_of(feed.response));
    if (unchanged) note_target(key, feed, feed.response, nullptr, judged.row.life);
    finish(key, feed, std::move(judged.row),
           unchanged ? storage::PollVerdict::unchanged : storage::PollVerdict::failure);
    return;
  }
  feed.phase = Phase::parsing;
  feed.accepted_row = std::make_unique<storage::PollRow>(std::move(judged.row));
  feed.large = feed.response.body.size() > kLargeBody;
  if (parsers_.free_places(feed.response.body.size()) > 0)
    submit(key, feed);
  else
    await_parsers(key, feed);
}

void PollStage::await_parsers(FeedKey key, Feed& feed) {
  unparsed_usual_ += feed.large ? 0 : 1;
  unparsed_.push_back(key);
}

void PollStage::serve_unparsed() {
  std::erase_if(unparsed_, [this](FeedKey key) {
    Feed& feed = feeds_.at(key);
    if (parsers_.free_places(feed.response.body.size()) == 0) return false;
    unparsed_usual_ -= feed.large ? 0 : 1;
    submit(key, feed);
    return true;
  });
}

// While large bodies fill their places, feeds that may bring another one are put off, and no
// others.
bool PollStage::waits_for_large_ones(FeedKey key, const Feed& feed, MonoTime now) {
  if (!transport_.crowded()) return false;
  const bool may_be_large =
      feed.large || feed.row.failures > 0 || feed.row.last_success == WallTime{};
  if (!may_be_large) return false;
  scheduler_.release(key, now);
  schedule(key, feed, now + kLargePause);
  return true;
}

void PollStage::watch_network(const std::string& host, const HttpResponse& response, Now now) {
  if (!outage_.note(host, response.error)) return;
  offline_since_ = outage_.offline() ? now.wall : WallTime{};
  if (outage_.offline()) {
    SPDLOG_WARN("offline error={}", log_value(response.error_message));
    next_probe_ = now.mono + kProbeGap;
  } else {
    SPDLOG_INFO("online again");
    spread_due(now);
  }
}

// Whether the answer is none, through no fault of the feed: it is due again.
bool PollStage::note_outage(FeedKey key, Feed& feed, const HttpResponse& response, Now now) {
  watch_network(feed.host, response, now);
  // `once` has only this try.
  if (!outage_.offline() || options_.once || !OutageDetector::is_network_error(response.error))
    return false;
  ++stats_.failures;
  fetches_.end(failure_of(response));
  begin_record(key, feed, response, now);
  end_record(feed, feed.row, storage::PollVerdict::offline);
  feed.cause = storage::PollCause::schedule;
  tell_waiting(key, Error{ErrorCode::busy, "no host can be reached; it is tried again on its own"});
  feed.phase = Phase::scheduled;
  --under_way_;
  if (feed.removed)
    forget(feeds_.find(key));
  else
    schedule(key, feed, now.mono);
  return true;
}

void PollStage::spread_due(Now now) {
  for (const auto& [key, feed] : feeds_)
    if (feed.phase == Phase::scheduled && is_polled(feed) && due_of(feed.row, now) <= now.mono)
      schedule(key, feed, now.mono + random_part(kRecoverySpread));
}

// All but the body and what it came with.
ParseJob PollStage::job_of(FeedKey key, const Feed& feed) const {
  ParseJob job;
  job.id = key;
  job.request.feed = key;
  job.request.subscribed_url = feed.subscription.ref.url;
  job.request.source.time_zone = feed.subscription.time_zone;
  job.request.rules = options_.url_rules;
  // Without the window every entry is read anew and found unchanged by its revision: only slower.
  Result<std::vector<std::uint64_t>> known = known_.hashes(key);
  if (known)
    job.request.known_raw = std::move(*known);
  else
    SPDLOG_ERROR("cannot read a feed's window url={} error={}", log_feed(feed.subscription.ref),
                 log_value(known.error().message));
  return job;
}

void PollStage::submit(FeedKey key, Feed& feed) {
  ParseJob job = job_of(key, feed);
  job.request.source.url = feed.response.final_url;
  job.request.source.content_type = feed.response.header("content-type").value_or("");
  job.request.find_linked = may_be_page(feed);
  job.body = std::move(feed.response.body);
  feed.response.body.clear();
  parsers_.submit(std::move(job));
}

void PollStage::take_parsed(ParseDone done, Now now) {
  const FeedKey key = done.id;
  if (const auto errand = hubs_.find(key); errand != hubs_.end())
    return take_parsed_push(errand, std::move(done));
  if (const auto page = pages_.find(key); page != pages_.end()) {
    scheduler_.release(key, now.mono);
    return take_parsed_page(page->second, std::move(done));
  }
  const auto place = feeds_.find(key);
  if (place == feeds_.end()) return;  // pushed for a subscription that is no more
  Feed& feed = place->second;
  assert(feed.phase == Phase::parsing);
  if (done.feed) {
    ++stats_.documents;
    fetches_.end(FetchResult::ok);
    storage::PollRow row = accept_document(std::move(*feed.accepted_row), feed.response, *done.feed,
                                           feed.fetched_at, pace_of(feed), rng_);
    note_target(key, feed, feed.response, &*done.feed, row.life);
    finish(key, feed, std::move(row), storage::PollVerdict::document, std::move(*done.feed));
  } else if (follow_page(key, feed, done, now.wall)) {
    fetches_.end(FetchResult::ok);
  } else {
    ++stats_.failures;
    fetches_.end(FetchResult::parse_error);
    finish(key, feed,
           reject_document(feed.row, feed.response, std::move(done.feed).error().message, now.wall,
                           pace_of(feed), rng_),
           storage::PollVerdict::failure);
  }
}

// Says what changed, once: a feed that breaks, a feed that heals.
void PollStage::note_health(const Feed& feed, const storage::PollRow& row) const {
  const storage::FeedRef& ref = feed.subscription.ref;
  if (feed.row.failures == 0 && row.failures > 0)
    SPDLOG_INFO("feed failing url={} error={}", log_fetch(ref, row.polls),
                log_value(row.last_error));
  if (!feed.row.life.gone && row.life.gone)
    SPDLOG_INFO("feed gone, polled no more url={} since={}", log_fetch(ref, row.polls),
                format_time(row.life.gone_since));
  if (feed.row.failures > 0 && row.failures == 0)
    SPDLOG_INFO("feed recovered url={} failures={}", log_fetch(ref, row.polls), feed.row.failures);
}

void PollStage::finish(FeedKey key, Feed& feed, storage::PollRow row, storage::PollVerdict verdict,
                       std::optional<feeds::Feed> document) {
  carry_hub(feed, row, verdict, document ? &*document : nullptr);
  note_health(feed, row);
  end_record(feed, row, verdict);
  if (feed.row.failures > 0) --failing_;
  if (row.failures > 0) ++failing_;
  feed.cause = storage::PollCause::schedule;
  feed.phase = Phase::committing;
  std::vector<storage::FeedTurn> turns = turns_between(feed.subscription.ref.url, feed.row, row);
  const std::string place = place_of(feed);
  const auto before = storage::PollBefore::of(feed.row);
  feed.row = row;
  change_place(key, feed, place);
  replan(feed, row.interval);
  const bool partial = is_delta(feed.response);
  feed.may_have_gap = document.has_value();
  std::string older = older_page(feed, 2);
  feed.response = {};
  feed.accepted_row.reset();
  backlog_.push_back(
      {key, feed.fetched_at, std::move(row), std::move(document), std::move(turns), partial});
  backlog_.back().older_page = std::move(older);
  backlog_.back().before = before;
}

bool PollStage::flush() {
  std::size_t sent = 0;
  while (sent < backlog_.size() && sink_(backlog_[sent])) ++sent;
  backlog_.erase(backlog_.begin(), backlog_.begin() + static_cast<std::ptrdiff_t>(sent));
  return backlog_.empty();
}

void PollStage::abandon(Now now) {
  abandon_pages(now);
  for (auto& [key, feed] : feeds_) {
    if (feed.phase != Phase::fetching && feed.phase != Phase::parsing) continue;
    storage::PollRow row = feed.row;
    ++row.polls;
    row.last_poll = now.wall;
    const Pace pace = pace_of(feed);
    row.next_poll = now.wall + std::max(pace.usual(), least_interval(row, pace).wait);
    feed.fetched_at = now.wall;
    if (!feed.record) begin_record(key, feed, HttpResponse(), now);
    finish(key, feed, std::move(row), storage::PollVerdict::abandoned);
  }
}

void PollStage::committed(FeedKey key, Now now) {
  const auto place = feeds_.find(key);
  assert(place != feeds_.end() && place->second.phase == Phase::committing);
  Feed& feed = place->second;
  feed.phase = Phase::scheduled;
  --under_way_;
  answer_pusher(key);
  const bool polled = !std::exchange(feed.kept, false);
  // The page that was subscribed has been read, the feed is to come: the poll is not over.
  const bool goes_on = !feed.removed && is_polled(feed) && has_turn(key, feed) &&
                       feed.row.rule == storage::PollRule::discovered;
  const bool was_page = std::exchange(feed.keeps_page, false);
  if (left_to_poll_ > 0 && !goes_on && !was_page) --left_to_poll_;
  learn_backfill(key, feed);
  if (feed.removed) {
    forget(place);
    regroup_left(now);
  } else if (!options_.once) {
    const bool is_ordered = feed.cause != storage::PollCause::schedule;  // meanwhile
    schedule(key, feed, is_ordered ? now.mono : due_of(feed.row, now));
    if (feed.unsaved) keep_hub(key, feed, now);
    regroup_around(key, feed, now);
    plan_hub(key, feed, now);
  } else if (goes_on) {
    schedule(key, feed, now.mono);
  }
  if (const auto left = feeds_.find(key); left != feeds_.end()) plan_page(key, left->second, now);
  if (polled && !goes_on) tell_waiting(key, {});
}

std::optional<MonoTime> PollStage::next_wakeup() const {
  // A feed that is due has to wait for what is under way, or for the end of the pause.
  if (!has_room()) return std::nullopt;
  const std::optional<MonoTime> next = scheduler_.next_wakeup();
  return next && outage_.offline() ? std::max(*next, next_probe_) : next;
}

bool PollStage::idle() const {
  return under_way_ == 0 && left_to_poll_ == 0 && (!options_.once || pages_.empty());
}

std::vector<std::pair<std::string, std::string>> PollStage::failing() const {
  std::vector<std::pair<std::string, std::string>> list;
  for (const auto& [key, feed] : feeds_)
    if (feed.row.failures > 0) list.emplace_back(feed.subscription.ref.url, feed.row.last_error);
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace feedwire::daemon
