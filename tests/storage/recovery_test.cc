#include "storage/recovery.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <map>

#include "storage/fsck.h"
#include "tests/storage/damage.h"
#include "tests/storage/failing_fs.h"

namespace feedwire::storage {
namespace {

const std::string kUrl = "http://a.example/feed";

std::map<std::filesystem::path, std::string> snapshot_of(const std::filesystem::path& events) {
  std::map<std::filesystem::path, std::string> files;
  for (const auto& path : segments_in(events)) files[path.filename()] = read_whole(path);
  return files;
}

void append_to(const std::filesystem::path& path, const std::string& bytes) {
  const std::string whole = read_whole(path) + bytes;
  if (std::filesystem::exists(path))
    std::filesystem::permissions(path, std::filesystem::perms{0640});
  FILE* file = std::fopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  std::fwrite(whole.data(), 1, whole.size(), file);
  std::fclose(file);
}

// Every event once, every line whole and as it must be, whatever happened.
void check_log(const std::filesystem::path& events) {
  PosixFs fs;
  Findings findings;
  REQUIRE(verify_log(fs, events, {true, 0, {}}, findings));
  CHECK(codes_of(findings).empty());
}

// All invariants of a store that nobody has open, recovered or not.
void check_all(const TestStore& store) {
  PosixFs fs;
  const Result<StoreCheck> checked = check_store(fs, store.path(), 0, {});
  if (!checked)
    CHECK(checked.error().code == ErrorCode::not_found);  // killed before the first commit
  else
    CHECK(codes_of(checked->findings).empty());
}

// A store with three sealed segments and some events in the fourth.
struct Killed {
  Killed() {
    store.options.segment_size_bytes = 1;
    store.open();
    feed = store.subscribe({kUrl})[0];
    for (int i = 0; i < 3; ++i) {
      store.clock.advance(std::chrono::seconds{61});
      store.poll(feed, tests::make_items(3, 10 * i));
    }
    files = snapshot_of(store.events());
    REQUIRE(files.size() == 4);
  }

  TestStore store;
  FeedKey feed = 0;
  std::map<std::filesystem::path, std::string> files;
};

}  // namespace

TEST_CASE("I10 recovering twice changes nothing", "[recovery]") {
  Killed log;
  log.store.reopen();
  CHECK(snapshot_of(log.store.events()) == log.files);
  log.store.reopen();
  CHECK(snapshot_of(log.store.events()) == log.files);
}

TEST_CASE("R4 a torn tail is written again", "[recovery]") {
  Killed log;
  const std::filesystem::path active = log.store->log_status().active_segment;
  log.store.reopen();
  std::filesystem::resize_file(active, std::filesystem::file_size(active) - 700);
  log.store.reopen();
  CHECK(snapshot_of(log.store.events()) == log.files);
}

TEST_CASE("R4 bytes that the disk never got are written again", "[recovery]") {
  Killed log;
  const std::filesystem::path active = log.store->log_status().active_segment;
  const auto size = std::filesystem::file_size(active);
  std::filesystem::resize_file(active, 1200);
  std::filesystem::resize_file(active, size);  // zeros
  log.store.reopen();
  CHECK(snapshot_of(log.store.events()) == log.files);
}

TEST_CASE("R5 what stands behind the committed end is cut, in sealed segments too", "[recovery]") {
  Killed log;
  for (const auto& [name, bytes] : log.files)
    append_to(log.store.events() / name, "{\"garbage\":\"\n\n}");
  log.store.reopen();
  CHECK(snapshot_of(log.store.events()) == log.files);
  log.store.poll(log.feed, tests::make_items(1, 900));
  check_log(log.store.events());
}

TEST_CASE("R4 a missing segment is made again", "[recovery]") {
  Killed log;
  for (const auto& [name, bytes] : log.files) std::filesystem::remove(log.store.events() / name);
  std::filesystem::remove(log.store.events() / "current");
  log.store.reopen();
  CHECK(snapshot_of(log.store.events()) == log.files);
  CHECK(std::filesystem::read_symlink(log.store.events() / "current") ==
        log.store->log_status().active_segment.filename());
}

TEST_CASE("R6 the link to the active segment is right after a clean stop too", "[recovery]") {
  Killed log;
  const std::filesystem::path active = log.store->log_status().active_segment.filename();
  const std::filesystem::path link = log.store.events() / "current";
  log.store.close();
  SECTION("it names another segment") {
    std::filesystem::remove(link);
    std::filesystem::create_symlink(log.files.begin()->first, link);
  }
  SECTION("it is gone") { std::filesystem::remove(link); }
  log.store.open();
  CHECK(std::filesystem::read_symlink(link) == active);
}

TEST_CASE("R6 half-made segments are removed", "[recovery]") {
  Killed log;
  append_to(log.store.events() / ".new-0123", "half");
  log.store.reopen();
  CHECK_FALSE(std::filesystem::exists(log.store.events() / ".new-0123"));
}

TEST_CASE("R7 a sealed segment whose bytes are others is not accepted after a clean stop",
          "[recovery]") {
  Killed log;
  log.store.close();
  const std::filesystem::path sealed = log.store.events() / std::next(log.files.begin())->first;
  std::string bytes = log.files[sealed.filename()];
  bytes[1500] ^= 1;
  std::filesystem::permissions(sealed, std::filesystem::perms{0640});
  FILE* file = std::fopen(sealed.c_str(), "wb");
  std::fwrite(bytes.data(), 1, bytes.size(), file);
  std::fclose(file);
  SeededRng rng(1);
  const auto opened = Store::open(log.store.options, log.store.fs, log.store.clock, rng);
  REQUIRE(!opened);
  CHECK(opened.error().code == ErrorCode::corrupt);
  CHECK(opened.error().message.find(sealed.native()) != std::string::npos);
}

TEST_CASE("events beside an empty database are not written over", "[recovery]") {
  Killed log;
  log.store.close();
  std::filesystem::remove_all(log.store.path() / "db");
  SeededRng rng(1);
  CHECK(Store::open(log.store.options, log.store.fs, log.store.clock, rng).error().code ==
        ErrorCode::corrupt);
  CHECK(snapshot_of(log.store.events()) == log.files);
}

TEST_CASE("I2 I9 a process killed at any file operation loses, repeats and tears nothing",
          "[recovery]") {
  for (int deadly = 0;; ++deadly) {
    REQUIRE(deadly < 1000);
    TestStore store;
    store.options.segment_size_bytes = 1;
    int acks[2];
    REQUIRE(::pipe(acks) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      PosixFs real;
      FailingFs fs(real, deadly, FailingFs::Then::exit);
      SeededRng rng(static_cast<std::uint64_t>(deadly));
      auto opened = Store::open(store.options, fs, store.clock, rng);
      const FeedRef ref{feeds::feed_key(kUrl), kUrl, "", "", {}};
      if (!opened || !(*opened)->subscribe({&ref, 1})) ::_exit(1);
      for (int i = 0; i < 6; ++i) {
        store.clock.advance(std::chrono::seconds{40});
        const PollOutcome outcomes[] = {store.outcome(ref.key, tests::make_items(3, 10 * i))};
        if (!(*opened)->commit(outcomes) || ::write(acks[1], "a", 1) != 1) ::_exit(1);
      }
      ::_exit(0);
    }
    ::close(acks[1]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    std::uint64_t acknowledged = 0;
    for (char ack = 0; ::read(acks[0], &ack, 1) == 1;) acknowledged += 3;
    ::close(acks[0]);

    INFO("operation " << deadly << ", status " << status);
    check_all(store);
    store.open();
    CHECK(store->entries({}).value().size() >= acknowledged);
    CHECK(read_events(store.events(), "entry.created").size() == store->entries({}).value().size());
    check_log(store.events());
    const FeedKey feed = store.subscribe({kUrl})[0];
    for (int i = 0; i < 6; ++i) store.poll(feed, tests::make_items(3, 10 * i));
    CHECK(read_events(store.events(), "entry.created").size() == 18);
    store.close();
    check_all(store);
    if (status == 0) return;
  }
}

}  // namespace feedwire::storage
