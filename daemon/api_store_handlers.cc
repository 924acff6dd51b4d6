// Handlers that read what the store holds: /v1/feeds, /v1/entries.

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "daemon/api_handlers.h"
#include "storage/find_feed.h"
#include "storage/store_json.h"

namespace feedwire::daemon {
namespace {

constexpr std::size_t kMaxEntries = 1000;  // in one reply

/// A key as ids and subjects have it ("e-…") or alone.
std::string_view without_prefix(std::string_view id, std::string_view prefix) {
  return id.starts_with(prefix) ? id.substr(prefix.size()) : id;
}

Result<std::size_t> parse_limit(std::string_view text) {
  std::size_t limit = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, limit);
  if (error != std::errc{} || rest != end || limit < 1 || limit > kMaxEntries)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("limit: expected a number from 1 to {}", kMaxEntries)};
  return limit;
}

}  // namespace

void get_feeds(const ApiCall& call, const Respond& respond) {
  const Result<std::vector<storage::StoredFeed>> feeds = call.backend.store().feeds();
  if (!feeds) return respond(store_problem(feeds.error()));
  ApiReply reply;
  JsonWriter json(reply.body);
  json.begin_object().key("feeds").begin_array();
  for (const storage::StoredFeed& feed : *feeds) storage::append_feed_json(json, feed);
  json.end_array().end_object();
  respond(std::move(reply));
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
  const std::map<std::string, std::string>& query = call.request.query;
  storage::EntryFilter filter;
  if (const auto limit = query.find("limit"); limit != query.end()) {
    const Result<std::size_t> number = parse_limit(limit->second);
    if (!number) return respond(problem(400, number.error().message));
    filter.limit = *number;
  }
  if (const auto id = query.find("feed"); id != query.end()) {
    const Result<storage::StoredFeed> feed = storage::find_feed(store, id->second);
    if (!feed) return respond(store_problem(feed.error()));
    filter.feed = feed->ref.key;
  }

  const Result<std::vector<storage::StoredEntry>> entries = store.entries(filter);
  if (!entries) return respond(store_problem(entries.error()));
  ApiReply reply;
  JsonWriter json(reply.body);
  json.begin_object().key("entries").begin_array();
  for (const storage::StoredEntry& entry : *entries) storage::append_entry_json(json, entry);
  json.end_array().end_object();
  respond(std::move(reply));
}

void get_entry(const ApiCall& call, const Respond& respond) {
  const Result<Hash128> key = Hash128::from_hex(without_prefix(call.request.path.back(), "e-"));
  if (!key) return respond(problem(404, "an entry's key has 32 lower-case hex digits"));
  const Result<storage::StoredEntry> entry = call.backend.store().entry(*key);
  if (!entry) return respond(store_problem(entry.error()));
  ApiReply reply;
  JsonWriter json(reply.body);
  storage::append_entry_json(json, *entry);
  respond(std::move(reply));
}

}  // namespace feedwire::daemon
