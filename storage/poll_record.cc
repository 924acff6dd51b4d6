#include "storage/poll_record.h"

#include <fmt/format.h>
#include <rapidjson/document.h>

#include <array>
#include <charconv>
#include <optional>

#include "base/json_writer.h"
#include "base/utf8.h"
#include "feeds/date.h"
#include "storage/event.h"

namespace feedwire::storage {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, 6> kVerdicts = {"document",  "unchanged", "failure",
                                                       "abandoned", "offline",   "page"};

constexpr std::array<std::string_view, 6> kCauses = {"schedule",  "manual", "forced",
                                                     "confirmed", "hub",    "backfill"};

// --- Writing: unknown means absent ---

class Fields {
 public:
  explicit Fields(std::string& out) : json_(out) {}

  JsonWriter& json() { return json_; }
  void text(std::string_view name, std::string_view value) {
    json_.field_if(name, is_valid_utf8(value) ? value : repair_utf8(value));
  }
  void count(std::string_view name, std::uint64_t value) {
    if (value != 0) json_.field(name, static_cast<std::int64_t>(value));
  }
  void flag(std::string_view name, bool value) {
    if (value) json_.key(name).boolean(true);
  }
  void time(std::string_view name, WallTime value) {
    if (value != WallTime{}) json_.field(name, format_time(value));
  }

 private:
  JsonWriter json_;
};

std::uint64_t count_of(microseconds span) { return static_cast<std::uint64_t>(span.count()); }

void append_sent(Fields& fields, const PollRecord& record) {
  fields.json().key("sent").begin_object();
  fields.text("if_none_match", record.if_none_match);
  fields.text("if_modified_since", record.if_modified_since);
  fields.flag("doubts", record.doubts);
  fields.flag("cookie", record.sent_cookie);
  fields.json().end_object();
}

void append_peer(JsonWriter& json, const PollRecord::Peer& peer) {
  json.field_if("peer", peer.address).field_if("allowed_by", peer.allowed_by);
}

void append_hops(JsonWriter& json, const PollRecord& record) {
  if (record.hops.empty()) return;
  json.key("hops").begin_array();
  for (const PollRecord::Hop& hop : record.hops) {
    json.begin_object().field("status", hop.status).field("to", repair_utf8(hop.to));
    append_peer(json, hop.peer);
    json.end_object();
  }
  json.end_array();
}

void append_received(Fields& fields, const PollRecord& record) {
  fields.json().key("received").begin_object();
  fields.text("etag", record.etag);
  fields.text("last_modified", record.last_modified);
  fields.text("cache_control", record.cache_control);
  fields.text("age", record.age);
  fields.text("expires", record.expires);
  fields.text("date", record.date);
  fields.text("retry_after", record.retry_after);
  fields.flag("set_cookie", record.set_cookie);
  fields.json().end_object();
}

void append_bounds(Fields& fields, const PollRecord& record) {
  fields.json().key("bounds").begin_object();
  fields.json()
      .field("floor_s", record.floor.count())
      .field("interval_s", record.interval.count())
      .field("host_gap_ms", record.host_gap.count());
  fields.count("ttl_minutes", record.hints.ttl_minutes);
  fields.count("update_minutes", record.hints.update_minutes);
  fields.count("skip_hours", record.hints.skip_hours);
  fields.count("skip_days", record.hints.skip_days);
  fields.json().end_object();
}

// --- Reading ---

using Value = rapidjson::Value;

// An object to ask for members that may be absent, or of another kind in a damaged line.
class Members {
 public:
  explicit Members(const Value* object) : object_(object) {}

  const Value* at(const char* name) const {
    if (object_ == nullptr || !object_->IsObject()) return nullptr;
    const auto member = object_->FindMember(name);
    return member == object_->MemberEnd() ? nullptr : &member->value;
  }
  std::string text(const char* name) const {
    const Value* const value = at(name);
    return value != nullptr && value->IsString()
               ? std::string(value->GetString(), value->GetStringLength())
               : std::string();
  }
  std::int64_t number(const char* name) const {
    const Value* const value = at(name);
    return value != nullptr && value->IsInt64() ? value->GetInt64() : 0;
  }
  std::uint64_t count(const char* name) const {
    const Value* const value = at(name);
    return value != nullptr && value->IsUint64() ? value->GetUint64() : 0;
  }
  bool flag(const char* name) const {
    const Value* const value = at(name);
    return value != nullptr && value->IsTrue();
  }
  std::uint32_t small(const char* name) const { return static_cast<std::uint32_t>(count(name)); }

 private:
  const Value* object_;
};

// What format_time() wrote.
std::optional<WallTime> parse_time(std::string_view text) {
  const std::optional<feeds::ParsedDate> date = feeds::parse_date(text);
  const std::size_t dot = text.find('.');
  if (!date || dot == text.npos || text.size() != dot + 8) return std::nullopt;
  std::int64_t micros = 0;
  const char* const end = text.data() + dot + 7;
  if (std::from_chars(text.data() + dot + 1, end, micros).ptr != end) return std::nullopt;
  return WallTime{date->time.time_since_epoch() + microseconds{micros}};
}

std::optional<FeedKey> parse_feed(std::string_view id) {
  FeedKey key = 0;
  if (!id.starts_with("f-") || id.size() != 18) return std::nullopt;
  const char* const end = id.data() + id.size();
  if (std::from_chars(id.data() + 2, end, key, 16).ptr != end) return std::nullopt;
  return key;
}

template <typename Names>
std::optional<std::size_t> find_name(const Names& names, std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return i;
  return std::nullopt;
}

std::optional<PollRule> parse_rule(std::string_view name) {
  if (name.empty()) return PollRule::host_share;  // which had no name at first
  for (std::uint8_t i = 0; i < kPollRules; ++i)
    if (poll_rule_name(static_cast<PollRule>(i)) == name) return static_cast<PollRule>(i);
  return std::nullopt;
}

void read_received(const Members& received, PollRecord& record) {
  record.etag = received.text("etag");
  record.last_modified = received.text("last_modified");
  record.cache_control = received.text("cache_control");
  record.age = received.text("age");
  record.expires = received.text("expires");
  record.date = received.text("date");
  record.retry_after = received.text("retry_after");
  record.set_cookie = received.flag("set_cookie");
}

void read_bounds(const Members& bounds, PollRecord& record) {
  record.floor = seconds{bounds.number("floor_s")};
  record.interval = seconds{bounds.number("interval_s")};
  record.host_gap = milliseconds{bounds.number("host_gap_ms")};
  record.hints = {bounds.small("ttl_minutes"), bounds.small("update_minutes"),
                  bounds.small("skip_hours"), bounds.small("skip_days")};
}

PollRecord::Peer read_peer(const Members& object) {
  return {object.text("peer"), object.text("allowed_by")};
}

void read_hops(const Value* hops, PollRecord& record) {
  if (hops == nullptr || !hops->IsArray()) return;
  for (const Value& value : hops->GetArray()) {
    const Members hop(&value);
    record.hops.push_back({static_cast<int>(hop.number("status")), hop.text("to"), read_peer(hop)});
  }
}

void read_plain(const Members& line, PollRecord& record) {
  record.poll = line.count("poll");
  record.url = line.text("url");
  record.host = line.text("host");
  record.took = microseconds{line.number("took_us")};
  record.run = line.count("run");
  record.uptime = microseconds{line.number("uptime_us")};
  record.final_url = line.text("final_url");
  record.peer = read_peer(line);
  record.place = parse_feed(line.text("place")).value_or(0);
  record.status = static_cast<int>(line.number("status"));
  record.error = line.text("error");
  record.linked = line.text("linked");
  record.bytes = line.count("bytes");
  record.cause = static_cast<PollCause>(find_name(kCauses, line.text("cause")).value_or(0));
  record.own_scope = line.flag("own_scope");
  record.conditional_repeat = line.flag("repeat");
}

Error corrupt(std::string_view what) {
  return Error{ErrorCode::corrupt, fmt::format("no record of a request: {}", what)};
}

}  // namespace

std::string_view verdict_name(PollVerdict verdict) {
  return kVerdicts[static_cast<std::size_t>(verdict)];
}

void append_poll_record(std::string& out, const PollRecord& record) {
  Fields fields(out);
  fields.json().begin_object();
  fields.time("at", record.at);
  fields.time("previous", record.previous);
  fields.time("noted", record.noted);
  fields.time("renewed", record.renewed);
  fields.text("feed_id", feed_id(record.feed));
  fields.count("poll", record.poll);
  if (record.cause != PollCause::schedule)
    fields.text("cause", kCauses[static_cast<std::size_t>(record.cause)]);
  fields.text("url", record.url);
  fields.text("host", record.host);
  if (record.place != 0) fields.text("place", feed_id(record.place));
  fields.count("run", record.run);
  fields.count("uptime_us", count_of(record.uptime));
  fields.count("took_us", count_of(record.took));
  append_sent(fields, record);
  append_hops(fields.json(), record);
  fields.text("final_url", record.final_url);
  append_peer(fields.json(), record.peer);
  fields.count("status", static_cast<std::uint64_t>(record.status));
  fields.text("error", record.error);
  append_received(fields, record);
  fields.count("bytes", record.bytes);
  fields.text("verdict", verdict_name(record.verdict));
  fields.text("linked", record.linked);
  fields.time("gap", record.gap);
  fields.flag("own_scope", record.own_scope);
  fields.flag("repeat", record.conditional_repeat);
  append_bounds(fields, record);
  fields.time("next_poll", record.next_poll);
  fields.text("rule", poll_rule_name(record.rule));
  fields.json().end_object();
  out += '\n';
}

Result<PollRecord> parse_poll_record(std::string_view line) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(line.data(), line.size());
  if (document.HasParseError() || !document.IsObject()) return corrupt("not a JSON object");
  const Members members(&document);
  PollRecord record;
  const std::optional<FeedKey> feed = parse_feed(members.text("feed_id"));
  const std::optional<WallTime> at = parse_time(members.text("at"));
  const auto verdict = find_name(kVerdicts, members.text("verdict"));
  const std::optional<PollRule> rule = parse_rule(members.text("rule"));
  if (!feed || !at || !verdict || !rule) return corrupt("feed_id, at, verdict or rule");
  record.feed = *feed;
  record.at = *at;
  record.verdict = static_cast<PollVerdict>(*verdict);
  record.rule = *rule;
  record.previous = parse_time(members.text("previous")).value_or(WallTime{});
  record.noted = parse_time(members.text("noted")).value_or(WallTime{});
  record.renewed = parse_time(members.text("renewed")).value_or(WallTime{});
  record.next_poll = parse_time(members.text("next_poll")).value_or(WallTime{});
  record.gap = parse_time(members.text("gap")).value_or(WallTime{});
  read_plain(members, record);
  const Members sent(members.at("sent"));
  record.if_none_match = sent.text("if_none_match");
  record.if_modified_since = sent.text("if_modified_since");
  record.doubts = sent.flag("doubts");
  record.sent_cookie = sent.flag("cookie");
  read_hops(members.at("hops"), record);
  read_received(Members(members.at("received")), record);
  read_bounds(Members(members.at("bounds")), record);
  return record;
}

}  // namespace feedwire::storage
