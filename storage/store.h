// The store: one folder, one RocksDB, one event log. It decides what a poll's document changes,
// commits that in one WriteBatch and appends the events to the segments (storage/event_log.md).

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/rare.h"
#include "base/result.h"
#include "base/rng.h"
#include "feeds/feed.h"
#include "feeds/keys.h"
#include "storage/backfill.h"
#include "storage/poll_outcome.h"
#include "storage/poll_row.h"
#include "storage/segment_name.h"
#include "storage/store_figures.h"

namespace feedwire::storage {

using feeds::FeedKey;

struct Options {
  std::filesystem::path dir;
  bool dedupe_by_url = true;  // identity.dedupe
  enum class Content { full, summary, none } content = Content::full;
  enum class Before { changed, full, none } before = Before::changed;
  bool sync_each_commit = false;           // events.sync = "commit"
  std::uint64_t max_line_bytes = 1 << 20;  // with the LF
  std::uint64_t segment_size_bytes = 64 << 20;
  std::chrono::seconds segment_age{3600};
  std::chrono::seconds segment_min_age{60};      // no younger segment is closed (events 2) …
  std::uint64_t segment_hard_bytes = 256 << 20;  // … unless it is larger than this
  // Closed segments are deleted at this age, and the oldest as long as all are larger together …
  std::chrono::seconds keep_segments{7 * 86400};
  std::uint64_t keep_segments_bytes = 10ull << 30;
  // … but not before a cursor that holds them has passed, up to so many bytes of segments.
  std::uint64_t hold_max_bytes = 20ull << 30;
  std::chrono::seconds keep_entries{90 * 86400};  // content, after the entry was last seen (I-11)
  std::chrono::seconds keep_keys{400 * 86400};    // what it is known by; no less than keep_entries
  std::uint64_t cache_bytes = 64 << 20;
  std::uint64_t min_free_bytes = 256 << 20;
  std::chrono::microseconds crash_memory = std::chrono::hours{2};  // for last_crash()
};

/// What events say of a subscription, as configured; kept in CF feeds.
struct FeedRef {
  FeedKey key = 0;
  std::string url, name, title;
  std::vector<std::string> tags;
  // By which kind of key its entries are to be told apart, one of kPrimaryKinds; nothing: what
  // proves to be right (I-5).
  std::optional<feeds::KeyKind> identity{};
  bool paused = false;  // by the operator, at run time: it is not polled
  // Between two polls, as chosen when it was added at run time; 0 = not chosen. What the
  // configuration says is not kept here.
  std::chrono::seconds interval{};
  bool paged = false;  // likewise: its older pages are at ?paged=2 and so on (I-18)

  bool operator==(const FeedRef&) const = default;
};

/// What an operator changes at run time, apart from what the configuration says. It stays until it
/// is taken back. Feeds that are not subscribed are left out of all but `add`.
struct FeedChanges {
  std::vector<FeedRef> add{};     // `paused` does not count
  std::vector<FeedKey> remove{};  // of those that were added; what the configuration names, stays
  std::vector<FeedKey> pause{}, resume{};
};

/// A subscription that does not follow from the configuration alone.
struct OperatorFeed {
  FeedRef ref;
  bool added = false;  // else it is only paused
};

struct StoredEntry {
  Hash128 key;
  std::uint64_t rev = 0;
  WallTime first_seen{}, last_seen{};
  FeedKey owner = 0;
  std::vector<FeedKey> also_in;
  bool deleted = false;   // the publisher took it back (I-17)
  std::string item_json;  // `after` of its last content event, with what the line omitted
};

/// By what a feed knows an entry (identity rules 4.2, 4.3).
struct EntryExplanation {
  /// A key by which an entry of a later document would be this one.
  struct Key {
    std::string_view kind;  // "G", "Ga", "L", …
    std::string value;      // where it is known
    // Until when: as the entry's own key or a lasting one, else as long as the window has it.
    enum class Lasts { entry_key, key, window } lasts = Lasts::window;
  };
  struct Carrier {
    FeedRef feed;
    bool owner = false, subscribed = false, flapping = false;
    std::string_view policy;             // the kind that is looked at first: "guid", "link", …
    std::string_view configured_policy;  // the operator's, from the next document on; "" = none
    bool guid_repeats = false;           // so that it is not looked at alone (I-4)
    std::optional<std::uint8_t> documents_ago;  // it was last in one; nothing: not in the window
    std::vector<Key> keys;                      // in the order in which they are looked at
  };
  StoredEntry entry;
  std::string canonical_url;
  std::string_view key_kind;      // what the entry key was made of; empty: of what it no longer has
  std::vector<Carrier> carriers;  // the owner first
};

struct StoredFeed {
  FeedRef ref;
  bool configured = true;  // named by the configuration, whose settings hold …
  bool added = false;      // … or by the operator at run time, or by both
  PollRow poll;
  std::uint64_t rev = 0;
  std::uint64_t window_entries = 0;  // items of the last document
};

/// Which entries are asked for; all conditions hold together.
struct EntryFilter {
  std::optional<FeedKey> feed = {};  // that carries it
  std::size_t limit = 100;
  std::string tag = {};  // its own, or of a feed that carries it; empty = any
  std::optional<WallTime> since = {}, until = {};  // its content last changed then or later; before
};

struct CursorRow {
  Sequence acked = 0;
  bool hold = false;
  WallTime updated{};
};

struct LogStatus {
  std::string source;  // "urn:uuid:…"
  std::uint32_t epoch = 0;
  Sequence first = 0, last = 0;  // 0, 0 while the log is empty
  std::filesystem::path active_segment;
  std::uint64_t active_bytes = 0, unsynced_events = 0;
  // How often somebody else touched the active segment's file since the start, and what came of the
  // last time (FL-6).
  std::uint64_t disturbances = 0;
  std::string last_disturbance{};
};

/// All entries at one moment as lines of events, handed out piece by piece. The first line is a
/// log.snapshot, which says as_of_sequence; one entry.snapshot follows for each entry that is not
/// deleted, in the order of their last change; the last line is a log.snapshot_ended, which says
/// how many there were (storage/event_log.md, "Snapshot"). Used by one thread at a time; does not
/// outlive its store.
class EntrySnapshot {
 public:
  virtual ~EntrySnapshot() = default;
  /// Appends further whole lines; false: that was all. Errors: corrupt, io.
  virtual Result<bool> next(std::string& lines) = 0;
};

/// A copy of a store, as made by Store::backup().
struct BackupSummary {
  std::string source;  // of its log
  Sequence last = 0;   // of its last event
  std::uint64_t files = 0, bytes = 0;
};

/// What a store can be asked. The members may be called from any thread. Errors of all: corrupt,
/// io, and not_found where one thing is asked for.
class StoreReader {
 public:
  /// Opens the store in `dir` without the lock and without writing, for the tool while the daemon
  /// is down; it shows the state of that moment. Errors: not_found (no store there), permission,
  /// unsupported (a newer schema), corrupt, io.
  static Result<std::unique_ptr<StoreReader>> open(const std::filesystem::path& dir);
  virtual ~StoreReader() = default;

  virtual Result<std::vector<std::pair<FeedKey, PollRow>>> poll_rows() const = 0;
  /// Raw hashes of the items in the feed's window, for ReadRequest::known_raw.
  virtual Result<std::vector<std::uint64_t>> window_hashes(FeedKey feed) const = 0;
  /// Whether the document has an entry that is in the feed's window (storage/shared_entries.h).
  virtual Result<bool> shares_entry(FeedKey feed, const feeds::Feed& document) const = 0;
  /// What the commit of the feed's last document has made of PollRow::backfill.
  virtual Result<Rare<Backfill>> backfill(FeedKey feed) const = 0;
  virtual Result<std::vector<StoredFeed>> feeds() const = 0;
  virtual Result<StoredFeed> feed(FeedKey key) const = 0;
  /// Those whose content changed last come first; none that is deleted.
  virtual Result<std::vector<StoredEntry>> entries(const EntryFilter& filter) const = 0;
  virtual Result<StoredEntry> entry(const Hash128& key) const = 0;
  /// By what each feed that carries the entry knows it: storage/explain.h.
  virtual Result<EntryExplanation> explain(const Hash128& key) const = 0;
  virtual Result<std::map<std::string, CursorRow>> cursors() const = 0;
  virtual Result<std::unique_ptr<EntrySnapshot>> snapshot() const = 0;
  virtual LogStatus log_status() const = 0;
};

/// A run that did not end with close(). What it did after its last commit may have left no trace
/// (H-72).
struct Crash {
  WallTime last_commit{};
  WallTime noticed{};  // by the open() after it; epoch = there was no crash

  bool operator==(const Crash&) const = default;
};

/// Opened by one process at a time (flock). Every write is made by one thread, the store thread;
/// the const members may be called from any thread while it writes. After an `io` error of a
/// writing member the process must end at once (crash-only): what is on disk is then unknown, and
/// open() repairs it.
class Store : public StoreReader {
 public:
  /// Creates or opens the store, recovering from whatever ended the last run (events 3.2, R0-R8).
  /// `now` is called once a commit. The references must outlive the store.
  /// Errors: busy (another process holds the lock), no_space (less than min_free_bytes), corrupt,
  /// unsupported (a newer schema), permission, io.
  static Result<std::unique_ptr<Store>> open(Options options, Fs& fs, const Clock& clock, Rng& rng);

  /// Makes `feeds`, those that the configuration names, and those added by change_feeds() the
  /// subscriptions: feed.added, feed.changed and feed.removed for the differences. Whether a feed
  /// is paused stays. Errors: io.
  virtual Result<void> subscribe(std::span<const FeedRef> feeds) = 0;

  /// Makes the changes in one commit, with events as above; what is as wished already has none.
  /// Errors: io.
  virtual Result<void> change_feeds(const FeedChanges& changes) = 0;

  /// What change_feeds() has left, in the order of keys. The thread that writes.
  virtual std::vector<OperatorFeed> operator_feeds() const = 0;

  /// One commit group: decide, one WriteBatch with sync, append to the segment. When it returns,
  /// every outcome is durable. Outcomes of feeds that are not subscribed are dropped. Errors: io.
  virtual Result<CommitSummary> commit(std::span<const PollOutcome> outcomes) = 0;

  /// Lazy sync, rotation by age, a look at the active segment's file (FL-6) and what retention
  /// does; call at least once a second. Errors: corrupt, io.
  virtual Result<void> tick(Now now) = 0;

  /// Closes the active segment now, unless it is younger than segment_min_age or holds no event.
  /// Errors: io.
  virtual Result<void> seal(Now now) = 0;

  /// Syncs everything and notes a clean stop; nothing may be called afterwards. Errors: io.
  virtual Result<void> close() = 0;

  virtual Result<void> set_cursor(const std::string& name, const CursorRow& row) = 0;  // io
  virtual Result<void> delete_cursor(const std::string& name) = 0;  // Errors: not_found, io

  /// Copies the store, as it is at some moment of the call, to `dir`, which is made. Files that do
  /// not change any more get a second name instead, where that can be. Any thread, also while
  /// others write. `go_on` is asked now and then. Nothing is left behind after an error.
  /// Errors: invalid_argument (`dir` is there already), permission, busy (`go_on` said no),
  /// not_found, corrupt, io.
  virtual Result<BackupSummary> backup(const std::filesystem::path& dir,
                                       const std::function<bool()>& go_on) const = 0;

  /// Ends the log and goes on as another one: the next epoch, another source, an event
  /// log.epoch_started; sequences go on. For a store that was copied: the events that the original
  /// logged since have the sequences that this one will give out. Errors: io.
  virtual Result<void> new_epoch() = 0;

  /// The last run that crashed, also if runs that ended well came after it. Of crashes that follow
  /// one another within Options::crash_memory: the first one's commit, and when the last was
  /// noticed.
  virtual Crash last_crash() const = 0;
  /// Whether it was the last run.
  virtual bool unclean_start() const = 0;

  /// Any thread. Reads no row, and waits neither for a commit nor for a sync (OP-15).
  virtual StoreFigures figures() const = 0;
};

}  // namespace feedwire::storage
