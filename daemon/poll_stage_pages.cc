// The older pages of feeds, by which the poll stage closes gaps (identity rule I-18). Requests for
// them go through the scheduler as polls do, so that their host's gap is kept (H-70), and what they
// bring is committed between two polls of their feed.

#include <spdlog/spdlog.h>

#include <algorithm>

#include "daemon/backfill_policy.h"
#include "daemon/log_feed.h"
#include "daemon/log_text.h"
#include "daemon/poll_stage.h"
#include "feeds/url.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using storage::Backfill;

// No page waits longer, unless a clock was wrong.
constexpr std::chrono::microseconds kFurthestPage = kRetryAfterCap;
constexpr std::chrono::microseconds kBusyPause = 1s;      // while its feed is being polled
constexpr std::chrono::microseconds kOfflinePause = 60s;  // while no host can be reached

// Where the page of a feed has its place in the scheduler, beside the feed's own.
FeedKey page_id(FeedKey feed) { return ~feed; }

bool is_under_way(const Rare<Backfill>& backfill) {
  return backfill && backfill->end == Backfill::End::none;
}

// Whether what was asked for `asked` is what the feed still wants.
bool is_wanted(const Rare<Backfill>& backfill, const Backfill& asked) {
  return is_under_way(backfill) && backfill->to == asked.to && backfill->page == asked.page;
}

// Until when the feed's host wanted to be left alone when the feed was polled; epoch = it did not.
WallTime asked_patience(const storage::PollRow& row) {
  if (row.failures == 0) return {};
  return row.last_status == 429 ? row.next_poll : row.last_poll + row.retry_after;
}

}  // namespace

// A document was committed: whether entries were missed before it, and are to be looked for.
void PollStage::learn_backfill(FeedKey key, Feed& feed) {
  if (!std::exchange(feed.may_have_gap, false) || !known_.backfill) return;
  Result<Rare<Backfill>> told = known_.backfill(key);
  if (told) {
    tell_backfill(feed, *told);
    feed.row.backfill = std::move(*told);
  } else {
    SPDLOG_ERROR("cannot read a feed's row url={} error={}", log_feed(feed.subscription.ref),
                 log_value(told.error().message));
  }
}

// One line when it ends.
void PollStage::tell_backfill(const Feed& feed, const Rare<Backfill>& now) {
  const Rare<Backfill>& before = feed.row.backfill;
  const auto tell = [&](const Backfill& gap, std::string_view end) {
    SPDLOG_INFO("{} url={} from={} to={} pages={} entries={} reason={}",
                gap.end == Backfill::End::closed ? "gap closed" : "gap stays open",
                log_feed(feed.subscription.ref), format_time(gap.from), format_time(gap.to),
                gap.pages, gap.entries, end);
  };
  const bool is_another = is_under_way(before) && now && now->to != before->to;
  if (is_another) tell(*before, "another-gap");
  if (now && !is_under_way(now) && is_under_way(before)) tell(*now, backfill_end_name(now->end));
  if (is_under_way(now) && (is_another || !is_under_way(before)))
    SPDLOG_DEBUG("gap, older pages are asked for url={} page={}", log_feed(feed.subscription.ref),
                 log_value(now->page));
}

// A feed that was there before this run. A daemon that was killed may have asked without a trace
// (H-72).
void PollStage::take_backfill(FeedKey key, Feed& feed, const storage::Crash& crash, Now now) {
  if (!is_under_way(feed.row.backfill)) return;
  Backfill& backfill = *feed.row.backfill;
  const std::chrono::microseconds ago = now.wall - backfill.last_ask;
  if (ago >= 0us && ago < options_.hosts.host_gap) {
    scheduler_.note_request(feed.host, now.mono - ago);
    scheduler_.note_request(feeds::url_host(backfill.page), now.mono - ago);
  }
  if (const auto rest = rest_after(crash, now); rest > 0us && backfill.last_ask < crash.noticed)
    backfill.next_ask = std::max<WallTime>(backfill.next_ask, now.wall + rest);
  plan_page(key, feed, now);
}

void PollStage::plan_page(FeedKey key, const Feed& feed, Now now) {
  const FeedKey id = page_id(key);
  const auto known = pages_.find(id);
  if (known != pages_.end() && known->second.phase != PageErrand::Phase::planned) return;
  const Rare<Backfill>& backfill = feed.row.backfill;
  std::chrono::microseconds wait{};
  if (backfill && backfill->next_ask != WallTime{})
    wait = std::clamp<std::chrono::microseconds>(backfill->next_ask - now.wall, 0us, kFurthestPage);
  // `once` does not wait for what has failed.
  if (!is_under_way(backfill) || !is_polled(feed) || (options_.once && wait > 0us)) {
    if (known != pages_.end()) end_page(known);
    return;
  }
  PageErrand& errand = pages_[id];
  errand.feed = key;
  errand.host = feeds::url_host(backfill->page);
  scheduler_.schedule(id, errand.host, now.mono + wait);
}

void PollStage::end_page(Pages::iterator errand) {
  scheduler_.remove(errand->first);
  pages_.erase(errand);
}

// The feed is forgotten.
void PollStage::leave_page(FeedKey key) {
  const auto place = pages_.find(page_id(key));
  // Else an answer is to come.
  if (place != pages_.end() && place->second.phase == PageErrand::Phase::planned) end_page(place);
}

// The scheduler says that it is time, and that the host may be asked.
void PollStage::run_page(Pages::iterator place, Now now) {
  PageErrand& errand = place->second;
  Feed& feed = feeds_.at(errand.feed);
  const auto wait_until = [&](MonoTime time) {
    scheduler_.release(place->first, now.mono);
    scheduler_.schedule(place->first, errand.host, time);
  };
  if (outage_.offline()) return wait_until(now.mono + kOfflinePause);
  if (transport_.crowded()) return wait_until(now.mono + kBusyPause);  // archives may be large
  if (const auto until = holds_.held_until(errand.host, now.mono)) return wait_until(*until);
  if (feed.phase != Phase::scheduled) return wait_until(now.mono + kBusyPause);
  const WallTime patience = errand.host == feed.host ? asked_patience(feed.row) : WallTime{};
  if (patience > now.wall) return wait_until(now.mono + (patience - now.wall));
  if (!is_under_way(feed.row.backfill) || !is_polled(feed)) {
    scheduler_.release(place->first, now.mono);
    return end_page(place);
  }
  errand.phase = PageErrand::Phase::asking;
  errand.backfill = *feed.row.backfill;
  errand.backfill.next_ask = {};
  errand.asked_at = now.mono;
  errand.document.reset();
  errand.patience = {};
  if (feed.budgeted_a_day > 0) budget_.count_request();
  HttpRequest request;
  request.id = place->first;
  request.url = errand.backfill.page;
  request.home_url = feed.subscription.ref.url;
  request.headers = feed.subscription.headers;
  request.allow = feed.subscription.allow;
  ask(std::move(request));
}

void PollStage::take_page_answer(HttpResponse response, Now now) {
  const auto place = pages_.find(response.id);
  PageErrand& errand = place->second;
  if (response.status == 429) scheduler_.widen_gap(place->first, now.mono);
  // Else once it is parsed: until then it is not on record, and no later request is to be.
  if (!is_page(response)) scheduler_.release(place->first, now.mono);
  watch_network(errand.host, response, now);
  errand.answered = now;
  errand.backfill.last_ask = now.wall;
  if (outage_.offline() && !options_.once && OutageDetector::is_network_error(response.error)) {
    fetches_.end(failure_of(response));
    record_page(errand, response, storage::PollVerdict::offline);
    errand.phase = PageErrand::Phase::planned;
    if (!feeds_.contains(errand.feed)) return end_page(place);
    return scheduler_.schedule(place->first, errand.host, now.mono + kOfflinePause);
  }
  answered_pages_.push_back(place->first);
  if (!is_page(response)) return fail_page(errand, response, false);
  note_page_patience(errand, response);
  errand.response = std::move(response);
  errand.phase = PageErrand::Phase::waiting;
}

void PollStage::fail_page(PageErrand& errand, const HttpResponse& response, bool unreadable) {
  errand.phase = PageErrand::Phase::done;
  fetches_.end(unreadable ? FetchResult::parse_error : failure_of(response));
  const WallTime now = errand.answered.wall;
  note_page_failure(errand.backfill, response, unreadable, options_.pace.floor, now, rng_);
  errand.patience = page_patience(response, now);
  if (!unreadable) note_page_patience(errand, response);
  record_page(errand, response, storage::PollVerdict::failure);
}

// What the answer says of its host, as that of a poll would (H-56).
void PollStage::note_page_patience(const PageErrand& errand, const HttpResponse& response) {
  if (!is_refusal(response)) {
    if (response.status >= 200 && response.status < 500) holds_.accept(errand.host);
    return;
  }
  if (!may_hold(errand.host, response)) return;
  const WallTime until = std::max(errand.patience, errand.backfill.next_ask);
  const Now& now = errand.answered;
  holds_.refuse(errand.host, errand.feed, now.mono, now.mono + (until - now.wall));
}

void PollStage::serve_pages(Now now) {
  std::erase_if(answered_pages_, [&](FeedKey id) {
    const auto place = pages_.find(id);
    PageErrand& errand = place->second;
    if (errand.phase == PageErrand::Phase::waiting &&
        parsers_.free_places(errand.response.body.size()) > 0)
      submit_page(id, errand);
    if (errand.phase != PageErrand::Phase::done || !settle_page(errand)) return false;
    errand.phase = PageErrand::Phase::planned;
    const auto feed = feeds_.find(page_id(id));
    if (feed == feeds_.end())
      end_page(place);
    else if (feed->second.phase == Phase::scheduled)  // else committed() does it
      plan_page(feed->first, feed->second, now);
    return true;
  });
}

void PollStage::submit_page(FeedKey id, PageErrand& errand) {
  const auto feed = feeds_.find(errand.feed);
  if (feed == feeds_.end()) {
    scheduler_.release(id, errand.answered.mono);
    errand.phase = PageErrand::Phase::done;
    return;
  }
  ParseJob job = job_of(feed->first, feed->second);
  job.id = id;
  job.request.known_raw.clear();  // by the time of the commit the window may be another one
  job.request.source.url = errand.response.final_url;
  job.request.source.content_type = errand.response.header("content-type").value_or("");
  job.body = std::move(errand.response.body);
  errand.response.body.clear();
  errand.phase = PageErrand::Phase::parsing;
  parsers_.submit(std::move(job));
}

void PollStage::take_parsed_page(PageErrand& errand, ParseDone done) {
  const HttpResponse response = std::exchange(errand.response, {});
  if (!done.feed) return fail_page(errand, response, true);
  fetches_.end(FetchResult::ok);
  errand.document = std::move(*done.feed);
  errand.phase = PageErrand::Phase::done;
  record_page(errand, response, storage::PollVerdict::document);
}

// Commits what a page has come to, once nothing else of its feed is on its way to the store. False:
// not yet.
bool PollStage::settle_page(PageErrand& errand) {
  const auto place = feeds_.find(errand.feed);
  if (place == feeds_.end()) return true;
  Feed& feed = place->second;
  if (feed.phase != Phase::scheduled) return false;
  Rare<Backfill>& backfill = feed.row.backfill;
  const bool holds = hold_feed(feed, errand);
  const bool wanted = is_wanted(backfill, errand.backfill);
  if (!wanted && !holds) return true;
  if (wanted && !errand.document) tell_backfill(feed, errand.backfill);
  if (wanted) backfill = errand.backfill;
  scheduler_.park(place->first, feed.host);
  keep_row(place->first, feed, errand.answered.wall);
  feed.keeps_page = true;
  if (!wanted || !errand.document) return true;
  feed.may_have_gap = true;
  storage::PollOutcome& outcome = backlog_.back();
  outcome.document = std::exchange(errand.document, std::nullopt);
  outcome.page = true;
  outcome.older_page = older_page(feed, backfill->pages + 3);
  return true;
}

// Who asks for patience when he is asked for a page means the feed too, if it is his.
bool PollStage::hold_feed(Feed& feed, const PageErrand& errand) {
  storage::PollRow& row = feed.row;
  if (errand.host != feed.host || errand.patience <= row.next_poll || !is_polled(feed))
    return false;
  row.next_poll = errand.patience;
  row.rule = storage::PollRule::retry_after;
  row.retry_after = std::chrono::ceil<std::chrono::seconds>(errand.patience - row.last_poll);
  return true;
}

// Where the page with this number is, if the operator says that there are such; the feed is the
// first.
std::string PollStage::older_page(const Feed& feed, std::uint32_t number) const {
  return feed.subscription.paged ? numbered_page(place_of(feed), number) : std::string();
}

// Before a clean stop: what is under way counts as asked for.
void PollStage::abandon_pages(Now now) {
  for (auto& [id, errand] : pages_) {
    const auto place = feeds_.find(errand.feed);
    if (errand.phase == PageErrand::Phase::planned || place == feeds_.end()) continue;
    if (errand.phase == PageErrand::Phase::done && settle_page(errand)) continue;
    if (errand.phase == PageErrand::Phase::asking) errand.answered = now;
    if (errand.phase != PageErrand::Phase::done)
      record_page(errand, errand.response, storage::PollVerdict::abandoned);
    Feed& feed = place->second;
    if (!is_wanted(feed.row.backfill, errand.backfill)) continue;
    feed.row.backfill->last_ask = errand.answered.wall;
    feed.row.backfill->next_ask = now.wall + pace_of(feed).usual();
    if (feed.phase == Phase::scheduled) keep_row(place->first, feed, now.wall);
  }
}

}  // namespace feedwire::daemon
