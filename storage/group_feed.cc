#include <algorithm>
#include <cmath>
#include <utility>

#include "storage/feed_turn.h"
#include "storage/group.h"
#include "storage/hash_table.h"
#include "storage/identity_policy.h"
#include "storage/window.h"

namespace feedwire::storage {
namespace {

constexpr int kMuchChanged = 2;          // an interval that is told of (S-10)
constexpr std::size_t kMinGapItems = 2;  // a feed of one entry never shows two in a row (I-18)

struct DateRange {
  std::int64_t first = 0, last = 0;  // seconds; 0 = there are no dates
  std::int64_t dated = 0;            // items
};

DateRange date_range(std::span<const WindowItem> items) {
  DateRange range;
  for (const WindowItem& item : items) {
    if (item.published == 0) continue;
    if (range.dated++ == 0) range.first = range.last = item.published;
    range.first = std::min(range.first, item.published);
    range.last = std::max(range.last, item.published);
  }
  return range;
}

// How many entries were published between two documents, if they came as those of the newer one.
std::optional<std::int64_t> estimate_missed(std::span<const WindowItem> older,
                                            std::span<const WindowItem> newer) {
  const DateRange before = date_range(older), after = date_range(newer);
  if (before.dated == 0 || after.dated < 2 || after.last == after.first) return std::nullopt;
  const double rate =
      static_cast<double>(after.dated - 1) / static_cast<double>(after.last - after.first);
  const double missed = rate * static_cast<double>(after.first - before.last) - 1;
  return std::max<std::int64_t>(0, std::llround(missed));
}

}  // namespace

void Group::tell_turns(const Fetch& fetch, std::span<const FeedTurn> turns) {
  for (const FeedTurn& turn : turns) log_feed(fetch, turn_verb(turn.kind), turn_members(turn));
}

void Group::choose_first_kind(FeedRow& feed, const feeds::Feed& document) {
  feeds::KeyKind chosen = feed.primary;
  if (feed.ref.identity) {
    chosen = *feed.ref.identity;
  } else if (document.size() > 0) {
    const DocumentQuality quality = measure_quality(document, {}, {}, feed.primary);
    chosen = choose_primary({&quality, 1}, feed.primary, true);
  }
  if (chosen == feed.primary) return;
  feed.primary = chosen;
  keep(feed);
}

void Group::note_quality(const Document& document, const std::vector<Match>& matches) {
  if (document.feed.size() == 0) return;
  std::vector<DocumentQuality>& history = document.window.quality;
  if (history.size() == kQualityDocuments) history.erase(history.begin());
  history.push_back(
      measure_quality(document.feed, matches, document.window, document.fetch.feed.primary));
}

// I-5: a kind of key that proved to change by itself is given up, for ever, unless the operator
// says otherwise. The document was still matched by the old kind, so that none of its entries is
// new for the new one.
void Group::judge_identity(const Document& document, const std::vector<Match>& matches) {
  FeedRow& feed = document.fetch.feed;
  const feeds::KeyKind before = feed.primary;
  const feeds::KeyKind chosen =
      feed.ref.identity.value_or(choose_primary(document.window.quality, before, false));
  if (chosen != before) {
    feed.primary = chosen;
    feed.earlier_kinds |= kind_bit(before);
    std::string members;
    members.append(R"("from":")").append(primary_kind_name(before));
    members.append(R"(","to":")").append(primary_kind_name(chosen));
    members.append(feed.ref.identity ? R"(","by":"operator")" : R"(","by":"history")");
    log_feed(document.fetch, "identity_changed", members);
    for (std::size_t i = 0; i < matches.size(); ++i)
      if (matches[i].entry) learn_key(primary_key(document.feed.entry(i), feed), matches[i].entry);
  }
  doubt_identity(document);
}

// The operator's choice holds, but is told once to be a poor one.
void Group::doubt_identity(const Document& document) {
  FeedRow& feed = document.fetch.feed;
  if (!feed.ref.identity || feed.doubt_told) return;
  const std::optional<Doubt> doubt =
      doubt_in(document.window.quality, *feed.ref.identity, document.initial);
  if (!doubt) return;
  feed.doubt_told = true;
  std::string members = R"("code":"identity","identity":")";
  members.append(primary_kind_name(*feed.ref.identity));
  members.append(R"(","flaw":")").append(doubt->flaw);
  members.append(R"(","better":")").append(primary_kind_name(doubt->better)).append("\"");
  log_feed(document.fetch, "warning", members);
}

// I-18: nothing of the last document, nor of parts since, is in this one, which is no smaller.
bool Group::note_gap(const Document& document, std::span<const WindowItem> items) {
  const std::span<const WindowItem> latest = latest_items(document.window.items);
  if (latest.size() < kMinGapItems || items.size() < latest.size()) return false;
  const auto is_recent = [](const WindowItem& item) { return item.age == 0 || item.in_part; };
  for (const WindowItem& item : items)  // mostly the second or third is the same
    if (const WindowItem* same = document.known.find(item.raw_hash); same && is_recent(*same))
      return false;
  HashSet<Hash128> before(document.window.items.size());
  for (const WindowItem& item : document.window.items)
    if (is_recent(item)) before.add(item.entry);
  if (std::any_of(items.begin(), items.end(),
                  [&](const WindowItem& item) { return before.contains(item.entry); }))
    return false;
  std::string members;
  members.append(R"("from":")").append(format_time(document.fetch.previous_success));
  members.append(R"(","to":")").append(document.fetch.time).append("\"");
  if (const auto missed = estimate_missed(latest, items))
    members.append(R"(,"est_missed":)").append(std::to_string(*missed));
  log_feed(document.fetch, "gap", members);
  return true;
}

bool Group::has_new_schedule(const FeedRow& feed, const PollRow& row) {
  if (row.interval.count() == 0 || row.failures > 0) return false;
  return feed.told_interval.count() == 0 || row.interval > kMuchChanged * feed.told_interval ||
         kMuchChanged * row.interval < feed.told_interval;
}

// S-10. The first plan is no news: it comes with the feed's first document.
void Group::note_schedule(const Fetch& fetch, const PollRow& row) {
  const std::chrono::seconds before = std::exchange(fetch.feed.told_interval, row.interval);
  if (before.count() == 0) return keep(fetch.feed);
  std::string members;
  members.append(R"("from":)").append(std::to_string(before.count()));
  members.append(R"(,"to":)").append(std::to_string(row.interval.count()));
  log_feed(fetch, "schedule", members);
}

// I-16: a suggestion for whoever configures the feed; its dates stay what they are.
void Group::note_zone(const Document& document, const std::vector<Match>& matches) {
  const Fetch& fetch = document.fetch;
  if (!document.feed.info().has_zoneless_dates || fetch.previous_success == WallTime{}) return;
  ZoneClue& clue = document.window.zone;
  for (std::size_t i = 0; i < matches.size(); ++i) {
    const std::optional<std::chrono::sys_seconds> published = document.feed.entry(i).published;
    if (matches[i].how == Match::How::fresh && published)
      add_clue(clue, *published, fetch.previous_success, fetch.at);
  }
  const std::optional<std::chrono::minutes> offset = suggested_offset(clue);
  if (!offset || std::exchange(clue.told, true)) return;
  log_feed(fetch, "warning", R"("code":"time-zone","offset":")" + offset_name(*offset) + "\"");
}

}  // namespace feedwire::storage
