// Handlers that read what the store holds: /v1/feeds, /v1/entries, /v1/snapshot.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "base/redact.h"
#include "daemon/api_handlers.h"
#include "feeds/ascii.h"
#include "feeds/date.h"
#include "storage/find_feed.h"
#include "storage/store_json.h"

namespace feedwire::daemon {
namespace {

constexpr std::size_t kMaxEntries = 1000;  // in one reply
constexpr std::size_t kMaxFeeds = 100'000;

/// A key as ids and subjects have it ("e-…") or alone.
Result<Hash128> entry_key(std::string_view id) {
  const Result<Hash128> key = Hash128::from_hex(id.starts_with("e-") ? id.substr(2) : id);
  if (key) return key;
  return Error{ErrorCode::not_found, "an entry's key has 32 lower-case hex digits"};
}

Result<std::size_t> parse_limit(std::string_view text, std::size_t most) {
  std::size_t limit = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, limit);
  if (error != std::errc{} || rest != end || limit < 1 || limit > most)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("limit: expected a number from 1 to {}", most)};
  return limit;
}

Result<WallTime> parse_time(const std::string& name, const std::string& text) {
  const std::optional<feeds::ParsedDate> date =
      text.ends_with('Z') ? feeds::parse_date(text) : std::nullopt;
  if (date) return WallTime(date->time);
  return Error{ErrorCode::invalid_argument,
               fmt::format("{}: expected a time such as 2026-11-21T21:15:01Z", name)};
}

// A condition but that on the feed, which is looked up.
Result<void> take_condition(const std::string& name, const std::string& value,
                            storage::EntryFilter& filter) {
  if (name == "limit") {
    const Result<std::size_t> limit = parse_limit(value, kMaxEntries);
    if (!limit) return limit.error();
    filter.limit = *limit;
  } else if (name == "tag") {
    filter.tag = value;
  } else {
    const Result<WallTime> time = parse_time(name, value);
    if (!time) return time.error();
    (name == "since" ? filter.since : filter.until) = *time;
  }
  return {};
}

/// Which feeds are asked for; all conditions hold together.
struct FeedFilter {
  std::string state;  // as feed_state() has it, or "ill"; empty = any
  std::string text;   // to_lower_ascii(), in the name, title, URL as it is shown, or a tag
  std::size_t limit = kMaxFeeds;
  storage::UrlText urls = storage::UrlText::shown;

  bool passes(const storage::StoredFeed& feed) const {
    if (!state.empty() && (state == "ill" ? !is_ill(feed) : storage::feed_state(feed) != state))
      return false;
    const storage::FeedRef& ref = feed.ref;
    const auto has = [&](const std::string& part) {
      return feeds::to_lower_ascii(part).find(text) != part.npos;
    };
    return text.empty() || has(ref.name) || has(ref.title) || has(redact_urls(ref.url)) ||
           std::any_of(ref.tags.begin(), ref.tags.end(), has);
  }
};

/// Errors: invalid_argument.
Result<FeedFilter> feed_filter(const std::map<std::string, std::string>& query) {
  constexpr std::array<std::string_view, 6> kStates = {"ok",   "new",    "failing",
                                                       "gone", "paused", "ill"};
  FeedFilter filter;
  for (const auto& [name, value] : query) {
    if (name == "limit") {
      const Result<std::size_t> limit = parse_limit(value, kMaxFeeds);
      if (!limit) return limit.error();
      filter.limit = *limit;
    } else if (name == "q") {
      filter.text = feeds::to_lower_ascii(value);
    } else if (name == "urls") {
      if (value != "whole") return Error{ErrorCode::invalid_argument, "urls: expected whole"};
      filter.urls = storage::UrlText::whole;
    } else if (std::find(kStates.begin(), kStates.end(), value) == kStates.end()) {
      return Error{ErrorCode::invalid_argument,
                   "state: expected ok, new, failing, gone, paused or ill"};
    } else {
      filter.state = value;
    }
  }
  return filter;
}

ApiReply feeds_reply(const storage::Store& store, const FeedFilter& filter) {
  const Result<std::vector<storage::StoredFeed>> feeds = store.feeds();
  if (!feeds) return store_problem(feeds.error());
  ApiReply reply;
  JsonWriter json(reply.body);
  std::size_t left = filter.limit;
  json.begin_object().key("feeds").begin_array();
  for (const storage::StoredFeed& feed : *feeds) {
    if (left == 0) break;
    if (!filter.passes(feed)) continue;
    storage::append_feed_json(json, feed, filter.urls);
    --left;
  }
  json.end_array().end_object();
  return reply;
}

// Of a feed whose entries are old, this reads all that was logged since.
ApiReply entries_reply(const storage::Store& store, const storage::EntryFilter& filter) {
  const Result<std::vector<storage::StoredEntry>> entries = store.entries(filter);
  if (!entries) return store_problem(entries.error());
  ApiReply reply;
  JsonWriter json(reply.body);
  json.begin_object().key("entries").begin_array();
  for (const storage::StoredEntry& entry : *entries) storage::append_entry_json(json, entry);
  json.end_array().end_object();
  return reply;
}

}  // namespace

void get_feeds(const ApiCall& call, const Respond& respond) {
  Result<FeedFilter> filter = feed_filter(call.request.query);
  if (!filter) return respond(problem(400, filter.error().message));
  if (filter->urls == storage::UrlText::whole && call.request.access < Access::change)
    return respond(problem(403,
                           "whole URLs: only root, feedwired's user and the group "
                           "feedwire-admin"));
  on_read_thread(call, respond,
                 [&store = call.backend.store(), filter = *std::move(filter)](const auto&) {
                   return feeds_reply(store, filter);
                 });
}

void get_feed(const ApiCall& call, const Respond& respond) {
  const Result<storage::StoredFeed> feed =
      storage::find_feed(call.backend.store(), call.request.path.back());
  if (!feed) return respond(store_problem(feed.error()));
  ApiReply reply;
  JsonWriter json(reply.body);
  storage::append_feed_json(json, *feed);
  respond(std::move(reply));
}

void get_entries(const ApiCall& call, const Respond& respond) {
  const storage::Store& store = call.backend.store();
  storage::EntryFilter filter;
  for (const auto& [name, value] : call.request.query) {
    if (name == "feed") {
      const Result<storage::StoredFeed> feed = storage::find_feed(store, value);
      if (!feed) return respond(store_problem(feed.error()));
      filter.feed = feed->ref.key;
      continue;
    }
    if (Result<void> taken = take_condition(name, value, filter); !taken)
      return respond(problem(400, taken.error().message));
  }

  on_read_thread(call, respond, [&store, filter = std::move(filter)](const auto&) {
    return entries_reply(store, filter);
  });
}

void get_entry(const ApiCall& call, const Respond& respond) {
  const Result<Hash128> key = entry_key(call.request.path.back());
  if (!key) return respond(problem(404, key.error().message));
  const Result<storage::StoredEntry> entry = call.backend.store().entry(*key);
  if (!entry) return respond(store_problem(entry.error()));
  ApiReply reply;
  JsonWriter json(reply.body);
  storage::append_entry_json(json, *entry);
  respond(std::move(reply));
}

void get_explanation(const ApiCall& call, const Respond& respond) {
  const Result<Hash128> key = entry_key(call.request.path[call.request.path.size() - 2]);
  if (!key) return respond(problem(404, key.error().message));
  const Result<storage::EntryExplanation> explanation = call.backend.store().explain(*key);
  if (!explanation) return respond(store_problem(explanation.error()));
  ApiReply reply;
  JsonWriter json(reply.body);
  storage::append_explanation_json(json, *explanation);
  respond(std::move(reply));
}

void get_snapshot(const ApiCall& call, const Respond& respond) {
  Result<std::unique_ptr<storage::EntrySnapshot>> snapshot = call.backend.store().snapshot();
  if (!snapshot) return respond(store_problem(snapshot.error()));
  ApiReply reply;
  reply.content_type = "application/x-ndjson";
  // Shared only because std::function wants to be copied.
  reply.source = [lines = std::shared_ptr<storage::EntrySnapshot>(*std::move(snapshot))](
                     std::string& bytes) { return lines->next(bytes); };
  respond(std::move(reply));
}

}  // namespace feedwire::daemon
