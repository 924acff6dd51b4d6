#include "bench/made_store.h"

#include <fmt/format.h>
#include <rocksdb/convenience.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/utilities/options_util.h>

#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/rng.h"
#include "base/tally.h"
#include "bench/store_figures.h"
#include "storage/database.h"
#include "storage/event_log.h"
#include "storage/log_plan.h"
#include "storage/outbox.h"

namespace feedwire::bench {
namespace {

namespace fs = std::filesystem;
using storage::Family;

constexpr int kFormat = 7;  // of these stores: another number, and they are built anew
constexpr std::uint64_t kFileBytes = 64 << 20;
constexpr std::uint64_t kEntrySalt = 101, kGuidSalt = 102;

void check(const rocksdb::Status& status) {
  if (status.ok()) return;
  fmt::print(stderr, "store_bench: {}\n", status.ToString());
  std::exit(1);
}

fs::path cache_dir() {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  const char* const home = std::getenv("HOME");
  const fs::path dir =
      cache != nullptr ? fs::path(cache) : fs::path(home == nullptr ? "/tmp" : home) / ".cache";
  return dir / "feedwire-bench";
}

// Hashes that grow with their rank and are spread as real ones are.
Hash128 ranked_hash(std::uint64_t rank, std::uint64_t size, std::uint64_t salt) {
  const std::uint64_t step = std::numeric_limits<std::uint64_t>::max() / size;
  const Hash128 noise = made_hash(rank, salt);
  std::string bytes;
  put_u64(bytes, rank * step + noise.prefix() % step);
  bytes += noise.view().substr(8);
  return Hash128::from_bytes(bytes);
}

/// Writes sorted rows of one family into files, and has the database take them over.
class SortedLoader {
 public:
  SortedLoader(rocksdb::DB& db, rocksdb::ColumnFamilyHandle& family, fs::path dir)
      : db_(db), family_(family), dir_(std::move(dir)), options_(db.GetOptions(&family)) {}

  void put(std::string_view key, std::string_view value) {
    if (!writer_) {
      writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options_, &family_);
      files_.push_back(dir_ / fmt::format("load-{}-{}.sst", family_.GetName(), files_.size()));
      check(writer_->Open(files_.back()));
    }
    check(writer_->Put(rocksdb::Slice(key.data(), key.size()),
                       rocksdb::Slice(value.data(), value.size())));
    if (writer_->FileSize() >= kFileBytes) end_file();
  }

  void finish() {
    if (writer_) end_file();
    rocksdb::IngestExternalFileOptions how;
    how.move_files = true;
    if (!files_.empty()) check(db_.IngestExternalFile(&family_, files_, how));
  }

 private:
  void end_file() {
    check(writer_->Finish());
    writer_.reset();
  }

  rocksdb::DB& db_;
  rocksdb::ColumnFamilyHandle& family_;
  const fs::path dir_;
  const rocksdb::Options options_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;
  std::vector<std::string> files_;
};

}  // namespace

MadeStore::MadeStore(std::uint64_t size)
    : size_(size), dir_(cache_dir() / fmt::format("store-{}-{}", kFormat, size)) {
  for (std::uint64_t i = 0; i < kFeeds; ++i) {
    storage::FeedRef& feed = feeds_.emplace_back();
    feed.url = fmt::format("http://feed{}.example/rss", i);
    feed.key = feeds::feed_key(feed.url);
  }
  if (fs::exists(dir_)) return;
  fmt::print(stderr, "Building a store of {} entries in {}\n", size_, dir_.native());
  build();
}

std::uint64_t MadeStore::cache_bytes() const {
  return std::max(storage::Options{}.cache_bytes, 2 * size_ * 13 / 10);
}

MadeEntry MadeStore::entry(std::uint64_t rank) const {
  return {.seed = rank,
          .url = ranked_hash(rank, size_, kEntrySalt),
          .guid = ranked_hash(size_ - 1 - rank, size_, kGuidSalt),
          .known = true};
}

MadeEntry MadeStore::item(std::uint64_t feed, std::uint64_t i) const {
  return entry(feed + kFeeds * (i * (size_ / kFeeds) / kItems));
}

storage::FeedRows MadeStore::feed_rows() const {
  storage::FeedRows rows;
  for (const storage::FeedRef& feed : feeds_) {
    storage::FeedRow& row = rows[feed.key];
    row.ref = feed;
    row.rev = 1;
    row.subscribed = true;
  }
  return rows;
}

storage::EntryRow MadeStore::entry_row(std::uint64_t rank) const {
  storage::EntryRow row;
  row.rev = 1;
  row.content = rank + 1;
  row.revisions[0] = made_hash(rank, kEntrySalt);
  row.link = row.revisions[0].prefix() ^ rank;
  row.first_seen = row.last_seen = row.updated =
      WallTime{std::chrono::seconds{1'700'000'000 + rank}};
  row.owner = feeds_[feed_of(rank)].key;
  row.owner_at_home = true;
  return row;
}

storage::WindowRow MadeStore::window_row(std::uint64_t feed) const {
  storage::WindowRow window;
  window.refreshed = SystemClock().now().wall;
  for (std::uint64_t i = 0; i < kItems; ++i) {
    const MadeEntry made = item(feed, i);
    const feeds::Entry entry = make_entry(made);
    storage::WindowItem& row = window.items.emplace_back();
    row.entry = made.url;
    row.raw_hash = entry.raw_hash;
    row.published = entry.published->time_since_epoch().count();
    for (std::size_t kind = 0; kind < storage::kGuidPrint; ++kind)
      row.prints[kind] = entry.keys[storage::kWindowKinds[kind]].prefix();
  }
  return window;
}

void MadeStore::build() {
  const fs::path part = dir_.native() + ".part";
  fs::remove_all(part);
  fs::create_directories(part / "db");
  need(storage::Database::open(part / "db", storage::Options{}.cache_bytes));
  load_sorted_rows(part / "db");
  write_other_rows(part);
  fs::rename(part, dir_);
}

void MadeStore::load_sorted_rows(const fs::path& db_dir) const {
  rocksdb::DBOptions options;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  check(rocksdb::LoadLatestOptions(rocksdb::ConfigOptions(), db_dir.native(), &options, &families));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  check(rocksdb::DB::Open(options, db_dir.native(), families, &handles, &opened));
  const std::unique_ptr<rocksdb::DB> db(opened);
  const auto load = [&](Family family, const std::function<void(SortedLoader&)>& put_rows) {
    SortedLoader loader(*db, *handles[static_cast<std::size_t>(family)], db_dir);
    put_rows(loader);
    loader.finish();
  };
  load(Family::entries, [&](SortedLoader& rows) {
    for (std::uint64_t rank = 0; rank < size_; ++rank)
      if (!comes_late(rank)) rows.put(entry(rank).url.view(), encode(entry_row(rank)));
  });
  load(Family::keys, [&](SortedLoader& rows) {
    for (std::uint64_t rank = size_; rank-- > 0;)
      if (!comes_late(rank))
        rows.put(entry(rank).guid.view(), encode(storage::KeyRow{entry(rank).url.prefix()}));
  });
  load(Family::log, [&](SortedLoader& rows) {
    for (std::uint64_t rank = 0; rank < size_ && size_ <= kMaxLogged; ++rank) {
      const std::string line = make_entry(make_new_entry(rank)).json + "\n";
      storage::LogRow row;
      row.segment = 1;
      row.entry = entry(rank).url;
      row.feed = feeds_[feed_of(rank)].key;
      row.after_size = static_cast<std::uint32_t>(line.size() - 1);
      row.line = line;
      rows.put(storage::number_key(rank + 1), encode(row));
    }
  });
  for (rocksdb::ColumnFamilyHandle* handle : handles) check(db->DestroyColumnFamilyHandle(handle));
}

// The log begins behind the rows of all entries, as it would once its older segments are gone.
void MadeStore::write_other_rows(const fs::path& dir) const {
  PosixFs files;
  SystemRng rng;
  const Now now = SystemClock().now();
  storage::Options options;
  options.dir = dir;
  fs::create_directories(dir / "events");
  storage::MetaRow meta;
  meta.log_uuid = made_hash(size_, 0);
  meta.outbox = size_ + 1;
  storage::LogEnd end;
  end.next = meta.outbox;
  DurationTally syncs{DurationBounds{}};  // nobody asks
  const auto log = need(storage::EventLog::open(files, rng, options, meta, end, syncs));
  storage::LogPlan plan(*log, now.wall);
  storage::Outbox outbox(meta.outbox);

  const auto database = need(storage::Database::open(dir / "db", options.cache_bytes));
  storage::Batch batch = database->batch();
  for (const auto& [key, row] : feed_rows())
    batch.put(Family::feeds, storage::number_key(key), encode(row));
  storage::PollRow poll;
  poll.polls = 1;
  poll.last_poll = poll.last_success = now.wall;
  poll.next_poll = now.wall + std::chrono::hours{1};
  poll.etag = "\"5f3c8a11-2b1d\"";
  poll.had_document = true;
  for (std::uint64_t feed = 0; feed < kFeeds; ++feed) {
    batch.put(Family::poll, storage::number_key(feeds_[feed].key), encode(poll));
    batch.put(Family::window, storage::number_key(feeds_[feed].key), encode(window_row(feed)));
  }
  plan.put(batch, outbox);
  meta.next = plan.end().next;
  meta.active_segment = plan.end().segment;
  meta.active_end = plan.end().offset;
  meta.synced = meta.next - 1;
  meta.last_commit = now.wall;
  meta.clean = true;
  batch.put(Family::meta, storage::kMetaKey, encode(meta));
  need(database->write(batch));
  need(plan.apply(*log, now.mono));
  need(log->sync());
  write_late_rows(*database);
}

void MadeStore::write_late_rows(storage::Database& database) const {
  constexpr std::uint64_t kStep = 7'777'777;  // prime to all sizes: every rank once, out of order
  storage::Batch batch = database.batch();
  std::uint64_t rank = 0;
  for (std::uint64_t i = 0; i < size_; ++i, rank = (rank + kStep) % size_) {
    if (comes_late(rank)) {
      batch.put(Family::entries, entry(rank).url.view(), encode(entry_row(rank)));
      batch.put(Family::keys, entry(rank).guid.view(),
                encode(storage::KeyRow{entry(rank).url.prefix()}));
    }
    if (i % 20'000 != 0) continue;
    need(database.write(batch));
    batch = database.batch();
  }
  need(database.write(batch));
}

void MadeStore::copy_to(const fs::path& dir) const {
  for (const auto& file : fs::recursive_directory_iterator(dir_)) {
    const fs::path to = dir / file.path().lexically_relative(dir_);
    if (file.is_symlink())
      fs::copy_symlink(file.path(), to);
    else if (file.is_directory())
      fs::create_directories(to);
    else if (file.path().extension() == ".sst")
      fs::create_hard_link(file.path(), to);
    else
      fs::copy_file(file.path(), to);
  }
}

}  // namespace feedwire::bench
