#include "storage/backup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "storage/event_log.h"
#include "storage/fsck.h"
#include "storage/state_lock.h"
#include "tests/storage/store_fixture.h"

namespace feedwire::storage {
namespace {

const std::function<bool()> kGoOn = [] { return true; };

Result<BackupManifest> restore(const std::filesystem::path& backup,
                               const std::filesystem::path& state_dir) {
  Options options;
  options.dir = state_dir;
  options.min_free_bytes = 0;
  const SystemClock clock;
  SystemRng rng;
  return restore_backup(backup, options, clock, rng, {});
}

StoreCheck fsck(const std::filesystem::path& state_dir) {
  PosixFs fs;
  return check_store(fs, state_dir, 0, {}).value();
}

// In `parent`, or where that is none in the usual place.
tests::TempDir temp_dir_in(const std::string& parent) {
  const struct Environment {
    explicit Environment(const std::string& dir) {
      if (::access(dir.c_str(), W_OK) == 0) ::setenv("TMPDIR", dir.c_str(), 1);
    }
    ~Environment() {
      if (before.empty())
        ::unsetenv("TMPDIR");
      else
        ::setenv("TMPDIR", before.c_str(), 1);
    }
    const std::string before = std::getenv("TMPDIR") == nullptr ? "" : std::getenv("TMPDIR");
  } environment(parent);
  return tests::TempDir();
}

// A stopped store of some entries in two segments, and a backup of it.
struct BackedUp {
  BackedUp() {
    store.options.segment_age = std::chrono::minutes{1};
    store.open();
    const FeedKey feed = store.subscribe({"https://a.example/feed"})[0];
    store.poll(feed, tests::make_items(5));
    store.clock.advance(std::chrono::minutes{2});
    store.poll(feed, tests::make_items(9));
    REQUIRE(store->set_cursor("indexer", {.acked = 4, .hold = true, .updated = {}}));
    summary = store->backup(dir(), kGoOn).value();
  }

  std::filesystem::path dir() const { return other.path() / "backups" / "one"; }
  std::filesystem::path restored() const { return other.path() / "restored"; }

  TestStore store;
  tests::TempDir other;
  BackupSummary summary;
};

}  // namespace

TEST_CASE("DB-10 backups made while entries are committed restore to stores without a finding",
          "[backup]") {
  const tests::TempDir dir;
  const tests::TempDir elsewhere =
      temp_dir_in("/dev/shm");  // most often another file system: nothing to link
  const std::filesystem::path to = GENERATE(false, true) ? elsewhere.path() : dir.path();
  Options options;
  options.dir = dir.path() / "state";
  options.min_free_bytes = 0;
  options.segment_size_bytes = 30'000;  // so that segments are closed under the backup's hands
  options.segment_min_age = std::chrono::seconds{0};
  PosixFs fs;
  const SystemClock clock;
  SystemRng rng;
  const std::unique_ptr<Store> store = Store::open(options, fs, clock, rng).value();
  FeedRef feed;
  feed.url = "https://a.example/feed";
  feed.key = feeds::feed_key(feed.url);
  REQUIRE(store->subscribe(std::span(&feed, 1)));

  std::atomic<bool> stop = false;
  std::atomic<int> commits = 0;
  std::thread writer([&] {
    while (!stop) {
      PollOutcome outcome;
      outcome.feed = feed.key;
      outcome.fetched_at = clock.now().wall;
      outcome.document = tests::make_feed(feed.key, tests::make_items(20, 1 + 20 * commits));
      if (!store->commit(std::span(&outcome, 1)) || !store->tick(clock.now())) break;
      ++commits;
    }
  });
  std::vector<BackupSummary> made;
  for (const char* const name : {"one", "two", "three"}) {
    const int before = commits;
    while (commits < before + 5) std::this_thread::yield();
    const Result<BackupSummary> summary = store->backup(to / name, kGoOn);
    INFO((summary ? "" : summary.error().message));
    CHECK(summary);
    if (summary) made.push_back(*summary);
  }
  stop = true;
  writer.join();
  const std::vector<std::string> log = read_lines(events_dir(options.dir));

  REQUIRE(made.size() == 3);
  CHECK(made[0].last < made[2].last);
  CHECK(made[2].last < log.size() + 1);
  for (std::size_t i = 0; i < made.size(); ++i) {
    const std::filesystem::path state = dir.path() / ("restored" + std::to_string(i));
    REQUIRE(restore(to / std::vector{"one", "two", "three"}[i], state));
    CHECK(fsck(state).findings.empty());
    std::vector<std::string> lines = read_lines(events_dir(state));
    REQUIRE(lines.size() == made[i].last + 3);  // closed, opened, epoch_started
    lines.resize(made[i].last);
    CHECK(std::equal(lines.begin(), lines.end(), log.begin()));
  }
}

TEST_CASE("a restored store is another log, with all that was known", "[backup]") {
  BackedUp from;
  const std::string source = from.store->log_status().source;
  REQUIRE(restore(from.dir(), from.restored()));

  TestStore restored;
  restored.options.dir = from.restored();
  restored.open();

  CHECK(from.summary.source == source);
  CHECK(restored->log_status().source != source);
  CHECK(restored->log_status().epoch == 2);
  CHECK(restored->log_status().last == from.summary.last + 3);
  CHECK(restored->cursors().value().at("indexer").acked == 4);
  const std::vector<rapidjson::Document> started =
      read_events(events_dir(from.restored()), "log.epoch_started");
  REQUIRE(started.size() == 2);
  CHECK(at(started[1], "/id") == "s-2-start");
  CHECK(at(started[1], "/source") == restored->log_status().source);
  // The entries are known: nothing is told again.
  const FeedKey feed = restored.subscribe({"https://a.example/feed"})[0];
  restored.clock.advance(std::chrono::minutes{10});
  CHECK(restored.poll(feed, tests::make_items(9)).created == 0);
  CHECK(restored.poll(feed, tests::make_items(10)).created == 1);
  restored.close();
  CHECK(fsck(from.restored()).findings.empty());
}

TEST_CASE("a closed segment is shared with its backup, the active one is not", "[backup]") {
  const BackedUp from;
  const auto inode = [](const std::filesystem::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_ino;
  };
  const std::vector<std::filesystem::path> segments = segments_in(from.store.events());
  REQUIRE(segments.size() >= 2);

  CHECK(inode(segments.front()) == inode(from.dir() / "events" / segments.front().filename()));
  CHECK(inode(segments.back()) != inode(from.dir() / "events" / segments.back().filename()));
}

TEST_CASE("DB-10 a backup waits for the closing line of a segment that was closed just now",
          "[backup]") {
  BackedUp from;
  const Sequence last = from.store->log_status().last;
  from.store.close();
  const std::filesystem::path closed = segments_in(from.store.events()).front();
  const std::string whole = read_whole(closed);
  const std::size_t before_last = whole.rfind('\n', whole.size() - 2) + 1;
  const auto database = Database::open(from.store.path() / "db", 8 << 20).value();
  const std::filesystem::path to = from.other.path() / "two";

  // As it is after a commit, before what was committed is in the file.
  std::filesystem::permissions(closed, std::filesystem::perms::owner_all);
  std::filesystem::resize_file(closed, before_last);
  int asked = 0;
  const auto appended = [&]() -> Sequence {
    if (++asked < 3) {
      CHECK(std::filesystem::is_empty(to / "events"));
      return 0;
    }
    if (asked == 3) std::ofstream(closed, std::ios::app) << whole.substr(before_last);
    return last;
  };
  REQUIRE(make_backup({*database, from.store.path(), appended, test_start().wall}, to, kGoOn));

  CHECK(asked > 3);
  CHECK(read_whole(to / "events" / closed.filename()) == whole);
}

TEST_CASE("a segment of which events are gone is backed up as it is, or as it is not", "[backup]") {
  TestStore store;
  store.options.segment_age = std::chrono::hours{24};
  store.open();
  const FeedKey feed = store.subscribe({"https://a.example/feed"})[0];
  // More than recovery reaches back to.
  for (int i = 0; i < 60; ++i) store.poll(feed, tests::make_items(40, 1 + 40 * i));
  const std::filesystem::path cut = store->log_status().active_segment;
  std::filesystem::resize_file(cut, 0);
  store.poll(feed, tests::make_items(1, 9000));
  store.clock.advance(std::chrono::seconds{2});
  REQUIRE(store->tick(store.clock.now()));
  REQUIRE(store->log_status().disturbances == 1);
  const bool removed = GENERATE(false, true);
  if (removed) std::filesystem::remove(cut);
  const tests::TempDir other = temp_dir_in(GENERATE("/tmp", "/dev/shm"));  // linked, and copied

  const Result<BackupSummary> made = store->backup(other.path() / "one", kGoOn);
  INFO((made ? "" : made.error().message));
  REQUIRE(made);
  REQUIRE(restore(other.path() / "one", other.path() / "restored"));
  TestStore restored;
  restored.options.dir = other.path() / "restored";
  restored.open();

  EntryFilter all;
  all.limit = 10'000;
  CHECK(restored->entries(all).value().size() == store->entries(all).value().size());
  CHECK(std::filesystem::exists(events_dir(restored.options.dir) / cut.filename()) == !removed);
}

TEST_CASE("a backup whose files differ from its manifest is refused by name", "[backup]") {
  const BackedUp from;
  const std::string segment = segments_in(from.dir() / "events")[1].filename().native();
  const std::filesystem::path file = from.dir() / "events" / segment;
  std::string wrong;
  SECTION("a byte is changed") {
    std::fstream(file, std::ios::in | std::ios::out).seekp(700).put('#');
    wrong = "events/" + segment + " has the SHA-256 ";
  }
  SECTION("a file is longer") {
    std::ofstream(file, std::ios::app) << "x";
    wrong = "events/" + segment + " has ";
  }
  SECTION("a file is missing") {
    std::filesystem::remove(file);
    wrong = "events/" + segment + " is missing";
  }
  SECTION("a file is there that is not of it") {
    std::ofstream(from.dir() / "db" / "stranger") << "x";
    wrong = "db/stranger is not in the manifest";
  }
  SECTION("the manifest names a file elsewhere") {
    std::ofstream(from.dir() / kManifestFile)
        << R"({"format":1,"last_sequence":"1","files":[{"path":"db/../../x","size":1}]})";
    wrong = "manifest.json names a file that cannot be";
  }

  const Result<BackupManifest> refused = restore(from.dir(), from.restored());

  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::malformed);
  INFO(refused.error().message);
  CHECK(refused.error().message.find(wrong) != std::string::npos);
  CHECK(refused.error().message.ends_with("; this backup cannot be used"));
  CHECK(!std::filesystem::exists(from.restored() / "db"));
}

TEST_CASE("a restore never touches a store that is there, nor takes half a backup", "[backup]") {
  BackedUp from;
  CHECK(restore(from.dir(), from.store.path()).error().code == ErrorCode::busy);
  from.store.close();
  const Result<BackupManifest> taken = restore(from.dir(), from.store.path());
  CHECK(taken.error().code == ErrorCode::invalid_argument);
  CHECK(fsck(from.store.path()).findings.empty());

  std::filesystem::remove(from.dir() / kManifestFile);
  CHECK(restore(from.dir(), from.restored()).error().code == ErrorCode::not_found);
  std::ofstream(from.dir() / kManifestFile) << R"({"format":2,"feedwire":"9.9"})";
  CHECK(restore(from.dir(), from.restored()).error().code == ErrorCode::unsupported);
}

TEST_CASE("a backup never overwrites, and one that ends early leaves nothing", "[backup]") {
  BackedUp from;
  const std::string manifest = read_whole(from.dir() / kManifestFile);

  CHECK(from.store->backup(from.dir(), kGoOn).error().code == ErrorCode::invalid_argument);
  CHECK(from.store->backup(from.other.path() / "two/", kGoOn));
  CHECK(read_whole(from.dir() / kManifestFile) == manifest);
  const std::filesystem::path other = from.other.path() / "other";
  CHECK(from.store->backup(other, [] { return false; }).error().code == ErrorCode::busy);
  CHECK(!std::filesystem::exists(other));
}

TEST_CASE("a new epoch goes on with the sequences, also after a kill", "[backup]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({"https://a.example/feed"})[0];
  store.poll(feed, tests::make_items(3));
  const LogStatus before = store->log_status();
  REQUIRE(store->new_epoch());
  const LogStatus after = store->log_status();
  CHECK(after.epoch == before.epoch + 1);
  CHECK(after.last == before.last + 3);
  const std::string segment = read_whole(after.active_segment);

  store.reopen();  // as after a kill
  CHECK(store->log_status().source == after.source);
  CHECK(read_whole(after.active_segment) == segment);
  store.poll(feed, tests::make_items(4));
  store.close();

  CHECK(fsck(store.path()).findings.empty());
  CHECK(read_lines(store.events()).size() == after.last + 1);
}

}  // namespace feedwire::storage
