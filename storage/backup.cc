#include "storage/backup.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "base/bytes.h"
#include "storage/event_log.h"
#include "storage/segment.h"
#include "storage/state_lock.h"

namespace feedwire::storage {
namespace {

using Segments = std::map<std::uint64_t, SegmentRow>;  // by number

constexpr std::chrono::milliseconds kLookAgain{5};
constexpr std::chrono::seconds kLongestAppend{60};
constexpr const char* kRestoreDir = "restore.part";

Result<Segments> read_segments(const Database& database) {
  Segments segments;
  bool good = true;
  Result<void> read = database.scan(Family::segments, {}, {}, Database::Order::ascending,
                                    [&](std::string_view key, std::string_view value) {
                                      return good = decode(value, segments[get_u64(key)]);
                                    });
  if (!read) return std::move(read).error();
  if (!good) return Error{ErrorCode::corrupt, "segments: a row cannot be read; run feedwire fsck"};
  return segments;
}

// The first `size_bytes` of a file. Errors: not_found, corrupt (it has fewer), io.
Result<void> copy_bytes(Fs& fs, const std::filesystem::path& from, const std::filesystem::path& to,
                        std::uint64_t size_bytes, unsigned mode) {
  constexpr std::uint64_t kBlock = 1024 * 1024;
  Result<std::unique_ptr<File>> source = fs.open(from, false);
  if (!source) return std::move(source).error();
  Result<std::unique_ptr<File>> copy = fs.create(to, 0600);
  if (!copy) return std::move(copy).error();
  for (std::uint64_t at = 0; at < size_bytes;) {
    Result<std::string> bytes =
        (*source)->read_at(at, static_cast<std::size_t>(std::min(kBlock, size_bytes - at)));
    if (!bytes) return std::move(bytes).error().in(from.native());
    if (bytes->empty())
      return Error{ErrorCode::corrupt, from.native() + ": shorter than what was committed"};
    if (Result<void> written = (*copy)->write_at(at, *bytes); !written)
      return std::move(written).error().in(to.native());
    at += bytes->size();
  }
  Result<void> done = (*copy)->set_mode(mode);
  return done ? (*copy)->sync() : std::move(done);
}

// A second name for a file that does not change any more; a copy on another file system.
// Errors: not_found, corrupt, io.
Result<void> link_or_copy(Fs& fs, const std::filesystem::path& from,
                          const std::filesystem::path& to, const SegmentRow& row) {
  if (::link(from.c_str(), to.c_str()) == 0 || errno == EEXIST) return {};
  if (errno == EXDEV || errno == EPERM || errno == EMLINK) {
    std::error_code failed;
    const std::uint64_t size_bytes =
        row.lost ? std::filesystem::file_size(from, failed) : row.end;  // cut, nobody knows where
    if (failed) return Error{ErrorCode::io, from.native() + ": " + failed.message()};
    return copy_bytes(fs, from, to, size_bytes, kSealedMode);
  }
  const bool missing = errno == ENOENT;
  Error error = errno_error("link").in(from.native());
  if (missing) error.code = ErrorCode::not_found;
  return error;
}

void remove_tree(const std::filesystem::path& dir) {
  std::error_code ignored;  // what stays behind has no manifest, so nobody takes it for a backup
  std::filesystem::remove_all(dir, ignored);
}

/// One life: one backup.
class Backup {
 public:
  Backup(const BackupSource& source, const std::filesystem::path& dir,
         const std::function<bool()>& go_on)
      : source_(source), from_(events_dir(source.state_dir)), dir_(dir), go_on_(go_on) {}

  Result<BackupSummary> run() {
    Result<void> step = make_dir();
    if (!step) return std::move(step).error();
    Result<BackupSummary> summary = fill();
    if (!summary) remove_tree(dir_);
    return summary;
  }

 private:
  Result<void> make_dir() {
    if (dir_.has_parent_path())
      if (Result<void> made = fs_.make_dirs(dir_.parent_path(), 0750); !made) return made;
    if (::mkdir(dir_.c_str(), 0700) == 0) return fs_.make_dirs(dir_ / "events", 0750);
    const int number = errno;
    Error error = errno_error("make folder").in(dir_.native());
    if (number == EEXIST)
      return Error{ErrorCode::invalid_argument,
                   dir_.native() + ": is there already; a backup makes its own folder"};
    if (number == EACCES || number == EPERM || number == EROFS) error.code = ErrorCode::permission;
    return error;
  }

  Result<BackupSummary> fill() {
    Result<void> step = link_old();
    if (step) step = source_.database.checkpoint(dir_ / "db");
    if (step && ::chmod((dir_ / "db").c_str(), 0700) < 0) step = errno_error("change mode");
    if (!step) return std::move(step).error();
    Result<std::unique_ptr<Database>> copy = Database::open_read_only(dir_ / "db");
    if (!copy) return std::move(copy).error();
    Result<std::optional<MetaRow>> meta = read_row<MetaRow>(**copy, Family::meta, kMetaKey);
    if (meta && !*meta) meta = Error{ErrorCode::corrupt, "the checkpoint is empty"};
    if (!meta) return std::move(meta).error();
    const Result<Segments> segments = read_segments(**copy);
    if (!segments) return segments.error();
    step = complete_events(*segments, **meta);
    if (!step) return std::move(step).error();
    return finish(**meta);
  }

  // Before the checkpoint: retention may take the oldest ones away at any time.
  Result<void> link_old() {
    const Result<Segments> segments = read_segments(source_.database);
    if (!segments) return segments.error();
    const Result<std::optional<MetaRow>> meta =
        read_row<MetaRow>(source_.database, Family::meta, kMetaKey);
    if (!meta) return meta.error();
    // A segment is closed by a commit, and its closing line written after that.
    Result<void> step = *meta ? await_append((*meta)->next - 1) : Result<void>();
    return step ? link_sealed(*segments) : step;
  }

  Result<void> link_sealed(const Segments& segments) {
    for (const auto& [number, row] : segments) {
      const std::string name = row.name.text();
      if (!row.sealed || row.removed) continue;
      Result<void> linked = link_or_copy(fs_, from_ / name, dir_ / "events" / name, row);
      // Whether it may be gone the checkpoint will tell.
      if (!linked && linked.error().code != ErrorCode::not_found) return linked;
      if (!go_on_()) return Error{ErrorCode::busy, "feedwired is stopping"};
    }
    return {};
  }

  // What the checkpoint says is there, and nothing else.
  Result<void> complete_events(const Segments& segments, const MetaRow& meta) {
    Result<void> step = await_append(meta.next - 1);
    if (step) step = link_sealed(segments);
    if (!step) return step;
    const auto active = segments.find(meta.active_segment);
    if (active == segments.end())
      return Error{ErrorCode::corrupt, "segments: the active one has no row; run feedwire fsck"};
    std::set<std::string> wanted;
    for (const auto& [number, row] : segments)
      // Somebody may have taken away all of a segment that is lost: restored it is lost as well.
      if (!row.removed && (!row.lost || fs_.exists(dir_ / "events" / row.name.text())))
        wanted.insert(row.name.text());
    const std::string name = active->second.name.text();
    step = copy_bytes(fs_, from_ / name, dir_ / "events" / name, meta.active_end, kActiveMode);
    Result<std::vector<std::string>> names = fs_.list(dir_ / "events");
    if (!names) return std::move(names).error();
    for (const std::string& each : *names)
      if (step && wanted.erase(each) == 0) step = fs_.unlink(dir_ / "events" / each);
    if (step && !wanted.empty())
      return Error{ErrorCode::corrupt, fmt::format("{}: {} is missing; run feedwire fsck",
                                                   from_.native(), *wanted.begin())};
    return step;
  }

  // The commit comes before the append: the last events of the checkpoint may not be in the file
  // yet. What is in it never changes.
  Result<void> await_append(Sequence last) {
    const auto end = std::chrono::steady_clock::now() + kLongestAppend;
    while (source_.appended() < last) {
      if (!go_on_() || std::chrono::steady_clock::now() > end)
        return Error{ErrorCode::busy, "the store is stopping, or does not come to append"};
      std::this_thread::sleep_for(kLookAgain);
    }
    return {};
  }

  Result<BackupSummary> finish(const MetaRow& meta) {
    BackupManifest manifest;
    manifest.source = source_urn(meta.log_uuid);
    manifest.epoch = meta.epoch;
    manifest.last = meta.next - 1;
    manifest.made = source_.now;
    Result<std::vector<BackupManifest::FileFacts>> files =
        hash_backup(fs_, dir_, [&](std::uint64_t) { return go_on_(); });
    if (!files) return std::move(files).error();
    manifest.files = std::move(*files);
    Result<void> step = fs_.sync_dir(dir_ / "events");
    if (step) step = fs_.sync_dir(dir_ / "db");
    if (step) step = write_manifest(fs_, dir_, manifest);
    if (step) step = fs_.sync_dir(dir_.has_parent_path() ? dir_.parent_path() : ".");
    if (!step) return std::move(step).error();
    BackupSummary summary{manifest.source, manifest.last, manifest.files.size(), 0};
    for (const BackupManifest::FileFacts& file : manifest.files) summary.bytes += file.size_bytes;
    return summary;
  }

  const BackupSource& source_;
  const std::filesystem::path from_;
  const std::filesystem::path& dir_;
  const std::function<bool()>& go_on_;
  PosixFs fs_;
};

bool holds_something(const std::filesystem::path& dir) {
  std::error_code none;
  return std::filesystem::exists(dir, none) && !std::filesystem::is_empty(dir, none);
}

Result<void> copy_backup(Fs& fs, const std::filesystem::path& from, const std::filesystem::path& to,
                         const BackupManifest& manifest) {
  Result<void> step = fs.make_dirs(to / "db", 0700);
  if (step) step = fs.make_dirs(to / "events", 0750);
  for (const BackupManifest::FileFacts& file : manifest.files) {
    if (!step) return step;
    struct stat status {};
    if (::stat((from / file.path).c_str(), &status) < 0)
      return errno_error("stat").in((from / file.path).native());
    step = copy_bytes(fs, from / file.path, to / file.path, file.size_bytes, status.st_mode & 0777);
  }
  return step;
}

// The copy becomes a store like any other, and then another log than the one it was copied from.
Result<void> begin_epoch(Options options, const std::filesystem::path& dir, Fs& fs,
                         const Clock& clock, Rng& rng) {
  options.dir = dir;
  Result<std::unique_ptr<Store>> store = Store::open(std::move(options), fs, clock, rng);
  if (!store) return std::move(store).error();
  if (Result<void> begun = (*store)->new_epoch(); !begun) return begun;
  return (*store)->close();
}

}  // namespace

Result<BackupSummary> make_backup(const BackupSource& source, const std::filesystem::path& dir,
                                  const std::function<bool()>& go_on) {
  const std::filesystem::path named = dir.has_filename() ? dir : dir.parent_path();  // "one/"
  return Backup(source, named, go_on).run();
}

Result<BackupManifest> restore_backup(const std::filesystem::path& dir, const Options& options,
                                      const Clock& clock, Rng& rng, const Progress& progress) {
  PosixFs fs;
  Result<BackupManifest> manifest = read_manifest(dir);
  if (!manifest) return manifest;
  if (Result<void> made = fs.make_dirs(options.dir, 0750); !made) return std::move(made).error();
  const Result<UniqueFd> lock = lock_state_dir(options.dir);
  if (!lock) return lock.error();
  if (holds_something(options.dir / "db") || holds_something(events_dir(options.dir)))
    return Error{ErrorCode::invalid_argument,
                 options.dir.native() +
                     ": there is a store already; move its folders db and events away first"};
  if (Result<void> good = check_backup(fs, dir, *manifest, progress); !good)
    return std::move(good).error();

  const std::filesystem::path part = options.dir / kRestoreDir;
  remove_tree(part);  // of a restore that was killed
  Result<void> step = copy_backup(fs, dir, part, *manifest);
  if (step) step = begin_epoch(options, part, fs, clock, rng);
  for (const char* const folder : {"events", "db"})
    if (step) step = fs.rename(part / folder, options.dir / folder);
  if (step) step = fs.sync_dir(options.dir);
  remove_tree(part);
  if (!step) return std::move(step).error();
  return manifest;
}

}  // namespace feedwire::storage
