// Handlers of /v1/cursors. Changes are decided on the store thread, the only one that makes them,
// so that a cursor never goes back however many clients write at once.

#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/json_writer.h"
#include "daemon/api_body.h"
#include "daemon/api_handlers.h"
#include "storage/schema.h"
#include "storage/store_json.h"

namespace feedwire::daemon {
namespace {

using Cursors = std::map<std::string, storage::CursorRow>;

// A string: JSON numbers lose digits beyond 2^53 in many a client.
constexpr std::string_view kAckedShape = "\"acked\", a string of 1 to 20 digits below 2^64";

/// The body of a PUT.
struct CursorChange {
  storage::Sequence acked = 0;
  std::optional<bool> hold;  // absent = as it is
  bool force = false;        // may lower `acked`, or put it beyond the log's end
};

ApiReply bad_name() {
  return problem(400,
                 "a cursor's name is 1 to 64 of a-z, 0-9, '.', '_', '-', the first one of "
                 "a-z, 0-9");
}

ApiReply no_cursor(std::string_view name) {
  return problem(404, fmt::format("there is no cursor \"{}\"", name));
}

ApiReply cursor_reply(std::string_view name, const storage::CursorRow& row) {
  ApiReply reply;
  JsonWriter json(reply.body);
  storage::append_cursor_json(json, name, row);
  return reply;
}

Result<storage::Sequence> read_acked(const rapidjson::Value& value) {
  if (!value.IsString()) return expected(kAckedShape);
  const Result<storage::Sequence> acked =
      storage::parse_sequence({value.GetString(), value.GetStringLength()});
  if (!acked) return expected(kAckedShape);
  return *acked;
}

/// Errors: malformed (no JSON), invalid_argument (JSON that means something else).
Result<CursorChange> read_change(const std::string& body) {
  Result<rapidjson::Document> parsed = parse_body(body);
  if (!parsed) return std::move(parsed).error();
  const rapidjson::Document& json = *parsed;
  if (!json.IsObject()) return expected("an object");

  CursorChange change;
  std::set<std::string_view> seen;
  for (const auto& member : json.GetObject()) {
    const std::string_view name(member.name.GetString(), member.name.GetStringLength());
    if (!seen.insert(name).second) return expected(fmt::format("\"{}\" only once", name));
    if (name == "acked") {
      const Result<storage::Sequence> acked = read_acked(member.value);
      if (!acked) return acked.error();
      change.acked = *acked;
    } else if (name == "hold" || name == "force") {
      if (!member.value.IsBool()) return expected(fmt::format("\"{}\", true or false", name));
      if (name == "hold") change.hold = member.value.GetBool();
      if (name == "force") change.force = member.value.GetBool();
    } else {
      return expected(fmt::format("acked, hold and force, not \"{}\"", name));
    }
  }
  if (!seen.contains("acked")) return expected(kAckedShape);
  return change;
}

/// On the store thread. Returns what ends the process.
Result<void> apply(storage::Store& store, const std::string& name, const CursorChange& change,
                   WallTime now, const Respond& respond) {
  const Result<Cursors> cursors = store.cursors();
  if (!cursors) {
    respond(store_problem(cursors.error()));
    return {};
  }
  storage::CursorRow row;
  if (const auto old = cursors->find(name); old != cursors->end()) {
    row = old->second;
    if (change.acked < row.acked && !change.force) {
      respond(problem(409, fmt::format("the cursor is at {} already; \"force\": true moves it back",
                                       storage::format_sequence(row.acked))));
      return {};
    }
  }
  // Whoever says so has read another log: events that this one will have would be skipped.
  const storage::Sequence last = store.log_status().last;
  if (change.acked > last && !change.force) {
    respond(problem(409, fmt::format("the log ends at {}; was a backup restored? \"force\": true "
                                     "puts the cursor beyond it",
                                     storage::format_sequence(last))));
    return {};
  }
  row.acked = change.acked;
  row.hold = change.hold.value_or(row.hold);
  row.updated = now;
  if (Result<void> set = store.set_cursor(name, row); !set) {
    respond(store_problem(set.error()));
    return set;
  }
  respond(cursor_reply(name, row));
  return {};
}

Result<void> erase(storage::Store& store, const std::string& name, const Respond& respond) {
  Result<void> removed = store.delete_cursor(name);
  if (removed) {
    respond({.status = 204, .content_type = ""});
    return {};
  }
  if (removed.error().code == ErrorCode::not_found) {
    respond(no_cursor(name));
    return {};
  }
  respond(store_problem(removed.error()));
  return removed;
}

void hand_over(const ApiCall& call, StoreTask task, const Respond& respond) {
  if (!call.backend.on_store_thread(std::move(task)))
    respond(problem(503, "feedwired is stopping, or its store is busy; try again"));
}

}  // namespace

void get_cursors(const ApiCall& call, const Respond& respond) {
  const Result<Cursors> cursors = call.backend.store().cursors();
  if (!cursors) return respond(store_problem(cursors.error()));
  ApiReply reply;
  JsonWriter json(reply.body);
  json.begin_object().key("cursors").begin_array();
  for (const auto& [name, row] : *cursors) storage::append_cursor_json(json, name, row);
  json.end_array().end_object();
  respond(std::move(reply));
}

void get_cursor(const ApiCall& call, const Respond& respond) {
  const std::string& name = call.request.path.back();
  if (!storage::is_cursor_name(name)) return respond(bad_name());
  const Result<Cursors> cursors = call.backend.store().cursors();
  if (!cursors) return respond(store_problem(cursors.error()));
  const auto cursor = cursors->find(name);
  if (cursor == cursors->end()) return respond(no_cursor(name));
  respond(cursor_reply(name, cursor->second));
}

void put_cursor(const ApiCall& call, const Respond& respond) {
  const std::string& name = call.request.path.back();
  if (!storage::is_cursor_name(name)) return respond(bad_name());
  const Result<CursorChange> change = read_change(call.request.body);
  if (!change) {
    const int status = change.error().code == ErrorCode::malformed ? 400 : 422;
    return respond(problem(status, change.error().message));
  }
  hand_over(
      call,
      [name, change = *change, now = call.now, respond](storage::Store& store) {
        return apply(store, name, change, now, respond);
      },
      respond);
}

void delete_cursor(const ApiCall& call, const Respond& respond) {
  const std::string& name = call.request.path.back();
  if (!storage::is_cursor_name(name)) return respond(bad_name());
  hand_over(
      call, [name, respond](storage::Store& store) { return erase(store, name, respond); },
      respond);
}

}  // namespace feedwire::daemon
