#include "storage/politeness.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "feeds/url.h"
#include "storage/announced_wait.h"
#include "storage/event.h"

namespace feedwire::storage {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::size_t kMaxRedirects = 5;
constexpr std::uint32_t kMaxRepeats = 5;
constexpr std::uint32_t kMonthsFailures = 30;
constexpr std::uint32_t kMoves = 3;
constexpr microseconds kMovesTime = 7 * 24h, kHostSpan = 10min;
constexpr microseconds kDomainGap = 1s, kDay = 24h, kMonth = 30 * kDay, kManualGap = 60s;
// Two clocks are read one after the other.
constexpr microseconds kTolerance = 2ms;

bool is_success(const PollRecord& record) {
  return record.verdict == PollVerdict::document || record.verdict == PollVerdict::unchanged;
}

microseconds backoff_base(const PollRecord& record) {
  if (!record.error.empty()) return 15min;
  switch (record.status) {
    case 200:  // no feed
    case 404:
    case 410:
      return 1h;
    case 401:
    case 403:
    case 451:
      return 6h;
    default:
      return 15min;
  }
}

bool is_permanent(const PollRecord::Hop& hop) { return hop.status == 301 || hop.status == 308; }

// Whether they differ in the scheme, and in the port that goes with it, alone.
bool is_upgrade(std::string_view from, std::string_view to) {
  const feeds::UrlParts before = feeds::split_url(from), after = feeds::split_url(to);
  return before.scheme == "http" && after.scheme == "https" &&
         feeds::url_host(from) == feeds::url_host(to) && before.path == after.path &&
         before.query == after.query;
}

std::string in_seconds(microseconds span) {
  return fmt::format("{:.1f} s", std::chrono::duration<double>(span).count());
}

}  // namespace

PolitenessCheck::Moment PolitenessCheck::end_of(const PollRecord& record) {
  return {record.at, record.run, record.uptime};
}

// From `end` to the start of the request. Between two processes both clocks are asked, lest one
// that was set, or began anew with the machine, makes the time look shorter than it was.
std::optional<microseconds> PolitenessCheck::between(const Moment& end, const PollRecord& record) {
  const microseconds by_uptime = record.uptime - record.took - end.uptime;
  if (end.run == record.run) return by_uptime;
  const microseconds by_wall = record.at - record.took - end.wall;
  return by_wall < 0us ? std::nullopt : std::optional(std::max(by_wall, by_uptime));
}

void PolitenessCheck::report(std::string_view code, const PollRecord& record,
                             const std::string& what) {
  findings_.add(code, fmt::format("{} request {} of {} {}: {}", code, record.poll,
                                  feed_id(record.feed), record.url, what));
}

void PolitenessCheck::add(const PollRecord& record) {
  count(record);
  check_redirects(record);
  check_cookie(record);
  check_peers(record);
  check_place(hosts_, record.host, record.host_gap, record);
  check_place(domains_, feeds::registrable_domain(record.host),
              std::min<microseconds>(kDomainGap, record.host_gap), record);
  if (record.cause == PollCause::hub) return;  // the feed was not asked
  check_answer(record);
  check_hold(record);
  check_shared_place(record);
  Feed& feed = feeds_[record.feed];
  if (record.cause == PollCause::backfill) return check_older_page(feed, record);
  if (feed.pages) check_after_page(*feed.pages, record);
  const bool follows = record.previous == feed.last.noted;
  if (!follows) forget_answers(feed);
  check_validators(feed, record);
  if (record.verdict == PollVerdict::page) check_page(feed, record);
  if (follows) check_place_change(feed, record);
  if (follows)
    check_due(feed, record);
  else if (record.poll <= feed.last.poll)
    check_wait(feed, record, {feed.last.interval, "H-72", "the operator's floor or interval"});
  if (record.verdict != PollVerdict::offline) learn(feed, record);
}

// Of a feed whose last record is not the one before, nothing is known but when that was: records
// are missing, or a daemon was killed before it had committed what it asked, and its successor asks
// again under the same number.
void PolitenessCheck::forget_answers(Feed& feed) {
  feed.knows_validators = false;
  feed.failures = feed.repeats = 0;
  feed.gone_since = {};
  feed.gone = feed.is_whole = false;
  feed.strain = 0s;
}

void PolitenessCheck::count(const PollRecord& record) {
  ++summary_.requests;
  summary_.bytes += record.bytes;
  if (record.status == 429) ++summary_.too_many;
  if (record.cause == PollCause::hub || record.cause == PollCause::backfill) return;
  if (record.verdict == PollVerdict::document) ++summary_.documents;
  if (record.verdict == PollVerdict::failure) ++summary_.failures;
  if (record.verdict == PollVerdict::unchanged)
    ++(record.status == 304 ? summary_.not_modified : summary_.same_body);
}

void PolitenessCheck::check_answer(const PollRecord& record) {
  const bool conditional = !record.if_none_match.empty() || !record.if_modified_since.empty();
  if (record.status == 304 && !conditional && is_success(record))
    report("H-19", record, "a 304 that nobody asked for was taken for an answer");
  if (is_success(record) && (record.status >= 400 || !record.error.empty()))
    report(record.status >= 500 || record.status == 0 ? "H-49" : "H-47", record,
           fmt::format("status {} {} was taken for success", record.status, record.error));
}

void PolitenessCheck::check_redirects(const PollRecord& record) {
  if (record.hops.size() > kMaxRedirects)
    report("H-64", record, fmt::format("{} redirects were followed", record.hops.size()));
  std::set<std::string> seen;
  std::string from = record.url;
  for (const PollRecord::Hop& hop : record.hops) {
    seen.insert(from);
    // The last one may be why the poll failed; those before it were followed.
    const bool followed = &hop != &record.hops.back() || is_success(record);
    if (followed && seen.contains(hop.to)) report("H-64", record, "a redirect in a circle");
    if (followed && from.starts_with("https:") && hop.to.starts_with("http:"))
      report("H-64", record, fmt::format("from https to {}", hop.to));
    from = hop.to;
  }
}

// H-70, for a host or a domain.
void PolitenessCheck::check_place(std::unordered_map<std::string, Moment>& places,
                                  const std::string& place, microseconds gap,
                                  const PollRecord& record) {
  const auto [known, is_new] = places.try_emplace(place);
  if (!is_new) {
    const std::optional<microseconds> pause = between(known->second, record);
    if (pause && *pause < gap - kTolerance)
      report("H-70", record,
             fmt::format("{} was asked {} after the end of the request before, not {}", place,
                         in_seconds(*pause), in_seconds(gap)));
  }
  known->second = end_of(record);
}

// H-56, within one run: another one may not know of the hold.
void PolitenessCheck::check_hold(const PollRecord& record) {
  if (record.own_scope) return;
  const bool refused = record.status == 429 || record.status == 503;
  if (!refused && !patience_.contains(record.host)) return;
  Patience& known = patience_[record.host];
  if (known.run != record.run) known = {};
  const bool too_early = record.uptime - record.took < known.held - kTolerance;
  if (too_early && record.cause != PollCause::forced)
    report("H-56", record, fmt::format("{} had asked two feeds for patience", record.host));
  if (!refused && record.status >= 200 && record.status < 500) known = {};
  if (!refused) return;
  const microseconds until = record.uptime + (record.next_poll - record.at);
  const bool another = known.feed != 0 && known.feed != record.feed;
  if (known.held > 0us)
    known.held = std::max(known.held, until);
  else if (another && record.uptime - known.at <= kHostSpan)
    known.held = std::max(known.until, until);
  known.run = record.run;
  known.feed = record.feed;
  known.at = record.uptime;
  known.until = until;
}

void PolitenessCheck::check_validators(const Feed& feed, const PollRecord& record) {
  const bool sent = !record.if_none_match.empty() || !record.if_modified_since.empty();
  if (record.poll == 1 && sent) return report("H-10", record, "the first one was conditional");
  if (!feed.knows_validators) return;
  const bool answered = record.status != 0;
  const bool elsewhere = record.final_url != feed.validators_url;
  if (sent && elsewhere && answered)
    return report(
        "H-18", record,
        fmt::format("validators of {} were sent to {}", feed.validators_url, record.final_url));
  const bool has_any = !feed.etag.empty() || !feed.last_modified.empty();
  if (record.doubts && !sent && has_any && answered && !elsewhere) return check_doubt(feed, record);
  const auto check = [&](std::string_view code, std::string_view name, const std::string& value,
                         const std::string& expected) {
    const bool must = answered && !elsewhere;
    if (value == expected || (value.empty() && !must)) return;
    report(code, record, fmt::format("{} was \"{}\", not \"{}\"", name, value, expected));
  };
  check("H-11", "If-None-Match", record.if_none_match, feed.etag);
  check("H-13", "If-Modified-Since", record.if_modified_since, feed.last_modified);
}

PolitenessCheck::Wait PolitenessCheck::backoff_after(const Feed& feed, microseconds interval) {
  const PollRecord& last = feed.last;
  const double share = std::min(1.0, std::chrono::duration<double>(last.floor).count() / 3600);
  const auto base = std::chrono::duration_cast<microseconds>(share * backoff_base(last));
  const double doublings = std::exp2(std::min<double>(feed.failures - 1.0, 20));
  const double full = static_cast<double>(std::max(base, interval).count()) * doublings;
  const auto shortest = 0.85 * std::min(full, static_cast<double>(kDay.count()));  // H-60's jitter
  Wait wait{std::max(interval, microseconds{std::llround(shortest)}), "H-60",
            "back-off after a failure"};
  if (last.status == 429 && !announced_retry(last)) {
    const microseconds least = std::max<microseconds>(1h, 2 * interval);
    if (least > wait.least) wait = {least, "H-52", "it said 429"};
  }
  if (const auto asked = announced_retry(last); asked && *asked > wait.least)
    wait = {*asked, "H-51", "Retry-After"};
  if (feed.failures >= kMonthsFailures && last.at - feed.failing_since >= kMonth &&
      kDay > wait.least)
    wait = {kDay, "H-63", "it has failed for a month"};
  return wait;
}

// What the last answer and those before it ask for.
PolitenessCheck::Wait PolitenessCheck::wait_after(const Feed& feed) {
  const PollRecord& last = feed.last;
  Wait wait{last.interval, "H-39", "the operator's floor or interval"};
  const auto raise = [&](microseconds least, std::string_view code, std::string_view why) {
    if (least > wait.least) wait = {least, code, why};
  };
  // H-52 doubles what was in force when the 429 came.
  const seconds strain = last.status == 429 ? feed.strain_before : feed.strain;
  raise(strain, "H-53", "it said 429 within a day");
  raise(announced_period(last.hints), "H-36", "ttl or update period");
  if (last.verdict == PollVerdict::abandoned) return wait;
  if (!is_success(last)) return backoff_after(feed, wait.least);
  const std::optional<seconds> fresh = announced_freshness(last);
  if (fresh) raise(*fresh, "H-30", "the answer is fresh");
  if (!fresh && feed.repeats >= kMaxRepeats) raise(1h, "H-21", "it ignores validators");
  return wait;
}

void PolitenessCheck::check_wait(const Feed& feed, const PollRecord& record, Wait wait) {
  const std::optional<microseconds> pause = between(end_of(feed.last), record);
  if (feed.last.poll == 0 || !pause) return;
  // An operator may have asked for a shorter interval since.
  if (wait.code == "H-39" || wait.code == "H-72")
    wait.least = std::min<microseconds>(wait.least, record.interval);
  if (*pause < wait.least - kTolerance)
    report(wait.code, record,
           fmt::format("asked {} after the last answer, {} had to pass: {}", in_seconds(*pause),
                       in_seconds(wait.least), wait.why));
}

// H-75: what holds for a poll that an operator asks for, and for the one after a subscription
// (W-5). One that was forced was told to be rude.
PolitenessCheck::Wait PolitenessCheck::manual_wait_after(const Feed& feed,
                                                         const PollRecord& record) {
  if (record.cause == PollCause::forced) return {};
  const bool by_hub = record.cause == PollCause::confirmed;
  Wait wait{kManualGap, by_hub ? "W-5" : "H-75",
            by_hub ? "its hub had confirmed a subscription" : "an operator asked for it"};
  const std::optional<seconds> asked =
      is_success(feed.last) ? std::nullopt : announced_retry(feed.last);
  if (asked && *asked > wait.least) wait = {*asked, "H-51", "Retry-After"};
  if (!asked && feed.last.status == 429) wait = wait_after(feed);
  return wait;
}

void PolitenessCheck::check_due(const Feed& feed, const PollRecord& record) {
  if (feed.gone && record.renewed > feed.last.at)
    return check_wait(feed, record, {1h, "H-48", "it was gone"});
  if (record.cause != PollCause::schedule)
    return check_wait(feed, record, manual_wait_after(feed, record));
  if (feed.gone) report("H-48", record, "it was gone, as a second 410 a day later had confirmed");
  if (feed.last.verdict == PollVerdict::page) return;  // the host's gap is all that is asked for
  check_wait(feed, record, wait_after(feed));
  if (is_success(feed.last) && is_excluded(feed.last.next_poll, feed.last.hints))
    report("H-38", record,
           fmt::format("due at {}, in the skipHours or skipDays of the feed",
                       format_time(feed.last.next_poll)));
}

void PolitenessCheck::check_page(const Feed& feed, const PollRecord& record) {
  if (feed.was_found && record.renewed == feed.last.renewed)
    report("P-12", record,
           fmt::format("a page led to {}, though the feed was known", record.linked));
}

void PolitenessCheck::check_place_change(const Feed& feed, const PollRecord& record) {
  const PollRecord& last = feed.last;
  if (!feed.is_whole || record.url == last.url || record.renewed != last.renewed) return;
  if (last.verdict == PollVerdict::page && record.url == last.linked) return;
  if (feed.moves == 0 || feed.moves_to != record.url)
    return report(last.hops.empty() ? "H-66" : "H-65", record,
                  fmt::format("it was at {}, which does not lead there for good", last.url));
  const bool lost = (last.status == 404 || last.status == 410) && last.hops.empty();
  const bool seen = feed.moves >= kMoves && last.at - feed.moves_since >= kMovesTime;
  if (!lost && !seen && !is_upgrade(last.url, record.url))
    report("H-66", record,
           fmt::format("it was at {}, which has led there on {} requests since {} only", last.url,
                       feed.moves, format_time(feed.moves_since)));
}

void PolitenessCheck::note_redirects(Feed& feed, const PollRecord& record) {
  if (record.poll == 1) feed.is_whole = true;
  if (record.url != feed.last.url) feed.moves = 0;
  if (!is_success(record)) return;
  const bool permanent =
      !record.hops.empty() && std::all_of(record.hops.begin(), record.hops.end(), is_permanent);
  if (!permanent || feed.moves == 0 || feed.moves_to != record.final_url) {
    feed.moves = 0;
    feed.moves_to = record.final_url;
    feed.moves_since = record.at;
  }
  if (permanent) ++feed.moves;
}

// H-48
void PolitenessCheck::note_presence(Feed& feed, const PollRecord& record) {
  const bool gone = record.verdict == PollVerdict::failure && record.status == 410;
  if (is_success(record) || (record.status >= 200 && record.status < 300)) feed.gone_since = {};
  if (gone && (feed.gone_since == WallTime{} || feed.gone_since > record.at))
    feed.gone_since = record.at;
  feed.gone = gone && record.at - feed.gone_since >= kDay;
}

void PolitenessCheck::learn(Feed& feed, const PollRecord& record) {
  if (record.renewed != feed.last.renewed) {  // the operator let bygones be bygones
    feed.gone_since = {};
    feed.failures = 0;
    feed.was_found = false;
  }
  note_doubt(feed, record);
  feed.was_found |= is_success(record) || record.verdict == PollVerdict::page;
  const bool received = is_success(record);
  if (received && record.status != 304) {  // H-14, H-15
    feed.etag = record.etag;
    feed.last_modified = record.last_modified;
    feed.validators_url = record.final_url;
    feed.knows_validators = true;
  } else if (received) {  // H-16
    if (!record.etag.empty()) feed.etag = record.etag;
    if (!record.last_modified.empty()) feed.last_modified = record.last_modified;
  }
  if (record.poll == 1 && !received) feed.knows_validators = true;  // there are none
  const bool failed = record.verdict == PollVerdict::failure;
  if (failed && feed.failures == 0) feed.failing_since = record.at;
  feed.failures = failed ? feed.failures + 1 : 0;
  note_presence(feed, record);
  note_redirects(feed, record);
  feed.repeats = record.conditional_repeat ? feed.repeats + 1 : 0;
  // After a day it wears off; and whether one has passed, a clock that was set back does not tell.
  if (record.at < feed.strained_at || record.at - feed.strained_at >= kDay) feed.strain = 0s;
  if (record.status == 429) {
    feed.strain_before = feed.strain;
    feed.strain = std::min<seconds>(24h, 2 * std::max(record.interval, feed.strain));
    feed.strained_at = record.at;
  }
  feed.last = record;
}

}  // namespace feedwire::storage
