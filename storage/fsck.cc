#include "storage/fsck.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "storage/database.h"
#include "storage/event_log.h"
#include "storage/fsck_log.h"
#include "storage/fsck_places.h"
#include "storage/fsck_rows.h"
#include "storage/queries.h"
#include "storage/state_lock.h"

namespace feedwire::storage {
namespace {

bool is_sane(const MetaRow& meta) {
  return meta.log_uuid && meta.epoch >= 1 && meta.next > 1 && meta.active_segment >= 1 &&
         meta.active_end > 0 && meta.synced < meta.next && meta.outbox >= 1 &&
         meta.outbox <= meta.next;
}

// The row, if it can be relied on.
Result<std::optional<MetaRow>> read_meta(const std::string& bytes,
                                         const std::filesystem::path& state_dir,
                                         Findings& findings) {
  MetaRow meta;
  if (!decode(bytes, meta)) {
    findings.add("meta", "meta: the row cannot be read; restore a backup");
    return std::optional<MetaRow>{};
  }
  if (Result<void> known = check_schema(meta, state_dir); !known) return std::move(known).error();
  if (is_sane(meta)) return std::optional(meta);
  findings.add(
      "meta",
      fmt::format("meta: next event {}, active segment {} with {} bytes, synced up to "
                  "{}, outbox from {}: that cannot be; restore a backup",
                  meta.next, meta.active_segment, meta.active_end, meta.synced, meta.outbox));
  return std::optional<MetaRow>{};
}

// What can be said without knowing where the log ends.
Result<void> check_files_alone(Fs& fs, const std::filesystem::path& dir,
                               const VerifyOptions& options, StoreCheck& check) {
  Result<VerifiedLog> log = verify_log(fs, dir, options, check.findings);
  if (!log) return std::move(log).error();
  check.segments = log->segments.size();
  check.events = log->events;
  check.bytes = log->bytes;
  return {};
}

Result<void> check_all(Fs& fs, const std::filesystem::path& state_dir, const VerifyOptions& options,
                       StoreCheck& check) {
  Result<std::unique_ptr<Database>> database = Database::open_read_only(state_dir / "db");
  if (!database) return std::move(database).error();
  const Result<std::optional<std::string>> bytes = (*database)->get(Family::meta, kMetaKey);
  if (!bytes) return bytes.error();
  const std::filesystem::path dir = events_dir(state_dir);
  if (!*bytes) {
    Result<void> checked = check_files_alone(fs, dir, options, check);
    if (checked && check.segments == 0)
      return Error{ErrorCode::not_found, state_dir.native() + ": the store is empty"};
    check.findings.add("meta", "meta: the row is missing, but there are events; restore a backup");
    return checked;
  }
  Result<std::optional<MetaRow>> meta = read_meta(**bytes, state_dir, check.findings);
  if (!meta) return std::move(meta).error();
  if (!*meta) return check_files_alone(fs, dir, options, check);
  Result<VerifiedLog> log = check_log(**database, fs, dir, **meta, options, check);
  if (!log) return std::move(log).error();
  if ((*meta)->clean) check_places(state_dir, *log, check.findings, check.to_be_mended);
  return check_rows(**database, *log, check);
}

}  // namespace

Result<StoreCheck> check_store(Fs& fs, const std::filesystem::path& state_dir,
                               std::uint64_t max_line_bytes, const Progress& progress) {
  const Result<UniqueFd> lock = share_state_dir(state_dir);
  if (!lock) return lock.error();
  StoreCheck check;
  Result<void> checked = check_all(fs, state_dir, {true, max_line_bytes, progress}, check);
  if (!checked && checked.error().code == ErrorCode::corrupt)
    check.findings.add("database", checked.error().message +
                                       "; the rest of the store was not checked; restore a backup");
  else if (!checked)
    return std::move(checked).error();
  return check;
}

}  // namespace feedwire::storage
