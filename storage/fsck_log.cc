#include "storage/fsck_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "base/bytes.h"
#include "storage/event_log.h"
#include "storage/fsck_scan.h"
#include "storage/recovered_log.h"
#include "storage/recovery.h"

namespace feedwire::storage {
namespace {

constexpr std::size_t kNumberBytes = 8;

class LogCheck {
 public:
  LogCheck(const Database& database, Fs& fs, const std::filesystem::path& dir, const MetaRow& meta,
           const VerifyOptions& options, StoreCheck& check)
      : database_(database),
        dir_(dir),
        meta_(meta),
        options_(options),
        check_(check),
        findings_(check.findings),
        recovered_(fs, dir),
        fs_(meta.clean ? fs : static_cast<Fs&>(recovered_)) {}

  Result<VerifiedLog> run() {
    Result<void> step = read_segments();
    if (step) step = read_outbox();
    if (step && !meta_.clean) step = note_repairs();
    if (!step) return std::move(step).error();
    Result<VerifiedLog> log = verify_log(fs_, dir_, options_, findings_);
    if (!log) return log;
    check_.segments = log->segments.size();
    check_.events = log->events;
    check_.bytes = log->bytes;
    check_files(*log);
    check_meta(*log);
    step = check_log_rows();
    if (!step) return std::move(step).error();
    return log;
  }

 private:
  std::uint64_t end_of(std::uint64_t number, const SegmentRow& row) const {
    return number == meta_.active_segment ? meta_.active_end : row.end;
  }

  Result<void> read_segments() {
    std::uint64_t before = 0;
    Result<void> scanned = scan_rows<SegmentRow>(
        database_, Family::segments, kNumberBytes, {}, findings_,
        [&](std::string_view key, const SegmentRow& row) -> Result<void> {
          const std::uint64_t number = get_u64(key);
          if (row.removed) {  // the next start finishes that
            recovered_.remove(row.name);
            return {};
          }
          if (before != 0 && number != before + 1)
            add("segment-row", fmt::format("segments: row {} follows row {}", number, before));
          if (row.sealed == (number == meta_.active_segment) || number > meta_.active_segment)
            add("segment-row",
                fmt::format("segments: row {} is {}, but meta says that {} is the "
                            "active segment",
                            number, row.sealed ? "closed" : "open", meta_.active_segment));
          before = number;
          segments_[number] = row;
          return {};
        });
    if (scanned && !segments_.contains(meta_.active_segment))
      add("segment-row",
          fmt::format("segments: the active segment {} has no row", meta_.active_segment));
    return scanned;
  }

  // What recovery would do. The lines of the outbox are few: the margin and what is not synced.
  Result<void> read_outbox() {
    std::map<std::uint64_t, RecoveredLog::Repair> repairs;
    std::uint64_t first = meta_.active_segment;
    Result<void> scanned =
        database_.scan(Family::log, number_key(meta_.outbox), {}, Database::Order::ascending,
                       [&](std::string_view, std::string_view value) {
                         LogRow row;
                         if (!decode(value, row)) return true;  // told by check_log_rows()
                         first = std::min(first, row.segment);
                         RecoveredLog::Repair& repair = repairs[row.segment];
                         if (repair.lines.empty()) repair.from = row.offset;
                         repair.lines += row.line;
                         return true;
                       });
    if (!scanned) return scanned;
    first = first > kSegmentsBefore ? first - kSegmentsBefore : 1;
    for (auto at = segments_.lower_bound(first); at != segments_.end(); ++at) {
      const auto& [number, row] = *at;
      if (row.lost) continue;  // recovery leaves it as it is
      RecoveredLog::Repair& repair = repairs[number];
      repair.end = end_of(number, row);
      if (repair.lines.empty()) repair.from = repair.end;
      rewritten_from_[number] = repair.from;
      recovered_.repair(row.name, std::move(repair));
    }
    return {};
  }

  Result<void> note_repairs() {
    Result<std::vector<std::string>> changed = recovered_.changed();
    if (!changed) return std::move(changed).error();
    check_.to_be_mended = std::move(*changed);
    return {};
  }

  void check_files(const VerifiedLog& log) {
    std::map<SegmentName, const SegmentFacts*> files;
    for (const SegmentFacts& file : log.segments) files[file.name] = &file;
    for (const auto& [number, row] : segments_) {
      const auto file = files.find(row.name);
      if (file == files.end())
        add_file("missing", row, fmt::format("the file is missing; {}", mend(number, 0)));
      else
        check_file(number, row, *file->second);
      if (file != files.end()) files.erase(file);
    }
    for (const auto& [name, file] : files)
      findings_.add("unknown",
                    fmt::format("{}: the database does not know this segment; move the file "
                                "out of the folder",
                                name.text()));
  }

  void check_file(std::uint64_t number, const SegmentRow& row, const SegmentFacts& file) {
    const std::uint64_t end = end_of(number, row);
    if (file.size_bytes < end)
      add_file(
          "end", row,
          fmt::format("{} committed bytes are missing at its end ({} of {} are there); {}",
                      end - file.size_bytes, file.size_bytes, end, mend(number, file.size_bytes)));
    if (file.size_bytes > end)
      add_file("end", row,
               fmt::format("{} bytes stand behind its end, {}, which nobody committed; {}",
                           file.size_bytes - end, end,
                           rewritten_from_.contains(number)
                               ? "start feedwired, which cuts them off"
                               : fmt::format("cut the file to {} bytes", end)));
    if (row.sealed && !row.lost && (row.hashed != file.hashed || row.sha256 != file.sha256))
      add_file(
          "sha256", row,
          fmt::format("SHA-256 of its first {} bytes should be {}; its bytes were changed, restore "
                      "the file from a backup",
                      row.hashed, row.sha256));
  }

  // How a file of which `size` bytes are left gets the rest.
  std::string_view mend(std::uint64_t number, std::uint64_t size) const {
    const auto from = rewritten_from_.find(number);
    return from != rewritten_from_.end() && size >= from->second
               ? "start feedwired, which writes them again"
               : "the database does not hold them any more, restore the file from a backup";
  }

  void check_meta(const VerifiedLog& log) {
    const Sequence last = log.segments.empty() ? 0 : log.segments.back().last;
    if (last + 1 != meta_.next)
      add("next", fmt::format("meta: the last event is {}, but the last one in the files is {}",
                              meta_.next - 1, last));
    if (const std::string source = source_urn(meta_.log_uuid);
        !log.source.empty() && log.source != source)
      add("source",
          fmt::format("meta: this store's log is {}, but the files are of {}: they belong to "
                      "another store",
                      source, log.source));
    const auto active = segments_.find(meta_.active_segment);
    if (active != segments_.end() && active->second.name.epoch != meta_.epoch)
      add("meta", fmt::format("meta: the epoch is {}, that of the active segment {}", meta_.epoch,
                              active->second.name.epoch));
  }

  // I8 and what recovery relies on.
  Result<void> check_log_rows() {
    Sequence expected = meta_.outbox;
    Lookup<Sequence> owners(database_, Family::entries, [&](Sequence sequence, const auto& bytes) {
      EntryRow row;
      if (!bytes || (decode(*bytes, row) && row.content != sequence))
        add_row("log-stray", sequence,
                "it lies behind the outbox and holds no entry's latest content; "
                "it only takes room");
    });
    Result<void> scanned =
        scan_rows<LogRow>(database_, Family::log, kNumberBytes, {}, findings_,
                          [&](std::string_view key, const LogRow& row) -> Result<void> {
                            const Sequence sequence = get_u64(key);
                            ++check_.log_rows;
                            check_log_row(sequence, row);
                            if (sequence >= meta_.outbox) {
                              check_outbox(expected, sequence);
                              expected = sequence + 1;
                              return {};
                            }
                            return owners.ask(std::string(row.entry.view()), sequence);
                          });
    if (scanned) scanned = owners.flush();
    if (scanned) check_outbox(expected, meta_.next);
    return scanned;
  }

  void check_outbox(Sequence expected, Sequence found) {
    if (found > expected)
      add("outbox",
          fmt::format("log: the rows {} to {} are missing, from {} on recovery needs each",
                      expected, found - 1, meta_.outbox));
  }

  void check_log_row(Sequence sequence, const LogRow& row) {
    if (sequence >= meta_.next || sequence_of_line(row.line) != sequence)
      return add_row("log-row", sequence, "it does not hold that event; restore a backup");
    if (std::uint64_t{row.after_at} + row.after_size > row.line.size() ||
        (row.entry && !row.item().starts_with('{')))
      return add_row("log-row", sequence, "it does not say where the item is; restore a backup");
    // Retention takes segments away, not the rows that hold an entry's content.
    if (!segments_.empty() && row.segment < segments_.begin()->first) return;
    const auto segment = segments_.find(row.segment);
    if (segment == segments_.end())
      return add_row("log-row", sequence, fmt::format("its segment {} has no row", row.segment));
    if (segment->second.lost) return;                 // the files alone tell what is gone of it
    if (!open(row.segment, segment->second)) return;  // told as missing
    const Result<std::string> bytes = file_->read_at(row.offset, row.line.size());
    if (!bytes || *bytes != row.line)
      add_row("log-bytes", sequence,
              fmt::format("{} has other bytes at offset {}; restore the file from a backup",
                          segment->second.name.text(), row.offset));
  }

  bool open(std::uint64_t number, const SegmentRow& row) {
    if (number != open_segment_) {
      open_segment_ = number;
      Result<std::unique_ptr<File>> file = fs_.open(dir_ / row.name.text(), false);
      file_ = file ? std::move(*file) : nullptr;
    }
    return file_ != nullptr;
  }

  void add(std::string_view code, const std::string& text) {
    findings_.add(code, text + "; restore a backup");
  }
  void add_file(std::string_view code, const SegmentRow& row, const std::string& text) {
    findings_.add(code, fmt::format("{}: {}", row.name.text(), text));
  }
  void add_row(std::string_view code, Sequence sequence, std::string_view text) {
    findings_.add(code, fmt::format("log: the row of event {}: {}", sequence, text));
  }

  const Database& database_;
  const std::filesystem::path& dir_;
  const MetaRow& meta_;
  const VerifyOptions& options_;
  StoreCheck& check_;
  Findings& findings_;
  RecoveredLog recovered_;
  Fs& fs_;  // what is judged
  std::map<std::uint64_t, SegmentRow> segments_;
  std::map<std::uint64_t, std::uint64_t> rewritten_from_;  // by segment: the offset
  std::uint64_t open_segment_ = 0;
  std::unique_ptr<File> file_;  // of open_segment_
};

}  // namespace

Result<VerifiedLog> check_log(const Database& database, Fs& fs, const std::filesystem::path& dir,
                              const MetaRow& meta, const VerifyOptions& options,
                              StoreCheck& check) {
  return LogCheck(database, fs, dir, meta, options, check).run();
}

}  // namespace feedwire::storage
