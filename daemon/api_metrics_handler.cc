// The handler of /metrics. Nothing here is asked of another thread, no row is read but the cursors,
// and no label comes from a feed.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>

#include "daemon/api_handlers.h"
#include "daemon/metrics_text.h"

namespace feedwire::daemon {
namespace {

double unix_seconds(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

void append_fetches(MetricsText& metrics, const FetchFigures& fetches) {
  metrics.family("feedwire_fetches_total", MetricKind::counter, "Requests by what came of them.");
  for (std::size_t i = 0; i < fetches.results.size(); ++i)
    metrics.sample(fetches.results[i], {{"result", to_string(static_cast<FetchResult>(i))}});
  metrics.histogram("feedwire_fetch_duration_seconds", fetches.took,
                    "From a request to the end of its answer, redirects included.");
  metrics.family("feedwire_fetch_bytes_total", MetricKind::counter,
                 "Of bodies, as they came and as they were decoded.");
  metrics.sample(fetches.wire_bytes, {{"direction", "wire"}});
  metrics.sample(fetches.decoded_bytes, {{"direction", "decoded"}});
  metrics.gauge("feedwire_fetches_in_flight", fetches.in_flight, "Requests without an answer yet.");
  metrics.gauge_seconds("feedwire_schedule_lag_seconds", fetches.lag,
                        "How long the request that is due first has waited for a place.");
}

void append_daemon(MetricsText& metrics, const DaemonStatus& status) {
  metrics.family("feedwire_build_info", MetricKind::gauge, "Always 1; the labels say what runs.");
  metrics.sample(std::uint64_t{1}, {{"version", status.version}, {"revision", status.revision}});
  metrics.family("feedwire_feeds", MetricKind::gauge, "Subscriptions.");
  metrics.sample(status.feeds - std::min(status.failing, status.feeds), {{"state", "ok"}});
  metrics.sample(status.failing, {{"state", "failing"}});
  append_fetches(metrics, status.fetches);
  metrics.family("feedwire_items_total", MetricKind::counter, "Entries that documents had.");
  metrics.sample(status.items.created, {{"outcome", "new"}});
  metrics.sample(status.items.updated, {{"outcome", "updated"}});
  metrics.sample(status.items.duplicate, {{"outcome", "duplicate"}});
  metrics.sample(status.items.rejected, {{"outcome", "rejected"}});
  metrics.family("feedwire_events_total", MetricKind::counter, "Events of entries, committed.");
  metrics.sample(status.created, {{"type", "entry.created"}});
  metrics.sample(status.updated, {{"type", "entry.updated"}});
  metrics.sample(status.sighted, {{"type", "entry.sighted"}});
  metrics.sample(status.deleted, {{"type", "entry.deleted"}});
  metrics.sample(status.restored, {{"type", "entry.restored"}});
  metrics.gauge("feedwire_offline", status.offline_since == WallTime{} ? 0 : 1,
                "1 while nothing can be reached.");
  const bool reloaded = status.last_reload != WallTime{};
  metrics.gauge("feedwire_config_last_reload_successful", status.last_reload_error.empty() ? 1 : 0,
                "1 if the last configuration that was read is in force.");
  metrics.family("feedwire_config_last_reload_timestamp_seconds", MetricKind::gauge,
                 "When a configuration was read last.");
  metrics.sample(unix_seconds(reloaded ? status.last_reload : status.started));
  metrics.family("process_start_time_seconds", MetricKind::gauge, "When the daemon started.");
  metrics.sample(unix_seconds(status.started));
}

void append_store(MetricsText& metrics, const storage::StoreFigures& store) {
  metrics.histogram("feedwire_commit_duration_seconds", store.commits,
                    "Of commit groups, from their decision to their lines.");
  metrics.histogram("feedwire_segment_sync_duration_seconds", store.syncs,
                    "Of syncs of the active segment.");
  metrics.gauge_seconds("feedwire_recovery_duration_seconds", store.recovery,
                        "What recovery of the event log took at the start.");
  metrics.counter("feedwire_recovery_rewritten_lines_total", store.rewritten_lines,
                  "Lines that recovery wrote once more at the start.");
  metrics.gauge("feedwire_db_wal_bytes", store.wal_bytes, "The write-ahead logs of the database.");
  metrics.family("feedwire_db_sst_bytes", MetricKind::gauge, "The tables of the database.");
  for (const auto& family : store.families) metrics.sample(family.sst_bytes, {{"cf", family.name}});
  metrics.gauge("feedwire_db_block_cache_bytes", store.block_cache_bytes,
                "Blocks of the database in memory.");
  metrics.family("feedwire_db_stall_seconds_total", MetricKind::counter,
                 "How long writes have waited for the database to catch up.");
  metrics.sample(std::chrono::duration<double>(store.stalled).count());
}

/// Of all segments; what is removed meanwhile does not count.
std::uint64_t log_bytes(const std::filesystem::path& events_dir) {
  std::error_code error;
  std::uint64_t bytes = 0;
  for (std::filesystem::directory_iterator each(events_dir, error), end; !error && each != end;
       each.increment(error)) {
    std::error_code gone;
    const std::uintmax_t size = each->path().extension() == ".ndjson" ? each->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

void append_log(MetricsText& metrics, const storage::LogStatus& log) {
  metrics.gauge("feedwire_event_log_first_sequence", log.first, "The earliest event of the log.");
  metrics.gauge("feedwire_event_log_last_sequence", log.last, "The last event of the log.");
  metrics.gauge("feedwire_event_log_unsynced_events", log.unsynced_events,
                "Events in the files that a power cut would have written once more.");
  metrics.counter("feedwire_event_log_disturbances_total", log.disturbances,
                  "How often somebody else changed the active segment.");
  if (log.active_segment.empty()) return;
  const std::filesystem::path dir = log.active_segment.parent_path();
  metrics.gauge("feedwire_event_log_bytes", log_bytes(dir), "Size of all segments.");
  std::error_code error;
  const std::filesystem::space_info room = std::filesystem::space(dir, error);
  if (!error) metrics.gauge("feedwire_disk_free_bytes", room.available, "Of the log's disk.");
}

void append_cursors(MetricsText& metrics, const std::map<std::string, storage::CursorRow>& cursors,
                    storage::Sequence last) {
  metrics.family("feedwire_cursor_lag_events", MetricKind::gauge,
                 "Events behind a consumer's cursor.");
  for (const auto& [name, row] : cursors)
    metrics.sample(last - std::min(row.acked, last), {{"cursor", name}});
}

}  // namespace

void get_metrics(const ApiCall& call, const Respond& respond) {
  MetricsText metrics;
  metrics.gauge("feedwire_ready", call.backend.not_ready().empty() ? 1 : 0, "As /readyz says.");
  append_process_metrics(metrics);
  if (call.backend.has_store()) {
    const storage::Store& store = call.backend.store();
    const Result<std::map<std::string, storage::CursorRow>> cursors = store.cursors();
    if (!cursors) return respond(store_problem(cursors.error()));
    const storage::LogStatus log = store.log_status();
    append_daemon(metrics, call.backend.status());
    append_log(metrics, log);
    append_store(metrics, store.figures());
    append_cursors(metrics, *cursors, log.last);
  }
  respond({.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics.take()});
}

}  // namespace feedwire::daemon
