#include "storage/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/kill_point.h"
#include "storage/segment.h"

namespace feedwire::storage {
namespace {

/// Brings the files of some segments to what the database says. One life: one recovery.
class Repair {
 public:
  Repair(const Database& database, Fs& fs, const std::filesystem::path& dir, Rng& rng,
         const MetaRow& meta)
      : database_(database), fs_(fs), dir_(dir), rng_(rng), meta_(meta) {}

  Result<Recovered> run() {
    Result<void> step = read_segments();
    if (step) step = remove_unfinished();
    kill_point("recovery-unfinished-removed");
    Result<bool> intact = step ? files_intact() : Result<bool>(step.error());
    if (!intact) return std::move(intact).error();
    if (!meta_.clean || !*intact) step = rewrite();
    // After a clean stop too: its name is not synced, and a power cut takes it back.
    if (step) step = fs_.symlink(path_of(meta_.active_segment).filename(), dir_ / kCurrentLink);
    if (step) step = check_sealed();
    if (!step) return std::move(step).error();
    kill_point("recovery-sealed-checked");
    return Recovered{
        {meta_.next, meta_.active_segment, meta_.active_end, segments_.at(meta_.active_segment)},
        rewritten_};
  }

 private:
  std::filesystem::path path_of(std::uint64_t segment) const {
    return dir_ / segments_.at(segment).name.text();
  }
  std::uint64_t end_of(std::uint64_t segment) const {
    const SegmentRow& row = segments_.at(segment);
    return row.sealed ? row.end : meta_.active_end;
  }
  Error lost(std::uint64_t segment, std::string_view what) const {
    return Error{ErrorCode::corrupt,
                 fmt::format("{}: {}; run feedwire log verify, or restore a backup",
                             path_of(segment).native(), what)};
  }

  // The segments that outbox rows refer to, and two before them.
  Result<void> read_segments() {
    std::uint64_t first = meta_.active_segment;
    Result<void> read =
        database_.scan(Family::log, number_key(meta_.outbox), {}, Database::Order::ascending,
                       [&](std::string_view, std::string_view value) {
                         LogRow row;
                         if (decode(value, row)) first = row.segment;
                         return false;
                       });
    if (!read) return read;
    first = first > kSegmentsBefore ? first - kSegmentsBefore : 1;
    bool good = true;
    read = database_.scan(Family::segments, number_key(first), {}, Database::Order::ascending,
                          [&](std::string_view key, std::string_view value) {
                            SegmentRow row;
                            good = decode(value, row);
                            // Retention was about to delete that file.
                            if (good && !row.removed) segments_.emplace(get_u64(key), row);
                            return good;
                          });
    if (!read) return read;
    if (!good || !segments_.contains(meta_.active_segment))
      return Error{ErrorCode::corrupt, "segments: a row cannot be read; restore a backup"};
    return {};
  }

  Result<void> remove_unfinished() {
    Result<std::vector<std::string>> names = fs_.list(dir_);
    if (!names) return std::move(names).error();
    for (const std::string& name : *names)
      if (name.starts_with(kNewPrefix))
        if (Result<void> removed = fs_.unlink(dir_ / name); !removed) return removed;
    return {};
  }

  Result<bool> files_intact() {
    for (const auto& [number, row] : segments_) {
      if (row.lost) continue;
      Result<std::unique_ptr<File>> file = fs_.open(path_of(number), false);
      if (!file && file.error().code == ErrorCode::not_found) return false;
      if (!file) return std::move(file).error();
      Result<std::uint64_t> size = (*file)->size();
      if (!size) return std::move(size).error();
      if (*size != end_of(number)) return false;
    }
    return true;
  }

  // R4. Every row, without looking whether the bytes are there: after a failed sync the page cache
  // may show what the disk lacks.
  Result<void> rewrite() {
    Result<void> step;
    Result<void> read = database_.scan(
        Family::log, number_key(meta_.outbox), {}, Database::Order::ascending,
        [&](std::string_view key, std::string_view value) {
          LogRow row;
          const bool known = decode(value, row) && segments_.contains(row.segment);
          if (known && !segments_.at(row.segment).lost)
            step = write_line(row);
          else if (!known)
            step = Error{ErrorCode::corrupt, fmt::format("log: the row of sequence {} cannot be "
                                                         "read; restore a backup",
                                                         get_u64(key))};
          return static_cast<bool>(step);
        });
    if (!read) return read;
    kill_point("recovery-rows-rewritten");
    for (const auto& [number, row] : segments_)
      if (step && !row.lost) step = finish(number);
    kill_point("recovery-segments-synced");
    if (step) step = fs_.sync_dir(dir_);
    kill_point("recovery-folder-synced");
    return step;
  }

  Result<void> write_line(const LogRow& row) {
    ++rewritten_;
    if (row.segment != open_segment_ || !file_) {
      Result<bool> opened = open(row.segment);
      if (!opened) return std::move(opened).error();
      if (!*opened && row.offset != 0) return lost(row.segment, "the file is missing");
      if (!*opened) {
        Result<std::unique_ptr<File>> created =
            create_segment(fs_, dir_, segments_.at(row.segment).name, row.line, rng_);
        if (!created) return std::move(created).error();
        file_ = std::move(*created);
        kill_point("recovery-segment-made-again");
        return {};
      }
    }
    Result<void> written = file_->write_at(row.offset, row.line);
    kill_point("recovery-row-rewritten");
    return written;
  }

  // Opens the segment for writing, sealed or not; false if there is no such file.
  Result<bool> open(std::uint64_t segment) {
    open_segment_ = segment;
    Result<std::unique_ptr<File>> file = fs_.open(path_of(segment), false);
    if (!file && file.error().code == ErrorCode::not_found) return false;
    if (!file) return std::move(file).error();
    if (Result<void> mode = (*file)->set_mode(kActiveMode); !mode) return std::move(mode).error();
    file = fs_.open(path_of(segment), true);
    if (!file) return std::move(file).error();
    file_ = std::move(*file);
    return true;
  }

  // R5, R6: nothing behind the committed end, everything on the device, the mode as it should be.
  Result<void> finish(std::uint64_t segment) {
    Result<bool> opened = open(segment);
    if (!opened) return std::move(opened).error();
    if (!*opened) return lost(segment, "the file is missing");
    Result<std::uint64_t> size = file_->size();
    if (!size) return std::move(size).error();
    if (*size < end_of(segment)) return lost(segment, "committed events are missing at its end");
    Result<void> step;
    if (*size > end_of(segment)) {
      step = file_->truncate(end_of(segment));
      kill_point("recovery-tail-cut");
    }
    if (step && segments_.at(segment).sealed) return seal_segment(*file_);
    if (step) step = file_->sync();
    return step;
  }

  // R7: the last two sealed segments.
  Result<void> check_sealed() {
    int checked = 0;
    for (auto at = segments_.rbegin(); at != segments_.rend() && checked < 2; ++at) {
      const auto& [number, row] = *at;
      if (!row.sealed || row.lost) continue;
      ++checked;
      Result<std::unique_ptr<File>> file = fs_.open(path_of(number), false);
      if (!file) return std::move(file).error();
      Result<std::string> hash = hash_segment(**file, row.hashed);
      if (!hash) return std::move(hash).error().in(path_of(number).native());
      if (*hash != row.sha256) return lost(number, "its SHA-256 is not what was recorded");
    }
    return {};
  }

  const Database& database_;
  Fs& fs_;
  const std::filesystem::path& dir_;
  Rng& rng_;
  const MetaRow& meta_;
  std::map<std::uint64_t, SegmentRow> segments_;
  std::uint64_t open_segment_ = 0;
  std::uint64_t rewritten_ = 0;  // lines
  std::unique_ptr<File> file_;   // of open_segment_
};

}  // namespace

Result<Recovered> recover_log(const Database& database, Fs& fs, const std::filesystem::path& dir,
                              Rng& rng, const MetaRow& meta) {
  return Repair(database, fs, dir, rng, meta).run();
}

}  // namespace feedwire::storage
