// Handlers of what became of a feed lately: /v1/feeds/ID/requests and /v1/feeds/ID/changes.

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/json_writer.h"
#include "daemon/api_handlers.h"
#include "daemon/feed_history.h"
#include "storage/find_feed.h"

namespace feedwire::daemon {
namespace {

constexpr std::size_t kMaxShown = 100, kShown = 20;  // requests, changes
constexpr std::size_t kMaxDays = 90, kDays = 7;

/// A number of the query from `least` on. Errors: invalid_argument.
Result<std::size_t> number_of(const ApiCall& call, const std::string& name, std::size_t least,
                              std::size_t most, std::size_t otherwise) {
  const auto found = call.request.query.find(name);
  if (found == call.request.query.end()) return otherwise;
  const std::string& text = found->second;
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || rest != end || number < least || number > most)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{}: expected a number from {} to {}", name, least, most)};
  return number;
}

ApiReply requests_reply(const FeedRequests& requests) {
  ApiReply reply;
  JsonWriter json(reply.body);
  json.begin_object().key("requests").begin_array();
  for (const std::string& line : requests.lines) json.raw(line);
  json.end_array().key("all").boolean(requests.all).end_object();
  return reply;
}

void append_count(JsonWriter& json, std::string_view name, std::uint64_t count) {
  if (count != 0) json.field(name, static_cast<std::int64_t>(count));
}

void append_hours(JsonWriter& json, const FeedChangesOverTime& changes) {
  json.key("hours").begin_array();
  for (const auto& [hour, counts] : changes.hours) {
    json.begin_object().field("hour", hour + ":00:00Z");
    append_count(json, "initial", counts.initial);
    append_count(json, "created", counts.created);
    append_count(json, "updated", counts.updated);
    append_count(json, "deleted", counts.deleted);
    append_count(json, "restored", counts.restored);
    append_count(json, "sighted", counts.sighted);
    json.end_object();
  }
  json.end_array();
}

void append_last(JsonWriter& json, const FeedChangesOverTime& changes) {
  json.key("last").begin_array();
  for (const EntryChange& change : changes.last) {
    json.begin_object()
        .field("sequence", change.sequence)
        .field("type", change.type)
        .field("time", change.time)
        .field("entry_key", change.entry_key)
        .field_if("title", change.title)
        .field_if("url", change.url);
    if (change.initial) json.key("initial").boolean(true);
    if (!change.changed.empty()) {
      json.key("changed").begin_array();
      for (const std::string& name : change.changed) json.string(name);
      json.end_array();
    }
    json.end_object();
  }
  json.end_array();
}

ApiReply changes_reply(const FeedChangesOverTime& changes, WallTime since) {
  ApiReply reply;
  JsonWriter json(reply.body);
  json.begin_object().field("since", changes.from.empty() ? format_time(since) : changes.from);
  append_hours(json, changes);
  append_last(json, changes);
  json.end_object();
  return reply;
}

}  // namespace

void get_feed_requests(const ApiCall& call, const Respond& respond) {
  const Result<std::size_t> limit = number_of(call, "limit", 1, kMaxShown, kShown);
  if (!limit) return respond(problem(400, limit.error().message));
  const Result<storage::StoredFeed> feed =
      storage::find_feed(call.backend.store(), call.request.path[2]);
  if (!feed) return respond(store_problem(feed.error()));
  on_read_thread(call, respond,
                 [dir = call.backend.ledger_dir(), key = feed->ref.key,
                  limit = *limit](const std::atomic<bool>& stopping) {
                   PosixFs fs;
                   const Result<FeedRequests> requests =
                       last_requests(fs, dir, key, limit, stopping);
                   return requests ? requests_reply(*requests) : store_problem(requests.error());
                 });
}

void get_feed_changes(const ApiCall& call, const Respond& respond) {
  const Result<std::size_t> limit = number_of(call, "limit", 0, kMaxShown, kShown);
  if (!limit) return respond(problem(400, limit.error().message));
  const Result<std::size_t> days = number_of(call, "days", 1, kMaxDays, kDays);
  if (!days) return respond(problem(400, days.error().message));
  const Result<storage::StoredFeed> feed =
      storage::find_feed(call.backend.store(), call.request.path[2]);
  if (!feed) return respond(store_problem(feed.error()));
  on_read_thread(
      call, respond,
      [dir = call.backend.store().log_status().active_segment.parent_path(), key = feed->ref.key,
       limit = *limit, since = call.now - std::chrono::days(static_cast<int>(*days))](
          const std::atomic<bool>& stopping) {
        PosixFs fs;
        const Result<FeedChangesOverTime> changes =
            changes_over_time(fs, dir, key, since, limit, stopping);
        return changes ? changes_reply(*changes, since) : store_problem(changes.error());
      });
}

}  // namespace feedwire::daemon
