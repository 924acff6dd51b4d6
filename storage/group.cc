#include "storage/group.h"

#include <algorithm>

#include "storage/change.h"
#include "storage/event.h"

namespace feedwire::storage {
namespace {

using feeds::EntryView;
using feeds::KeyKind;

constexpr std::chrono::hours kLastSeenPrecision{24};  // DB-5
constexpr std::uint8_t kOwnerAbsence = 2;             // documents (I-12)

std::string entry_event_id(const Hash128& key, std::uint64_t rev, char op) {
  return "e-" + key.hex() + "-" + std::to_string(rev) + "-" + op;
}

bool same_items(const std::vector<WindowItem>& fresh, const std::vector<WindowItem>& old) {
  const auto present = [](const WindowItem& item) { return item.age == 0; };
  const auto fresh_end = std::partition_point(fresh.begin(), fresh.end(), present);
  const auto old_end = std::partition_point(old.begin(), old.end(), present);
  return std::equal(fresh.begin(), fresh_end, old.begin(), old_end);
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
  PollRow row = outcome.row;
  if (outcome.document) {
    if (Result<void> taken = take_document(outcome, feeds_.at(outcome.feed)); !taken) return taken;
    row.had_document = true;
  }
  state_.set_poll(outcome.feed, std::move(row));
  return {};
}

Result<void> Group::take_document(const PollOutcome& outcome, FeedRow& feed) {
  const bool guids_demoted = note_repeated_guids(feed, *outcome.document);
  if (guids_demoted) changed_feeds_.push_back(outcome.feed);
  Result<const WindowRow*> known = state_.window(outcome.feed);
  if (!known) return std::move(known).error();
  Result<PollRow> poll = state_.poll(outcome.feed);
  if (!poll) return std::move(poll).error();
  const bool initial = *known == nullptr;
  WindowRow window = initial ? WindowRow{} : **known;

  Result<std::vector<Match>> matches =
      match_entries(*outcome.document, feed, window, options_.dedupe_by_url, state_);
  if (!matches) return std::move(matches).error();
  const Document document{*outcome.document,
                          outcome.feed,
                          outcome.fetched_at,
                          poll->last_success,
                          initial,
                          guids_demoted,
                          format_time(outcome.fetched_at),
                          feed_object(feed.ref),
                          fetch_id(outcome.feed, outcome.row.polls)};
  for (std::size_t i = 0; i < matches->size(); ++i) {
    Result<void> taken = take_entry(document, document.feed.entry(i), (*matches)[i]);
    if (!taken) return taken;
  }

  std::vector<WindowItem> items = next_window(document.feed, *matches, window);
  const bool stale = outcome.fetched_at - window.refreshed >= kLastSeenPrecision;
  if (!initial && !stale && same_items(items, window.items)) return {};
  if (stale) {
    window.refreshed = outcome.fetched_at;
    if (Result<void> done = refresh_last_seen(*matches, outcome.fetched_at); !done) return done;
  }
  window.items = std::move(items);
  state_.set_window(outcome.feed, std::move(window));
  return {};
}

Result<void> Group::take_entry(const Document& document, const EntryView& entry,
                               const Match& match) {
  switch (match.how) {
    case Match::How::fresh:
      create(document, entry, match);
      return {};
    case Match::How::known:
    case Match::How::renamed:
    case Match::How::story:
      return take_known(document, entry, match);
    case Match::How::unchanged:
    case Match::How::repeated:
      ++summary_.unchanged;
      // What was known by its guid must be found when its bytes change too.
      if (document.guids_demoted && match.entry) learn_key(match);
      return {};
  }
  return {};
}

void Group::create(const Document& document, const EntryView& entry, const Match& match) {
  EntryRow row;
  row.rev = 1;
  row.revisions[0] = entry.revision;
  row.link = entry.keys[KeyKind::link].prefix();
  row.first_seen = row.last_seen = document.fetched_at;
  row.owner = document.key;
  row.owner_at_home = entry.own_domain;

  EntryData data;
  data.entry = match.entry;
  data.initial = document.initial;
  row.content = log_content(document, entry, std::move(data), row);
  state_.create_entry(match.entry, std::move(row));
  learn_key(match);
  ++summary_.created;
}

Result<void> Group::take_known(const Document& document, const EntryView& entry,
                               const Match& match) {
  Result<EntryRow*> row = state_.edit_entry(match.entry);
  if (!row) return std::move(row).error();
  EntryRow& stored = **row;
  if (stored.owner != document.key) {
    if (Result<void> sighted = sight(document, entry, match.entry, stored); !sighted)
      return sighted;
    Result<bool> owner = takes_over(entry, match.entry, stored);
    if (!owner) return std::move(owner).error();
    if (!*owner) {
      learn_key(match);
      return {};
    }
    // The old owner is one of those that sighted it from now on.
    std::replace(stored.sighted_by.begin(), stored.sighted_by.end(), document.key, stored.owner);
    stored.owner = document.key;
    stored.owner_at_home = true;
  }
  learn_key(match);
  return update(document, entry, match.entry, stored, match.how == Match::How::renamed);
}

void Group::learn_key(const Match& match) {
  if (match.primary && match.primary != match.entry) state_.add_alias(match.primary, match.entry);
}

Result<void> Group::sight(const Document& document, const EntryView& entry, const Hash128& key,
                          EntryRow& row) {
  auto& sighted = row.sighted_by;
  if (std::find(sighted.begin(), sighted.end(), document.key) != sighted.end()) return {};
  if (sighted.size() < kMaxSightings) {
    sighted.push_back(document.key);
  } else {
    const Hash128 mark = sighting_key(document.key, key);
    Result<std::optional<Hash128>> marked = state_.alias(mark);
    if (!marked) return std::move(marked).error();
    if (*marked) return {};
    state_.add_alias(mark, key);
  }
  const std::string data = sighting_data(document.feed_object, key, row.rev, entry);
  NewEvent event;
  event.id = "g-" + key.hex() + "-" + hex64(document.key);
  event.type = "entry.sighted";
  event.subject = "e-" + key.hex();
  event.partition_key = key.hex();
  event.time = document.time;
  event.data = data;
  event.feed = document.key;
  plan_.add(event);
  ++summary_.sighted;
  return {};
}

Result<bool> Group::takes_over(const EntryView& entry, const Hash128& key, const EntryRow& row) {
  if (!entry.own_domain) return false;  // S23: whoever repeats a stranger's entry never owns it
  if (!row.owner_at_home) return true;
  if (row.revisions[0] == entry.revision) return false;
  Result<const WindowRow*> window = state_.window(row.owner);
  if (!window) return std::move(window).error();
  if (*window == nullptr) return true;
  for (const WindowItem& item : (*window)->items)
    if (item.entry == key) return item.age >= kOwnerAbsence;
  return true;
}

Result<void> Group::update(const Document& document, const EntryView& entry, const Hash128& key,
                           EntryRow& row, bool renamed) {
  const bool revised = !entry.unchanged && row.revisions[0] != entry.revision;
  if (entry.unchanged || (!revised && !renamed)) {
    ++summary_.unchanged;
    return {};
  }
  Result<std::string> old_item = state_.item(row);
  if (!old_item) return std::move(old_item).error();
  const std::uint64_t link = entry.keys[KeyKind::link].prefix();
  EntryData data;
  if (revised) {
    Change change = compare_items(*old_item, entry.json, link != row.link);
    data.changed = std::move(change.changed);
    if (options_.before == Options::Before::changed) data.before = std::move(change.before);
    std::rotate(row.revisions.begin(), row.revisions.end() - 1, row.revisions.end());
    row.revisions[0] = entry.revision;
  }
  if (renamed)
    data.changed.insert(std::upper_bound(data.changed.begin(), data.changed.end(), "identity"),
                        "identity");
  if (options_.before == Options::Before::full) data.before = std::move(*old_item);
  if (data.before == "{}") data.before.clear();
  row.link = link;
  // The fingerprint may move without a word of the entry: then there is nothing to announce.
  if (data.changed.empty()) {
    ++summary_.unchanged;
    return {};
  }
  data.op = 'u';
  data.entry = key;
  data.prev_rev = row.rev;
  data.rev = ++row.rev;
  superseded_.push_back(row.content);
  row.content = log_content(document, entry, std::move(data), row);
  ++summary_.updated;
  return {};
}

Sequence Group::log_content(const Document& document, const EntryView& entry, EntryData data,
                            const EntryRow& row) {
  StoreFacts facts;
  facts.first_seen = row.first_seen;
  facts.declared = entry.published;
  facts.observed = document.fetched_at;
  facts.previous_success = document.previous_success;
  facts.also_in = row.sighted_by;
  if (!options_.dedupe_by_url && entry.link_trusted) facts.story_key = entry.keys[KeyKind::url];
  const std::string whole = add_store_facts(entry.json, facts);
  data.after = whole;
  data.feed = document.feed_object;
  data.fetch = document.fetch;
  data.canonical_url = entry.canonical_url;

  NewEvent event;
  event.id = entry_event_id(data.entry, data.rev, data.op);
  event.type = data.op == 'c' ? "entry.created" : "entry.updated";
  event.subject = "e-" + data.entry.hex();
  event.partition_key = data.entry.hex();
  event.time = document.time;
  const RenderedData rendered =
      fit_entry_data(data, options_.content, plan_.longest_data(event, options_.max_line_bytes));
  event.data = rendered.json;
  event.entry = data.entry;
  event.after_at = rendered.after_at;
  event.after_size = rendered.after_size;
  if (!data.omitted.empty()) event.whole = whole;
  event.feed = document.key;
  return plan_.add(event);
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

void Group::put(Batch& batch) const {
  state_.put(batch);
  for (const FeedKey feed : changed_feeds_)
    batch.put(Family::feeds, number_key(feed), encode(feeds_.at(feed)));
}

}  // namespace feedwire::storage
