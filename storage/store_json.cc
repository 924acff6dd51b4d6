#include "storage/store_json.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "base/redact.h"
#include "storage/event.h"
#include "storage/feed_problems.h"
#include "storage/lower_bounds.h"

namespace feedwire::storage {
namespace {

void append_time_if(JsonWriter& json, std::string_view name, WallTime time) {
  if (time != WallTime{}) json.field(name, format_time(time));
}

void append_count(JsonWriter& json, std::string_view name, std::uint64_t count) {
  json.field(name, static_cast<std::int64_t>(count));
}

// Two decimals tell a rate that is a guess.
double rounded(float rate) { return std::round(static_cast<double>(rate) * 100) / 100; }

void append_bits(JsonWriter& json, std::string_view name, std::uint32_t bits) {
  if (bits == 0) return;
  json.key(name).begin_array();
  for (int bit = 0; bit < 32; ++bit)
    if ((bits >> bit & 1) != 0) json.number(bit);
  json.end_array();
}

void append_bounds(JsonWriter& json, const PollRow& poll) {
  const std::vector<PollBound> bounds = lower_bounds(poll);
  if (bounds.empty()) return;
  json.key("bounds").begin_array();
  for (const PollBound& bound : bounds) {
    if (bound.wait.count() == 0) continue;  // asks for nothing
    json.begin_object()
        .field("rule", poll_rule_name(bound.rule))
        .field("seconds", bound.wait.count())
        .end_object();
  }
  json.end_array();
  append_bits(json, "skip_hours", poll.hints.skip_hours);
  append_bits(json, "skip_days", poll.hints.skip_days);
}

void append_problems(JsonWriter& json, const PollRow& poll) {
  const std::vector<FeedProblem> problems = feed_problems(poll);
  if (problems.empty()) return;
  json.key("problems").begin_array();
  for (const FeedProblem& problem : problems)
    json.begin_object().field("code", problem.code).field("message", problem.message).end_object();
  json.end_array();
}

// Without what only the hub is to know.
void append_hub(JsonWriter& json, const HubSubscription& hub) {
  json.key("hub")
      .begin_object()
      .field("url", redact_urls(hub.hub))
      .field("topic", redact_urls(hub.topic))
      .field("state", hub_state_name(hub.state));
  append_time_if(json, "confirmed", hub.confirmed);
  append_time_if(json, "lease_until", hub.lease_until);
  append_time_if(json, "next_ask", hub.next_ask);
  append_time_if(json, "last_push", hub.last_push);
  append_count(json, "pushes", hub.pushes);
  append_count(json, "bad_pushes", hub.bad_pushes);
  append_count(json, "judged", hub.judged);
  append_count(json, "missed", static_cast<std::uint64_t>(hub_misses(hub)));
  json.end_object();
}

void append_backfill(JsonWriter& json, const Backfill& backfill) {
  json.key("backfill").begin_object().field("state", backfill_end_name(backfill.end));
  append_time_if(json, "from", backfill.from);
  append_time_if(json, "to", backfill.to);
  json.field("page", redact_urls(backfill.page));
  append_count(json, "pages", backfill.pages);
  append_count(json, "entries", backfill.entries);
  if (backfill.failures > 0) append_count(json, "failures", backfill.failures);
  append_time_if(json, "last_ask", backfill.last_ask);
  append_time_if(json, "next_ask", backfill.next_ask);
  json.end_object();
}

std::string_view lasts_name(EntryExplanation::Key::Lasts lasts) {
  using Lasts = EntryExplanation::Key::Lasts;
  if (lasts == Lasts::entry_key) return "entry_key";
  return lasts == Lasts::key ? "key" : "window";
}

void append_carrier_json(JsonWriter& json, const EntryExplanation::Carrier& carrier) {
  json.begin_object()
      .field("feed_id", feed_id(carrier.feed.key))
      .field("url", redact_urls(carrier.feed.url))
      .field_if("name", carrier.feed.name);
  json.key("owner").boolean(carrier.owner);
  json.key("subscribed").boolean(carrier.subscribed);
  json.key("flapping").boolean(carrier.flapping);
  json.field("policy", carrier.policy)
      .field_if("configured_policy", carrier.configured_policy)
      .key("guid_repeats")
      .boolean(carrier.guid_repeats);
  if (carrier.documents_ago) append_count(json, "documents_ago", *carrier.documents_ago);
  json.key("keys").begin_array();
  for (const EntryExplanation::Key& key : carrier.keys)
    json.begin_object()
        .field("kind", key.kind)
        .field_if("value", key.value)
        .field("lasts", lasts_name(key.lasts))
        .end_object();
  json.end_array().end_object();
}

}  // namespace

std::string_view feed_state(const StoredFeed& feed) {
  if (feed.ref.paused) return "paused";
  if (feed.poll.polls == 0) return "new";
  if (feed.poll.life.gone) return "gone";
  return feed.poll.failures > 0 ? "failing" : "ok";
}

std::string_view poll_rule_name(PollRule rule) {
  static constexpr std::array<std::string_view, kPollRules> kNames = {
      "none",          "floor",        "interval",       "freshness", "ttl",
      "update-period", "skipped-time", "no-conditional", "strain",    "failure",
      "retry-after",   "learned",      "max-interval",   "window",    "host-share",
      "gone",          "same-url",     "host-hold",      "hub",       "discovered"};
  return kNames[static_cast<std::size_t>(rule)];
}

void append_feed_json(JsonWriter& json, const StoredFeed& feed, UrlText url) {
  json.begin_object()
      .field("feed_id", feed_id(feed.ref.key))
      .field("url", url == UrlText::whole ? feed.ref.url : redact_urls(feed.ref.url))
      .field_if("name", feed.ref.name)
      .field_if("title", feed.ref.title);
  json.key("tags").begin_array();
  for (const std::string& tag : feed.ref.tags) json.string(tag);
  json.end_array();
  json.field("origin", feed.configured ? "configuration" : "run-time");
  json.field("state", feed_state(feed));
  json.field_if("moved_to", redact_urls(feed.poll.life.moved_to));
  append_count(json, "rev", feed.rev);
  append_count(json, "window_entries", feed.window_entries);
  append_count(json, "polls", feed.poll.polls);
  append_time_if(json, "next_poll", feed.poll.next_poll);
  json.field("next_poll_rule", poll_rule_name(feed.poll.rule));
  if (feed.ref.interval.count() > 0)
    append_count(json, "own_interval", static_cast<std::uint64_t>(feed.ref.interval.count()));
  if (feed.poll.interval.count() > 0)
    append_count(json, "interval", static_cast<std::uint64_t>(feed.poll.interval.count()));
  if (feed.poll.expected > 0) json.key("expected_per_day").real(rounded(feed.poll.expected));
  append_bounds(json, feed.poll);
  append_time_if(json, "last_poll", feed.poll.last_poll);
  append_time_if(json, "last_success", feed.poll.last_success);
  if (feed.poll.last_status != 0) append_count(json, "last_status", feed.poll.last_status);
  append_count(json, "failures", feed.poll.failures);
  append_time_if(json, "failing_since", feed.poll.failing_since);
  append_time_if(json, "gone_since", feed.poll.life.gone_since);
  json.field_if("last_error", redact_urls(feed.poll.last_error));
  append_problems(json, feed.poll);
  if (feed.poll.hub) append_hub(json, *feed.poll.hub);
  if (feed.ref.paged) json.key("paged").boolean(true);
  if (feed.poll.backfill) append_backfill(json, *feed.poll.backfill);
  json.end_object();
}

void append_entry_json(JsonWriter& json, const StoredEntry& entry) {
  json.begin_object().field("entry_key", entry.key.hex());
  append_count(json, "rev", entry.rev);
  append_time_if(json, "first_seen", entry.first_seen);
  append_time_if(json, "last_seen", entry.last_seen);
  if (entry.deleted) json.key("deleted").boolean(true);
  json.field("feed_id", feed_id(entry.owner));
  json.key("also_in").begin_array();
  for (const FeedKey feed : entry.also_in) json.string(feed_id(feed));
  json.end_array();
  if (!entry.item_json.empty()) json.key("item").raw(entry.item_json);
  json.end_object();
}

void append_explanation_json(JsonWriter& json, const EntryExplanation& explanation) {
  json.begin_object().key("entry");
  append_entry_json(json, explanation.entry);
  json.field_if("canonical_url", explanation.canonical_url)
      .field_if("key_kind", explanation.key_kind)
      .key("feeds")
      .begin_array();
  for (const EntryExplanation::Carrier& carrier : explanation.carriers)
    append_carrier_json(json, carrier);
  json.end_array().end_object();
}

void append_cursor_json(JsonWriter& json, std::string_view name, const CursorRow& cursor) {
  json.begin_object()
      .field("name", name)
      .field("acked", format_sequence(cursor.acked))
      .key("hold")
      .boolean(cursor.hold);
  append_time_if(json, "updated", cursor.updated);
  json.end_object();
}

void append_backup_json(JsonWriter& json, std::string_view dir, const BackupSummary& backup) {
  json.begin_object()
      .field("dir", dir)
      .field("source", backup.source)
      .field("last_sequence", format_sequence(backup.last));
  append_count(json, "files", backup.files);
  append_count(json, "bytes", backup.bytes);
  json.end_object();
}

std::string format_sequence(Sequence sequence) { return fmt::format("{:020}", sequence); }

Result<Sequence> parse_sequence(std::string_view text) {
  Sequence sequence = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, sequence);
  if (problem != std::errc{} || rest != end || text.size() > 20)
    return Error{ErrorCode::invalid_argument, fmt::format("\"{}\" is no sequence", text)};
  return sequence;
}

}  // namespace feedwire::storage
