// What the older pages of a feed tell of what was missed (I-18): entries that are new, and whether
// the gap is closed. All else about an entry that is known, or about the feed, is as its own
// documents have it: a page may show what was long ago.

#include <algorithm>
#include <numeric>

#include "storage/group.h"
#include "storage/window.h"

namespace feedwire::storage {
namespace {

// A publisher may date an entry so much earlier than it appears, as with I-10.
constexpr std::chrono::hours kBackdating{24};

// What a page shows of an entry.
enum class Age : std::uint8_t { unknown, known, before };  // before: from before the gap

// Whether the page begins with its oldest entry, by their dates, else by what is known of them.
bool is_oldest_first(const feeds::Feed& page, const std::vector<Age>& ages) {
  std::optional<std::chrono::sys_seconds> first, last;
  for (std::size_t i = 0; i < page.size(); ++i)
    if (const auto published = page.entry(i).published) {
      if (!first) first = published;
      last = published;
    }
  if (first && *first != *last) return *first < *last;
  const auto known = std::find(ages.begin(), ages.end(), Age::known);
  return known != ages.end() && std::find(ages.begin(), known, Age::before) != known;
}

// Whether an entry that is not known may have appeared in the gap. The others are older than what
// was known before: they were never in the feed while it was watched, or are known by keys that a
// publisher has renamed since. `passed`: on the page it comes after one from before the gap.
bool may_be_missed(const feeds::EntryView& entry, const Backfill& backfill, bool passed) {
  if (!entry.published) return !passed;
  return *entry.published >= (passed ? backfill.from : backfill.from - kBackdating);
}

}  // namespace

void Group::begin_backfill(const Document& document, const Poll& poll) {
  Rare<Backfill>& known = poll.row.backfill;
  if (known && is_futile(*known, document.fetch.at)) return;
  Backfill backfill;
  const std::string& final_url = poll.row.validators_url;
  const std::string& base = final_url.empty() ? document.fetch.feed.ref.url : final_url;
  if (!find_first_page(backfill, document.feed.info(), base, poll.outcome.older_page)) return;
  backfill.from = document.fetch.previous_success;
  backfill.to = document.fetch.at;
  for (const WindowItem& item : latest_items(document.window.items))
    if (backfill.before.size() < Backfill::kMaxBefore)
      backfill.before.push_back(item.entry.prefix());
  if (known && known->failures > 0) {  // whoever asked for patience meant also this
    backfill.failures = known->failures;
    backfill.last_ask = known->last_ask;
    backfill.next_ask = known->next_ask;
  }
  known = std::move(backfill);
}

// The bracket of what a page brings is the gap. Nothing of it may look as if it had been there
// before, though the clock was set back.
void Group::note_page(Fetch& fetch, const Backfill& backfill) {
  fetch.previous_success = backfill.from;
  fetch.gap_end = backfill.to;
  if (fetch.at >= backfill.to) return;
  fetch.at = backfill.to;
  fetch.time = format_time(fetch.at);
}

Result<void> Group::take_page(const Fetch& fetch, const Poll& poll) {
  Rare<Backfill>& backfill = poll.row.backfill;
  if (!backfill || backfill->end != Backfill::End::none) return {};
  Result<const WindowRow*> known = state_.window(fetch.key());
  if (!known) return std::move(known).error();
  if (*known == nullptr) {  // what was there before the gap is forgotten
    end_backfill(*backfill, Backfill::End::failed);
    return {};
  }
  WindowRow window = **known;
  const RawIndex raw(window);
  const feeds::Feed& page = *poll.outcome.document;
  const MatchOptions how{options_.dedupe_by_url, {}, plan_.end().next};
  Result<std::vector<Match>> matches = match_entries(page, fetch.feed, window, raw, how, state_);
  if (!matches) return std::move(matches).error();
  const Document document{fetch, page, window, raw, true, false, false};
  Result<PageFindings> found = take_missed(document, *backfill, *matches);
  if (!found) return std::move(found).error();

  ++backfill->pages;
  backfill->entries += found->missed;
  backfill->failures = 0;
  if (found->reaches_back) {
    end_backfill(*backfill, Backfill::End::closed);
    tell_closed(fetch, *backfill);
  } else if (found->missed == 0) {
    end_backfill(*backfill, Backfill::End::nothing_new);
  } else if (backfill->pages >= Backfill::kMaxPages) {
    end_backfill(*backfill, Backfill::End::limit);
  } else {
    find_next_page(*backfill, page.info(), poll.outcome.older_page);
  }
  return {};
}

Result<Group::PageFindings> Group::take_missed(const Document& document, const Backfill& backfill,
                                               const std::vector<Match>& matches) {
  const feeds::Feed& page = document.feed;
  std::vector<Age> ages(matches.size());
  for (std::size_t i = 0; i < matches.size(); ++i) {
    if (!matches[i].entry || matches[i].how == Match::How::fresh) continue;
    Result<bool> before = was_before(matches[i].entry, document.fetch.key(), backfill);
    if (!before) return std::move(before).error();
    if (*before || matches[i].how != Match::How::story)
      ages[i] = *before ? Age::before : Age::known;
  }
  std::vector<std::size_t> order(matches.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (is_oldest_first(page, ages)) std::reverse(order.begin(), order.end());

  PageFindings found;
  std::vector<std::size_t> missed;
  for (const std::size_t i : order) {
    found.reaches_back |= ages[i] == Age::before;
    const bool is_unknown =
        ages[i] == Age::unknown && matches[i].entry && matches[i].how != Match::How::repeated;
    if (is_unknown && may_be_missed(page.entry(i), backfill, found.reaches_back))
      missed.push_back(i);
  }
  std::sort(missed.begin(), missed.end());  // told in the order of the page, as with any document
  for (const std::size_t i : missed) {
    const CommitSummary before = summary_;
    if (Result<void> taken = take_missed_entry(document, i, matches[i]); !taken)
      return std::move(taken).error();
    count_item(matches[i], before);
  }
  summary_.items.duplicate += matches.size() - missed.size();
  found.missed = missed.size();
  return found;
}

Result<void> Group::take_missed_entry(const Document& document, std::size_t i, const Match& match) {
  const feeds::EntryView entry = document.feed.entry(i);
  if (match.how == Match::How::fresh) return create(document, entry, match);
  learn_key(match.primary, match.entry);
  Result<EntryRow*> row = state_.edit_entry(match.entry);  // another feed's, which this one showed
  return row ? sight(document.fetch, entry, match.entry, **row) : std::move(row).error();
}

// Whether the feed had the entry when the gap began. Where the clock was set back since, the time
// at which it was first seen tells nothing.
Result<bool> Group::was_before(const Hash128& entry, FeedKey feed, const Backfill& backfill) {
  if (std::find(backfill.before.begin(), backfill.before.end(), entry.prefix()) !=
      backfill.before.end())
    return true;
  if (backfill.from >= backfill.to) return false;
  Result<const EntryRow*> row = state_.entry(entry);
  if (!row) return std::move(row).error();
  return *row != nullptr && (*row)->owner == feed && (*row)->first_seen <= backfill.from;
}

void Group::tell_closed(const Fetch& fetch, const Backfill& backfill) {
  std::string members;
  members.append(R"("from":")").append(format_time(backfill.from));
  members.append(R"(","to":")").append(format_time(backfill.to));
  members.append(R"(","pages":)").append(std::to_string(backfill.pages));
  members.append(R"(,"entries":)").append(std::to_string(backfill.entries));
  log_feed(fetch, "gap_closed", members);
}

}  // namespace feedwire::storage
