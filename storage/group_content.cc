#include <algorithm>

#include "storage/change.h"
#include "storage/group.h"
#include "storage/significance.h"

namespace feedwire::storage {
namespace {

using feeds::EntryView;
using feeds::KeyKind;

constexpr std::uint8_t kOwnerAbsence = 2;    // documents (I-12)
constexpr std::chrono::hours kFlapTime{24};  // I-15
constexpr std::uint8_t kFlapsToHold = 2;

bool is_held_back(const EntryRow& row, WallTime now) {
  return row.flaps >= kFlapsToHold && now - row.updated < kFlapTime;
}

// Notes whether `revision`, which is about to become the latest, was one of those before.
void note_flap(EntryRow& row, const Hash128& revision, WallTime now) {
  const bool is_return =
      std::find(row.revisions.begin() + 1, row.revisions.end(), revision) != row.revisions.end();
  const bool is_over = now - row.first_flap > kFlapTime;
  if (!is_return) {
    if (is_over) row.flaps = 0;
    return;
  }
  if (row.flaps >= kFlapsToHold) {
    row.first_flap = now;  // once a day as long as it goes on
  } else if (row.flaps == 0 || is_over) {
    row.flaps = 1;
    row.first_flap = now;
  } else {
    ++row.flaps;
  }
}

void push_revision(EntryRow& row, const Hash128& revision) {
  std::rotate(row.revisions.begin(), row.revisions.end() - 1, row.revisions.end());
  row.revisions[0] = revision;
}

void drop_held(WindowRow& window, const Hash128& entry) {
  std::erase_if(window.held, [&](const HeldUpdate& held) { return held.entry == entry; });
}

}  // namespace

Group::Content Group::content_of(const EntryView& entry) const {
  Content content;
  content.revision = entry.revision;
  content.link = entry.keys[KeyKind::link].prefix();
  content.published = entry.published;
  content.canonical_url = entry.canonical_url;
  content.json = entry.json;
  if (!options_.dedupe_by_url && entry.link_trusted) content.story_key = entry.keys[KeyKind::url];
  return content;
}

Result<void> Group::take_entry(const Document& document, std::size_t i, const Match& match) {
  switch (match.how) {
    case Match::How::fresh:
      return create(document, document.feed.entry(i), match);
    case Match::How::known:
    case Match::How::renamed:
    case Match::How::story:
      return take_known(document, document.feed.entry(i), match);
    case Match::How::unchanged:
    case Match::How::repeated:
      ++summary_.unchanged;
      // What was known by its guid must be found when its bytes change too.
      if (document.relearn && match.entry) learn_key(match.primary, match.entry);
      return {};
  }
  return {};
}

Result<void> Group::create(const Document& document, const EntryView& entry, const Match& match) {
  const Fetch& fetch = document.fetch;
  EntryRow row;
  row.rev = 1;
  row.revisions[0] = entry.revision;
  row.link = entry.keys[KeyKind::link].prefix();
  row.first_seen = row.last_seen = row.updated = fetch.at;
  row.owner = fetch.key();
  row.owner_at_home = entry.own_domain;

  EntryData data;
  data.entry = match.entry;
  data.initial = document.initial;
  data.replay_suspect = match.replay_suspect;
  row.content = log_content(fetch, "entry.created", content_of(entry), std::move(data), row);
  state_.create_entry(match.entry, std::move(row));
  learn_key(match.primary, match.entry);
  ++summary_.created;
  if (!match.replaces) return {};
  Result<Sequence> content = state_.replace_entry(match.replaces, match.entry, fetch.at);
  if (!content) return std::move(content).error();
  supersede(*content);
  return {};
}

Result<void> Group::take_known(const Document& document, const EntryView& entry,
                               const Match& match) {
  const Fetch& fetch = document.fetch;
  Result<EntryRow*> row = state_.edit_entry(match.entry);
  if (!row) return std::move(row).error();
  EntryRow& stored = **row;
  stored.last_seen = std::max(stored.last_seen, fetch.at);
  learn_key(match.primary, match.entry);
  if (stored.owner != fetch.key()) {
    if (Result<void> sighted = sight(fetch, entry, match.entry, stored); !sighted) return sighted;
    Result<bool> owner = takes_over(entry, match.entry, stored);
    if (!owner) return std::move(owner).error();
    if (!*owner) return {};
    // The old owner is one of those that sighted it from now on.
    std::replace(stored.sighted_by.begin(), stored.sighted_by.end(), fetch.key(), stored.owner);
    stored.owner = fetch.key();
    stored.owner_at_home = true;
  }
  if (entry.unchanged) {
    ++summary_.unchanged;
    return {};
  }
  return change(document, content_of(entry), match.entry, stored, match.how == Match::How::renamed);
}

void Group::learn_key(const Hash128& key, const Hash128& entry) {
  if (key && key != entry) state_.add_alias(key, entry);
}

void Group::supersede(Sequence content) {
  if (content != 0) superseded_.push_back(content);
}

Result<void> Group::sight(const Fetch& fetch, const EntryView& entry, const Hash128& key,
                          EntryRow& row) {
  auto& sighted = row.sighted_by;
  if (std::find(sighted.begin(), sighted.end(), fetch.key()) != sighted.end()) return {};
  if (sighted.size() < kMaxSightings) {
    sighted.push_back(fetch.key());
  } else {
    Result<bool> marked = state_.is_sighted(fetch.key(), key);
    if (!marked) return std::move(marked).error();
    if (*marked) return {};
    state_.add_sighting(fetch.key(), key);
  }
  const std::string data = sighting_data(fetch.feed_object, key, row.rev, entry);
  NewEvent event;
  event.id = "g-" + key.hex() + "-" + hex64(fetch.key());
  event.type = "entry.sighted";
  event.subject = "e-" + key.hex();
  event.partition_key = key.hex();
  event.time = fetch.time;
  event.data = data;
  event.feed = fetch.key();
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

// What the owner's document says of an entry that is stored.
Result<void> Group::change(const Document& document, const Content& content, const Hash128& key,
                           EntryRow& row, bool renamed) {
  const Fetch& fetch = document.fetch;
  if (row.gone) {
    drop_held(document.window, key);
    return restore(fetch, content, key, row);
  }
  if (row.revisions[0] != content.revision && is_held_back(row, fetch.at)) {
    hold(document, content, key, row);
    ++summary_.unchanged;
    return {};
  }
  drop_held(document.window, key);
  return update(fetch, content, key, row, renamed);
}

Result<void> Group::update(const Fetch& fetch, const Content& content, const Hash128& key,
                           EntryRow& row, bool renamed) {
  const bool revised = row.revisions[0] != content.revision;
  if (!revised && !renamed) {
    ++summary_.unchanged;
    return {};
  }
  Result<std::string> old_item = state_.item(row);
  if (!old_item) return std::move(old_item).error();
  EntryData data;
  Change change;
  if (revised) {
    change = compare_items(*old_item, content.json, content.link != row.link);
    note_flap(row, content.revision, fetch.at);
    push_revision(row, content.revision);
  }
  if (renamed)
    change.changed.insert(
        std::upper_bound(change.changed.begin(), change.changed.end(), "identity"), "identity");
  row.link = content.link;
  // The fingerprint may move without a word of the entry: then there is nothing to announce.
  if (change.changed.empty()) {
    ++summary_.unchanged;
    return {};
  }
  data.significance = !renamed && is_reissued(*old_item, content.json)
                          ? "reissued"
                          : significance(change, *old_item, content.json);
  data.changed = std::move(change.changed);
  if (options_.before == Options::Before::changed) data.before = std::move(change.before);
  if (options_.before == Options::Before::full) data.before = std::move(*old_item);
  if (data.before == "{}") data.before.clear();
  data.op = 'u';
  data.entry = key;
  data.prev_rev = row.rev;
  data.rev = ++row.rev;
  row.updated = fetch.at;
  supersede(row.content);
  row.content = log_content(fetch, "entry.updated", content, std::move(data), row);
  ++summary_.updated;
  return {};
}

Result<void> Group::restore(const Fetch& fetch, const Content& content, const Hash128& key,
                            EntryRow& row) {
  if (row.revisions[0] != content.revision) push_revision(row, content.revision);
  row.link = content.link;
  row.gone = false;
  row.updated = fetch.at;
  EntryData data;
  data.op = 'c';  // once more, for whoever keeps a copy by the operations
  data.entry = key;
  data.prev_rev = row.rev;
  data.rev = ++row.rev;
  supersede(row.content);
  row.content = log_content(fetch, "entry.restored", content, std::move(data), row);
  ++summary_.restored;
  return {};
}

// I-15: the update waits; a later one of the same entry takes its place.
void Group::hold(const Document& document, const Content& content, const Hash128& key,
                 const EntryRow& row) {
  HeldUpdate held;
  held.entry = key;
  held.revision = content.revision;
  held.story_key = content.story_key;
  held.due = row.updated + kFlapTime;
  held.link = content.link;
  if (content.published) held.published = content.published->time_since_epoch().count();
  held.canonical_url = content.canonical_url;
  held.json = content.json;
  drop_held(document.window, key);
  document.window.held.push_back(std::move(held));
  if (document.fetch.feed.flapping) return;
  document.fetch.feed.flapping = true;
  log_feed(document.fetch, "warning", R"("code":"flapping","entry_key":")" + key.hex() + "\"");
}

// Tells the held updates that have waited long enough.
Result<void> Group::tell_held(const Fetch& fetch, WindowRow& window) {
  const auto is_due = [&](const HeldUpdate& held) { return held.due <= fetch.at; };
  for (const HeldUpdate& held : window.held) {
    if (!is_due(held)) continue;
    Result<EntryRow*> row = state_.edit_entry(held.entry);
    if (!row) return std::move(row).error();
    if (*row == nullptr || (*row)->gone || (*row)->owner != fetch.key()) continue;
    Content content;
    content.revision = held.revision;
    content.story_key = held.story_key;
    content.link = held.link;
    if (held.published != 0)
      content.published = std::chrono::sys_seconds{std::chrono::seconds{held.published}};
    content.canonical_url = held.canonical_url;
    content.json = held.json;
    if (Result<void> told = update(fetch, content, held.entry, **row, false); !told) return told;
  }
  std::erase_if(window.held, is_due);
  return {};
}

// The entry's content stays where it is, for what comes back and for the store's retention.
Result<void> Group::remove(const Fetch& fetch, const Hash128& key, std::string_view cause,
                           std::string_view confidence) {
  Result<EntryRow*> row = state_.edit_entry(key);
  if (!row) return std::move(row).error();
  if (*row == nullptr || (*row)->gone || (*row)->owner != fetch.key()) return {};
  EntryData data;
  if (options_.before == Options::Before::full) {
    Result<std::string> old_item = state_.item(**row);
    if (!old_item) return std::move(old_item).error();
    if (*old_item != "{}") data.before = std::move(*old_item);
  }
  (*row)->gone = true;
  (*row)->updated = fetch.at;
  data.op = 'd';
  data.entry = key;
  data.prev_rev = (*row)->rev;
  data.rev = ++(*row)->rev;
  data.cause = cause;
  data.confidence = confidence;
  data.after = kNoItem;
  log_entry(fetch, "entry.deleted", std::move(data));
  ++summary_.deleted;
  return {};
}

Sequence Group::log_content(const Fetch& fetch, std::string_view type, const Content& content,
                            EntryData data, const EntryRow& row) {
  StoreFacts facts;
  facts.first_seen = row.first_seen;
  facts.declared = content.published;
  facts.observed = fetch.at;
  // One with a later date was not in the gap, whatever page it is on.
  if (!content.published || *content.published <= fetch.gap_end) facts.appeared_by = fetch.gap_end;
  facts.previous_success = fetch.previous_success;
  facts.also_in = row.sighted_by;
  facts.story_key = content.story_key;
  const std::string whole = add_store_facts(content.json, facts);
  data.after = whole;
  data.canonical_url = content.canonical_url;
  return log_entry(fetch, type, std::move(data));
}

Sequence Group::log_entry(const Fetch& fetch, std::string_view type, EntryData data) {
  data.feed = fetch.feed_object;
  data.fetch = fetch.id;
  NewEvent event;
  event.partition_key = data.entry.hex();
  event.id = "e-" + event.partition_key + "-" + std::to_string(data.rev) + "-" + data.op;
  event.type = type;
  event.subject = "e-" + event.partition_key;
  event.time = fetch.time;
  event.feed = fetch.key();
  const std::string_view item = data.after;
  if (item != kNoItem) event.entry = data.entry;
  std::string& line = plan_.begin(event);
  const Span after =
      fit_entry_data(line, data, options_.content, plan_.room(options_.max_line_bytes));
  if (item == kNoItem) return plan_.finish();
  return plan_.finish(after, data.omitted.empty() ? std::string_view{} : item);
}

}  // namespace feedwire::storage
