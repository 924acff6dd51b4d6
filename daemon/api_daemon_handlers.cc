// Handlers about the daemon itself: /livez, /readyz, /v1/status, /v1/reload, /v1/backup.

#include <spdlog/spdlog.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "daemon/api_handlers.h"
#include "daemon/log_text.h"
#include "storage/store_json.h"

namespace feedwire::daemon {
namespace {

void append_count(JsonWriter& json, std::string_view name, std::uint64_t count) {
  json.field(name, static_cast<std::int64_t>(count));
}

void append_log(JsonWriter& json, const storage::LogStatus& log) {
  json.begin_object().field("source", log.source).field("epoch", log.epoch);
  json.field("first_sequence", storage::format_sequence(log.first));
  json.field("last_sequence", storage::format_sequence(log.last));
  json.field_if("active_segment", log.active_segment.filename().native());
  append_count(json, "active_bytes", log.active_bytes);
  append_count(json, "unsynced_events", log.unsynced_events);
  append_count(json, "disturbances", log.disturbances);
  json.end_object();
}

void append_strings(JsonWriter& json, const std::vector<std::string>& strings) {
  json.begin_array();
  for (const std::string& string : strings) json.string(string);
  json.end_array();
}

ApiReply backup_problem(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid_argument:
      return problem(409, error.message);
    case ErrorCode::permission:
      return problem(403, error.message + "; feedwired makes the folder, so it must be allowed to");
    case ErrorCode::busy:
      return problem(503, error.message);
    default:
      SPDLOG_ERROR("backup failed error={}", log_value(error.message));
      return problem(500, error.message);
  }
}

}  // namespace

ApiReply store_problem(const Error& error) {
  if (error.code == ErrorCode::not_found) return problem(404, error.message);
  SPDLOG_ERROR("api: the store cannot be read error={}", log_value(error.message));
  return problem(500, error.message);
}

void on_read_thread(const ApiCall& call, const Respond& respond,
                    std::function<ApiReply(const std::atomic<bool>& stopping)> work) {
  const bool accepted = call.backend.on_read_thread(
      [respond, work = std::move(work)](const std::atomic<bool>& stopping) {
        respond(work(stopping));
      });
  if (!accepted) respond(problem(503, "feedwired is stopping, or has too much to read"));
}

void get_livez(const ApiCall& call, const Respond& respond) {
  if (!call.backend.alive()) return respond(problem(503, "a thread hangs"));
  respond({.body = R"({"status":"alive"})"});
}

void get_readyz(const ApiCall& call, const Respond& respond) {
  const std::vector<std::string> reasons = call.backend.not_ready();
  ApiReply reply{.status = reasons.empty() ? 200 : 503};
  JsonWriter json(reply.body);
  json.begin_object().field("status", reasons.empty() ? "ready" : "not ready").key("reasons");
  append_strings(json, reasons);
  json.end_object();
  respond(std::move(reply));
}

void get_status(const ApiCall& call, const Respond& respond) {
  const DaemonStatus status = call.backend.status();
  const std::vector<std::string> reasons = call.backend.not_ready();
  ApiReply reply;
  JsonWriter json(reply.body);
  json.begin_object()
      .field("version", status.version)
      .field("config_file", status.config_file)
      .field("started", format_time(status.started))
      .key("ready")
      .boolean(reasons.empty());
  json.key("reasons");
  append_strings(json, reasons);
  json.key("offline").boolean(status.offline_since != WallTime{});
  if (status.offline_since != WallTime{})
    json.field("offline_since", format_time(status.offline_since));
  append_count(json, "feeds", status.feeds);
  append_count(json, "failing", status.failing);
  append_count(json, "polls", status.polls);
  append_count(json, "documents", status.documents);
  append_count(json, "unchanged", status.unchanged);
  append_count(json, "failures", status.failures);
  append_count(json, "created", status.created);
  append_count(json, "updated", status.updated);
  append_count(json, "sighted", status.sighted);
  append_count(json, "deleted", status.deleted);
  append_count(json, "restored", status.restored);
  if (status.last_reload != WallTime{}) json.field("last_reload", format_time(status.last_reload));
  json.field_if("last_reload_error", status.last_reload_error);
  json.key("log");
  append_log(json, call.backend.store().log_status());
  json.end_object();
  respond(std::move(reply));
}

void post_reload(const ApiCall& call, const Respond& respond) {
  const bool accepted = call.backend.reload([respond](const ReloadResult& result) {
    if (!result.mistakes.empty())
      return respond(problem(422, "the configuration has mistakes; the old one stays in force",
                             result.mistakes));
    ApiReply reply;
    JsonWriter json(reply.body);
    json.begin_object().field("feeds", static_cast<std::int64_t>(result.feeds));
    json.key("needs_restart").boolean(result.needs_restart).end_object();
    respond(std::move(reply));
  });
  if (!accepted) respond(problem(503, "feedwired is stopping, or busy with other reloads"));
}

void post_backup(const ApiCall& call, const Respond& respond) {
  const auto dir = call.request.query.find("dir");
  if (dir == call.request.query.end() || !dir->second.starts_with('/'))
    return respond(problem(400, "dir: expected the absolute path of a folder to be made"));
  const bool accepted = call.backend.backup(
      dir->second, [respond, dir = dir->second](const Result<storage::BackupSummary>& made) {
        if (!made) return respond(backup_problem(made.error()));
        SPDLOG_INFO("backup made dir={} last_sequence={}", log_value(dir), made->last);
        ApiReply reply;
        JsonWriter json(reply.body);
        storage::append_backup_json(json, dir, *made);
        respond(std::move(reply));
      });
  if (!accepted) respond(problem(503, "feedwired is stopping, or another backup is under way"));
}

}  // namespace feedwire::daemon
