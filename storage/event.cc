#include "storage/event.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/json_writer.h"
#include "base/redact.h"
#include "base/utf8.h"
#include "storage/event_trim.h"
#include "storage/identity_policy.h"
#include "storage/json_members.h"
#include "storage/store_json.h"

namespace feedwire::storage {
namespace {

constexpr std::size_t kFactsBytes = 256;  // that the store adds to an item, mostly

void append_feed_members(JsonWriter& json, const FeedRef& feed) {
  json.field("url", redact_urls(feed.url))
      .field_if("name", feed.name)
      .field_if("title", feed.title);
  if (feed.tags.empty()) return;
  json.key("tags").begin_array();
  for (const std::string& tag : feed.tags) json.string(tag);
  json.end_array();
}

// The names of the members in which two feeds differ, sorted.
std::vector<std::string_view> feed_changes(const FeedRef& before, const FeedRef& after) {
  std::vector<std::string_view> changed;
  if (before.identity != after.identity) changed.emplace_back("identity");
  if (before.interval != after.interval) changed.emplace_back("interval");
  if (before.name != after.name) changed.emplace_back("name");
  if (before.paged != after.paged) changed.emplace_back("paged");
  if (before.paused != after.paused) changed.emplace_back("paused");
  if (before.tags != after.tags) changed.emplace_back("tags");
  if (before.title != after.title) changed.emplace_back("title");
  if (before.url != after.url) changed.emplace_back("url");
  return changed;
}

// A feed's side of a change: the whole feed, or null.
void append_feed_side(JsonWriter& json, std::string_view name, const FeedRef* feed) {
  json.key(name);
  if (feed == nullptr) {
    json.raw("null");
    return;
  }
  json.begin_object();
  append_feed_members(json, *feed);
  if (feed->identity) json.field("identity", primary_kind_name(*feed->identity));
  if (feed->interval.count() > 0) json.field("interval", feed->interval.count());
  if (feed->paged) json.key("paged").boolean(true);
  if (feed->paused) json.key("paused").boolean(true);
  json.end_object();
}

}  // namespace

std::string feed_id(FeedKey feed) { return "f-" + hex64(feed); }

std::string fetch_id(FeedKey feed, std::uint64_t polls) {
  return fmt::format("x-{:016x}-{}", feed, polls);
}

std::string entry_path(const Hash128& entry, std::uint64_t rev) {
  return fmt::format("/v1/entries/{}?rev={}", entry.hex(), rev);
}

void append_line_start(std::string& out, const Envelope& envelope) {
  const auto append = [&out](auto... parts) { (out.append(parts), ...); };
  append(R"({"specversion":"1.0","id":")", envelope.id, R"(","source":")", envelope.source,
         R"(","type":"feedwire.)", envelope.type);
  if (envelope.sequence != 0)
    fmt::format_to(std::back_inserter(out), R"(","sequence":"{:020})", envelope.sequence);
  if (!envelope.subject.empty()) append(R"(","subject":")", envelope.subject);
  if (!envelope.partition_key.empty()) append(R"(","partitionkey":")", envelope.partition_key);
  append(R"(","time":")", envelope.time, R"(","recordedtime":")", envelope.recorded,
         R"(","datacontenttype":"application/json","dataschema":"urn:feedwire:schema:)",
         envelope.type, R"(:1","data":)");
}

std::string feed_object(const FeedRef& feed) {
  std::string object;
  JsonWriter json(object);
  json.begin_object().field("feed_id", feed_id(feed.key));
  append_feed_members(json, feed);
  json.end_object();
  return object;
}

std::string add_store_facts(std::string_view item, const StoreFacts& facts) {
  // I-16: a date that lies ahead says when the publisher wants it seen, not when it was.
  const bool was_missed = facts.appeared_by != WallTime{};
  WallTime effective = was_missed ? facts.appeared_by : facts.first_seen;
  if (facts.declared && *facts.declared <= facts.observed + std::chrono::minutes{10})
    effective = *facts.declared;

  constexpr std::string_view kEnd = "}}";
  std::string out;
  out.reserve(item.size() + kFactsBytes);
  out += item.substr(0, item.size() - kEnd.size());
  if (!out.ends_with('{')) out += ',';
  JsonWriter json(out);
  json.field("first_seen", format_time(facts.first_seen))
      .field("effective_at", format_time(effective));
  json.key("bracket").begin_array();
  if (facts.previous_success == WallTime{})
    json.raw("null");
  else
    json.string(format_time(facts.previous_success));
  json.string(format_time(was_missed ? facts.appeared_by : facts.observed)).end_array();
  if (!facts.also_in.empty()) {
    json.key("also_in").begin_array();
    for (const FeedKey feed : facts.also_in) json.string(feed_id(feed));
    json.end_array();
  }
  if (facts.story_key) json.field("story_key", facts.story_key.hex());
  return out.append(kEnd);
}

Span append_entry_data(std::string& out, const EntryData& data) {
  JsonWriter json(out);
  json.begin_object().field("op", std::string_view(&data.op, 1));
  json.field("rev", static_cast<std::int64_t>(data.rev));
  if (data.prev_rev != 0) json.field("prev_rev", static_cast<std::int64_t>(data.prev_rev));
  json.key("feed").raw(data.feed).field("fetch_id", data.fetch);
  json.key("key").begin_object().field("entry_key", data.entry.hex());
  json.field_if("canonical_url", data.canonical_url).end_object();
  if (!data.changed.empty()) {
    json.key("changed").begin_array();
    for (const std::string& name : data.changed) json.string(name);
    json.end_array();
  }
  json.field_if("significance", data.significance);
  json.field_if("cause", data.cause).field_if("confidence", data.confidence);
  if (data.replay_suspect) json.key("replay_suspect").boolean(true);
  if (data.initial) json.key("initial").boolean(true);
  if (!data.before.empty()) json.key("before").raw(data.before);
  json.key("after");
  const Span after{out.size(), data.after.size()};
  json.raw(data.after);
  if (!data.omitted.empty()) {
    json.key("omitted").begin_array();
    for (const std::string& name : data.omitted) json.string(name);
    json.end_array().field("full", entry_path(data.entry, data.rev));
  }
  json.end_object();
  return after;
}

std::string sighting_data(std::string_view feed, const Hash128& entry, std::uint64_t rev,
                          const feeds::EntryView& seen) {
  constexpr std::size_t kMaxBytes = 1000;
  std::string data;
  JsonWriter json(data);
  json.begin_object().field("op", "s").field("rev", static_cast<std::int64_t>(rev));
  json.key("feed").raw(feed);
  json.key("key").begin_object().field("entry_key", entry.hex());
  // A URL or guid that is cut names something else, so a long one is left out.
  if (seen.canonical_url.size() <= kMaxBytes) json.field_if("canonical_url", seen.canonical_url);
  json.end_object().key("seen").begin_object();
  const auto text_of = [&seen](std::string_view member) {
    return string_value(find_member(seen.json, member).value_or("null"));
  };
  if (seen.guid.size() <= kMaxBytes) json.field_if("guid", seen.guid);
  if (const std::string url = text_of("url"); url.size() <= kMaxBytes) json.field_if("url", url);
  json.field_if("title", first_utf8_bytes(seen.title, kMaxBytes));
  json.field_if("summary", first_utf8_bytes(text_of("summary"), kMaxBytes));
  if (seen.published) json.field("date_published", format_time(*seen.published));
  json.end_object().end_object();
  return data;
}

std::string feed_data(std::uint64_t rev, const FeedRef* before, const FeedRef* after) {
  std::string data;
  JsonWriter json(data);
  const std::string_view op = before == nullptr ? "c" : after == nullptr ? "d" : "u";
  json.begin_object().field("op", op).field("rev", static_cast<std::int64_t>(rev));
  if (rev > 1) json.field("prev_rev", static_cast<std::int64_t>(rev - 1));
  json.key("feed").raw(feed_object(after != nullptr ? *after : *before));
  if (before != nullptr && after != nullptr) {
    json.key("changed").begin_array();
    for (const std::string_view name : feed_changes(*before, *after)) json.string(name);
    json.end_array();
  }
  if (before != nullptr) append_feed_side(json, "before", before);
  append_feed_side(json, "after", after);
  json.end_object();
  return data;
}

std::string feed_note_data(std::uint64_t rev, std::string_view feed, std::string_view fetch,
                           std::string_view members) {
  std::string data;
  JsonWriter json(data);
  json.begin_object().field("rev", static_cast<std::int64_t>(rev));
  if (rev > 1) json.field("prev_rev", static_cast<std::int64_t>(rev - 1));
  json.key("feed").raw(feed).field("fetch_id", fetch);
  if (!members.empty()) data.append(",").append(members);
  json.end_object();
  return data;
}

std::string segment_opened_data(std::uint64_t segment, const SegmentName& name,
                                std::string_view previous_file) {
  std::string data;
  JsonWriter json(data);
  json.begin_object()
      .field("segment", static_cast<std::int64_t>(segment))
      .field("epoch", name.epoch)
      .field("file", name.text())
      .field_if("previous", previous_file)
      .field("padding", std::string(kMinHeaderBytes - data.size(), ' '))
      .end_object();
  return data;
}

std::string segment_closed_data(std::uint64_t segment, std::uint64_t events,
                                std::string_view sha256, std::string_view next_file) {
  std::string data;
  JsonWriter json(data);
  json.begin_object()
      .field("segment", static_cast<std::int64_t>(segment))
      .field("count", static_cast<std::int64_t>(events))
      .field("sha256", sha256)
      .field("next", next_file)
      .end_object();
  return data;
}

std::string epoch_started_data(std::uint32_t epoch) {
  std::string data;
  JsonWriter json(data);
  json.begin_object().field("epoch", static_cast<std::int64_t>(epoch)).end_object();
  return data;
}

std::string gap_data(std::uint32_t epoch, Sequence from, Sequence to) {
  std::string data;
  JsonWriter json(data);
  json.begin_object()
      .field("epoch", static_cast<std::int64_t>(epoch))
      .field("from", format_sequence(from))
      .field("to", format_sequence(to))
      .field("count", static_cast<std::int64_t>(to - from + 1))
      .end_object();
  return data;
}

}  // namespace feedwire::storage
