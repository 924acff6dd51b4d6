#include "storage/group.h"

#include <algorithm>
#include <utility>

#include "storage/event.h"
#include "storage/retraction.h"
#include "storage/window.h"

namespace feedwire::storage {
namespace {

constexpr std::chrono::hours kLastSeenPrecision{24};  // DB-5
constexpr int kReplayIntervals = 3;                   // I-10
constexpr std::chrono::hours kReplayAge{24};
constexpr std::chrono::hours kLongestReview{24};  // what flaps is told of once a day (I-15)

// Whether something waits to be told, or seems to wait for longer than anything may: then the clock
// has been set back. Not where nothing was polled at all.
bool review_is_due(const FeedRow& feed, WallTime now) {
  if (now == WallTime{}) return false;
  return feed.review != WallTime{} && (feed.review <= now || feed.review - now > kLongestReview);
}

// From when on a new entry may be expected to be older than it looks (I-10); epoch = nothing can be
// told, since the feed was not polled for long.
WallTime replay_before(const PollBefore& before, WallTime now) {
  if (before.last_success == WallTime{}) return {};
  const bool is_known = before.interval.count() > 0;
  if (is_known && now - before.last_success > kReplayIntervals * before.interval) return {};
  return before.last_success - kReplayAge;
}

WallTime earlier(WallTime a, WallTime b) {
  if (a == WallTime{} || b == WallTime{}) return std::max(a, b);
  return std::min(a, b);
}

}  // namespace

Result<CommitSummary> Group::decide(std::span<const PollOutcome> outcomes) {
  if (Result<void> read = prefetch(outcomes); !read) return std::move(read).error();
  for (const PollOutcome& outcome : outcomes) {
    const auto feed = feeds_.find(outcome.feed);
    if (feed == feeds_.end() || !feed->second.subscribed) continue;
    if (Result<void> taken = take(outcome); !taken) return std::move(taken).error();
  }
  return summary_;
}

Result<void> Group::prefetch(std::span<const PollOutcome> outcomes) {
  std::vector<const PollOutcome*> with_document;
  for (const PollOutcome& outcome : outcomes)
    if (outcome.document && feeds_.contains(outcome.feed)) with_document.push_back(&outcome);
  return state_.prefetch(with_document, feeds_);
}

Result<void> Group::take(const PollOutcome& outcome) {
  FeedRow& feed = feeds_.at(outcome.feed);
  PollRow row = outcome.row;
  const bool is_due = review_is_due(feed, outcome.fetched_at);
  const bool is_reviewed = is_due && row.failures == 0;
  const bool reschedules = has_new_schedule(feed, row);
  if (outcome.document || is_reviewed || reschedules || !outcome.turns.empty()) {
    Result<PollBefore> before = poll_before(outcome);
    if (!before) return std::move(before).error();
    Fetch fetch{feed,
                outcome.fetched_at,
                before->last_success,
                format_time(outcome.fetched_at),
                feed_object(feed.ref),
                fetch_id(outcome.feed, row.polls)};
    if (outcome.page && row.backfill) note_page(fetch, *row.backfill);
    tell_turns(fetch, outcome.turns);
    Result<void> taken;
    if (outcome.document && outcome.page)
      taken = take_page(fetch, {outcome, row});
    else if (outcome.document)
      taken = take_document(fetch, {outcome, row}, *before);
    else if (is_reviewed)
      taken = review(fetch);
    if (!taken) return taken;
    if (reschedules) note_schedule(fetch, row);
  }
  row.had_document |= outcome.document.has_value();
  state_.set_poll(outcome.feed, std::move(row));
  return {};
}

Result<PollBefore> Group::poll_before(const PollOutcome& outcome) {
  if (outcome.before) return *outcome.before;
  Result<PollRow> row = state_.poll(outcome.feed);
  if (!row) return std::move(row).error();
  return PollBefore::of(*row);
}

Result<void> Group::take_document(const Fetch& fetch, const Poll& poll, const PollBefore& before) {
  const feeds::Feed& feed = *poll.outcome.document;
  Result<const WindowRow*> known = state_.window(fetch.key());
  if (!known) return std::move(known).error();
  const bool initial = *known == nullptr;
  const bool partial = poll.outcome.partial && !initial;
  WindowRow window = initial ? WindowRow{} : **known;
  if (initial) choose_first_kind(fetch.feed, feed);
  const bool guids_repeat = note_repeated_guids(fetch.feed, feed);
  if (guids_repeat) keep(fetch.feed);

  const bool can_replay = !initial && !partial;
  const MatchOptions how{options_.dedupe_by_url,
                         can_replay ? replay_before(before, fetch.at) : WallTime{},
                         plan_.end().next};
  const RawIndex raw(window);
  Result<std::vector<Match>> matches = match_entries(feed, fetch.feed, window, raw, how, state_);
  if (!matches) return std::move(matches).error();
  const Document document{fetch, feed, window, raw, partial, initial, guids_repeat};
  if (Result<void> taken = take_entries(document, *matches); !taken) return taken;
  return partial ? close_part(document, *matches) : close_document(document, poll, *matches);
}

Result<void> Group::take_entries(const Document& document, const std::vector<Match>& matches) {
  for (std::size_t i = 0; i < matches.size(); ++i) {
    const CommitSummary before = summary_;
    Result<void> taken = take_entry(document, i, matches[i]);
    if (!taken) return taken;
    count_item(matches[i], before);
  }
  return {};
}

// `before`: before the entry was taken.
void Group::count_item(const Match& match, const CommitSummary& before) {
  if (summary_.created > before.created)
    ++summary_.items.created;
  else if (summary_.updated + summary_.restored > before.updated + before.restored)
    ++summary_.items.updated;
  else
    ++(match.entry ? summary_.items.duplicate : summary_.items.rejected);
}

// The window for the next document, and what the difference between the two says.
Result<void> Group::close_document(const Document& document, const Poll& poll,
                                   const std::vector<Match>& matches) {
  const Fetch& fetch = document.fetch;
  WindowRow& window = document.window;
  std::vector<WindowItem> items =
      document_items(document.feed, matches, document.known, fetch.feed.primary);
  const bool stale = fetch.at - window.refreshed >= kLastSeenPrecision;
  const std::span<const WindowItem> latest = latest_items(window.items);
  const bool same =
      !document.initial && std::equal(items.begin(), items.end(), latest.begin(), latest.end());
  if (!same) note_quality(document, matches);
  judge_identity(document, matches);
  if (!same && !document.initial) {
    if (note_gap(document, items)) begin_backfill(document, poll);
    note_zone(document, matches);
  }
  const bool is_due = review_is_due(fetch.feed, fetch.at);
  const Result<bool> buried = bury(document, items);
  if (!buried) return buried.error();
  if (same && !stale && !is_due && !*buried) return {};
  if (Result<void> done = retract(document, items); !done) return done;
  if (stale) {
    window.refreshed = fetch.at;
    if (Result<void> done = refresh_last_seen(matches, fetch.at); !done) return done;
  }
  if (Result<void> told = tell_held(fetch, window); !told) return told;
  append_older_items(items, window);
  window.items = std::move(items);
  set_window(fetch, std::move(window));
  return {};
}

// H-08, W-6: of what the feed shows besides, a part says nothing.
Result<void> Group::close_part(const Document& document, const std::vector<Match>& matches) {
  WindowRow& window = document.window;
  const std::vector<WindowItem> items =
      document_items(document.feed, matches, document.known, document.fetch.feed.primary);
  if (Result<bool> buried = bury(document, items); !buried) return std::move(buried).error();
  add_part(window, items);
  set_window(document.fetch, std::move(window));
  return {};
}

// I-17 a: what the document calls deleted and does not hold. Returns whether the window, from which
// it is taken, has changed.
Result<bool> Group::bury(const Document& document, std::span<const WindowItem> items) {
  bool changed = false;
  const FeedRow& feed = document.fetch.feed;
  for (const Hash128& guid : document.feed.info().deleted) {
    Result<std::optional<Hash128>> entry = state_.resolve(feed.ref.key, guid);
    if (!entry) return std::move(entry).error();
    if (!*entry && !guid_repeats(feed, guid))
      entry = PrintIndex(document.window).find(feeds::KeyKind::guid, guid);
    const auto is_entry = [&](const WindowItem& item) { return item.entry == **entry; };
    if (!*entry || std::any_of(items.begin(), items.end(), is_entry)) continue;
    changed |= std::erase_if(document.window.items, is_entry) > 0;
    Result<void> removed = remove(document.fetch, **entry, "tombstone", {});
    if (!removed) return std::move(removed).error();
  }
  return changed;
}

Result<void> Group::retract(const Document& document, std::span<const WindowItem> items) {
  const Fetch& fetch = document.fetch;
  const bool complete = document.feed.info().complete;
  std::vector<Hash128> lost;
  if (complete) {
    lost = take_removed(document.window, items);
  } else {
    mark_missing(document.window, items, fetch.at);
    lost = take_vanished(document.window, fetch.at);
  }
  for (const Hash128& entry : lost) {
    Result<void> removed = complete ? remove(fetch, entry, "complete_feed", {})
                                    : remove(fetch, entry, "vanished", "inferred");
    if (!removed) return removed;
  }
  return {};
}

// The publisher's document is the one that we know, but time has passed.
Result<void> Group::review(const Fetch& fetch) {
  Result<const WindowRow*> known = state_.window(fetch.key());
  if (!known) return std::move(known).error();
  if (*known == nullptr) return {};
  WindowRow window = **known;
  for (const Hash128& entry : take_vanished(window, fetch.at))
    if (Result<void> removed = remove(fetch, entry, "vanished", "inferred"); !removed)
      return removed;
  if (Result<void> told = tell_held(fetch, window); !told) return told;
  set_window(fetch, std::move(window));
  return {};
}

void Group::set_window(const Fetch& fetch, WindowRow window) {
  WallTime next = next_vanishing(window);
  for (const HeldUpdate& held : window.held) next = earlier(next, held.due);
  if (next != fetch.feed.review) {
    fetch.feed.review = next;
    keep(fetch.feed);
  }
  state_.set_window(fetch.key(), std::move(window));
}

Result<void> Group::refresh_last_seen(const std::vector<Match>& matches, WallTime now) {
  for (const Match& match : matches) {
    if (!match.entry) continue;
    Result<EntryRow*> row = state_.edit_entry(match.entry);
    if (!row) return std::move(row).error();
    if (*row != nullptr) (*row)->last_seen = now;
  }
  return {};
}

void Group::log_feed(const Fetch& fetch, std::string_view verb, std::string_view members) {
  FeedRow& feed = fetch.feed;
  ++feed.rev;
  keep(feed);
  const std::string data = feed_note_data(feed.rev, fetch.feed_object, fetch.id, members);
  const std::string type = std::string("feed.").append(verb);
  NewEvent event;
  event.partition_key = hex64(feed.ref.key);
  event.id = "f-" + event.partition_key + "-" + std::to_string(feed.rev) + "-";
  event.id.append(verb);
  event.type = type;
  event.subject = "f-" + event.partition_key;
  event.time = fetch.time;
  event.data = data;
  event.feed = feed.ref.key;
  plan_.add(event);
}

void Group::keep(const FeedRow& feed) {
  if (std::find(changed_feeds_.begin(), changed_feeds_.end(), feed.ref.key) == changed_feeds_.end())
    changed_feeds_.push_back(feed.ref.key);
}

void Group::put(Batch& batch) const {
  state_.put(batch);
  for (const FeedKey feed : changed_feeds_)
    batch.put(Family::feeds, number_key(feed), encode(feeds_.at(feed)));
}

}  // namespace feedwire::storage
