// The handler of /v1/overview: what an operator asks first, in one reply.

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "daemon/api_handlers.h"
#include "storage/feed_problems.h"
#include "storage/store_json.h"

namespace feedwire::daemon {
namespace {

/// A feed that is due waits for its turn and for the gap of its host. Later than this it is told
/// of.
constexpr std::chrono::seconds kPunctual{60};

void append_count(JsonWriter& json, std::string_view name, std::uint64_t count) {
  json.field(name, static_cast<std::int64_t>(count));
}

void append_time_if(JsonWriter& json, std::string_view name, WallTime time) {
  if (time != WallTime{}) json.field(name, format_time(time));
}

/// What the rows of all feeds come to.
struct FeedsAtOneGlance {
  std::map<std::string_view, std::uint64_t> states;
  std::uint64_t total = 0, ill = 0, overdue = 0;
  std::chrono::seconds longest_overdue{};
  WallTime last_poll{}, last_success{}, next_poll{};

  FeedsAtOneGlance(const std::vector<storage::StoredFeed>& feeds, WallTime now) {
    for (const storage::StoredFeed& feed : feeds) add(feed, now);
  }

 private:
  void add(const storage::StoredFeed& feed, WallTime now) {
    ++total;
    ++states[storage::feed_state(feed)];
    ill += is_ill(feed) ? 1 : 0;
    last_poll = std::max(last_poll, feed.poll.last_poll);
    last_success = std::max(last_success, feed.poll.last_success);
    if (feed.ref.paused || !storage::is_scheduled(feed.poll) || feed.poll.next_poll == WallTime{})
      return;
    if (next_poll == WallTime{} || feed.poll.next_poll < next_poll) next_poll = feed.poll.next_poll;
    const auto late = std::chrono::floor<std::chrono::seconds>(now - feed.poll.next_poll);
    if (late <= kPunctual) return;
    ++overdue;
    longest_overdue = std::max(longest_overdue, late);
  }
};

void append_feeds(JsonWriter& json, const FeedsAtOneGlance& feeds) {
  json.key("feeds").begin_object();
  append_count(json, "total", feeds.total);
  for (const std::string_view state : {"ok", "new", "failing", "gone", "paused"}) {
    const auto found = feeds.states.find(state);
    append_count(json, state, found == feeds.states.end() ? 0 : found->second);
  }
  append_count(json, "ill", feeds.ill);
  append_count(json, "overdue", feeds.overdue);
  append_count(json, "longest_overdue", static_cast<std::uint64_t>(feeds.longest_overdue.count()));
  append_time_if(json, "next_poll", feeds.next_poll);
  append_time_if(json, "last_poll", feeds.last_poll);
  append_time_if(json, "last_success", feeds.last_success);
  json.end_object();
}

void append_disk(JsonWriter& json, const std::filesystem::path& segment) {
  if (segment.empty()) return;
  std::error_code error;
  const std::filesystem::space_info room = std::filesystem::space(segment.parent_path(), error);
  if (error) return;
  json.key("disk").begin_object();
  append_count(json, "free_bytes", room.available);
  append_count(json, "total_bytes", room.capacity);
  json.end_object();
}

void append_cursors(JsonWriter& json, const std::map<std::string, storage::CursorRow>& cursors,
                    storage::Sequence last) {
  json.key("cursors").begin_array();
  for (const auto& [name, row] : cursors) {
    json.begin_object().field("name", name);
    append_count(json, "behind", last - std::min(row.acked, last));
    json.key("hold").boolean(row.hold);
    append_time_if(json, "updated", row.updated);
    json.end_object();
  }
  json.end_array();
}

void append_daemon(JsonWriter& json, const DaemonStatus& status,
                   const std::vector<std::string>& reasons) {
  json.field("version", status.version).field("started", format_time(status.started));
  json.key("ready").boolean(reasons.empty()).key("reasons").begin_array();
  for (const std::string& reason : reasons) json.string(reason);
  json.end_array().key("offline").boolean(status.offline_since != WallTime{});
  append_time_if(json, "offline_since", status.offline_since);
  json.field_if("last_reload_error", status.last_reload_error);
  append_time_if(json, "last_commit", status.last_commit);
  append_count(json, "polls", status.polls);
  append_count(json, "failures", status.failures);
}

ApiReply overview(const ApiBackend& backend, WallTime now) {
  const Result<std::vector<storage::StoredFeed>> feeds = backend.store().feeds();
  if (!feeds) return store_problem(feeds.error());
  const Result<std::map<std::string, storage::CursorRow>> cursors = backend.store().cursors();
  if (!cursors) return store_problem(cursors.error());
  const storage::LogStatus log = backend.store().log_status();
  ApiReply reply;
  JsonWriter json(reply.body);
  json.begin_object().field("now", format_time(now)).key("alive").boolean(backend.alive());
  append_daemon(json, backend.status(), backend.not_ready());
  append_feeds(json, FeedsAtOneGlance(*feeds, now));
  append_disk(json, log.active_segment);
  json.key("log").begin_object();
  json.field("first_sequence", storage::format_sequence(log.first));
  json.field("last_sequence", storage::format_sequence(log.last));
  append_count(json, "disturbances", log.disturbances);
  json.end_object();
  append_cursors(json, *cursors, log.last);
  json.end_object();
  return reply;
}

}  // namespace

bool is_ill(const storage::StoredFeed& feed) {
  const std::string_view state = storage::feed_state(feed);
  return state == "failing" || state == "gone" || !storage::feed_problems(feed.poll).empty();
}

void get_overview(const ApiCall& call, const Respond& respond) {
  on_read_thread(call, respond, [&backend = call.backend, now = call.now](const auto&) {
    return overview(backend, now);
  });
}

}  // namespace feedwire::daemon
