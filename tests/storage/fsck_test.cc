#include "storage/fsck.h"

#include <catch2/catch.hpp>

#include "base/hash.h"
#include "storage/database.h"
#include "storage/state_lock.h"
#include "tests/storage/damage.h"

namespace feedwire::storage {
namespace {

using Codes = std::set<std::string>;

StoreCheck check(const TestStore& store) {
  PosixFs fs;
  return check_store(fs, store.path(), 1 << 20, {}).value();
}

void change_meta(const TestStore& store, const std::function<void(MetaRow&)>& change) {
  change_row<MetaRow>(store, Family::meta, std::string(kMetaKey), change);
}

// The sequence that holds the content of the entry that was updated.
Sequence updated_sequence(const TestStore& store) {
  const auto events = read_events(store.events(), "entry.updated");
  return std::stoull(at(events.at(0), "/sequence"));
}

}  // namespace

TEST_CASE("I1 to I8 a store as it should be has no findings", "[fsck]") {
  FullStore store;
  store.close();
  const StoreCheck result = check(store);
  CHECK(codes_of(result.findings) == Codes{});
  CHECK(result.to_be_mended.empty());
  CHECK(result.entries == 5);
  CHECK(result.keys > 0);
  CHECK(result.feeds == 2);
  CHECK(result.cursors == 1);
  CHECK(result.segments == 4);
  CHECK(result.events == read_lines(store.events()).size());
  CHECK(result.log_rows == result.events);
}

TEST_CASE("a store with rows behind the outbox and superseded content is clean", "[fsck]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({"http://a.example/feed"})[0];
  for (int round = 0; round < 4; ++round) {
    auto items = tests::make_items(400);
    for (auto& item : items) item.content = std::string(1500, static_cast<char>('a' + round));
    store.poll(feed, items);
    REQUIRE(store->tick(store.clock.now() + std::chrono::seconds{2}));
  }
  store.poll(feed, tests::make_items(1, 1000));
  store.close();
  const StoreCheck result = check(store);
  CHECK(codes_of(result.findings) == Codes{});
  CHECK(result.log_rows < result.events);  // some were removed
}

TEST_CASE("fsck refuses a store in use, and holds off the daemon meanwhile", "[fsck]") {
  FullStore store;
  PosixFs fs;
  const auto refused = check_store(fs, store.path(), 0, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::busy);
  CHECK(refused.error().message.find("in use by process ") != std::string::npos);
  store.close();

  const auto shared = share_state_dir(store.path());
  REQUIRE(shared);
  CHECK(check(store).findings.empty());
  SeededRng rng(1);
  const auto opened = Store::open(store.options, fs, store.clock, rng);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::busy);
  CHECK(opened.error().message.find("feedwire fsck is checking it") != std::string::npos);
}

TEST_CASE("fsck of a store in which nothing was committed yet finds none", "[fsck]") {
  const tests::TempDir dir;
  std::filesystem::create_directory(dir.path() / "db");
  REQUIRE(Database::open(dir.path() / "db", 8 << 20));
  PosixFs fs;
  CHECK(check_store(fs, dir.path(), 0, {}).error().code == ErrorCode::not_found);
}

TEST_CASE("fsck of a folder without store, and of a newer one, is an error", "[fsck]") {
  const tests::TempDir empty;
  PosixFs fs;
  CHECK(check_store(fs, empty.path(), 0, {}).error().code == ErrorCode::not_found);
  CHECK(check_store(fs, empty.path() / "no", 0, {}).error().code == ErrorCode::not_found);
  FullStore store;
  store.close();
  change_meta(store, [](MetaRow& meta) { meta.schema = kSchemaVersion + 1; });
  CHECK(check_store(fs, store.path(), 0, {}).error().code == ErrorCode::unsupported);
}

TEST_CASE("after a kill the files are judged as the next start leaves them", "[fsck]") {
  FullStore store;
  const std::filesystem::path active = store.segment(3), closed = store.segment(2);
  const std::string name = active.filename().native();
  store.reopen();
  store.abandon();
  CHECK(check(store).to_be_mended.empty());

  SECTION("bytes that did not reach the file") {
    std::filesystem::resize_file(active, std::filesystem::file_size(active) - 700);
    rewrite(closed, read_whole(closed) + "excess");
    const StoreCheck result = check(store);
    CHECK(codes_of(result.findings) == Codes{});
    CHECK(result.to_be_mended == std::vector{closed.filename().native(), name});
  }
  SECTION("zeros in their place, and a file that is gone") {
    const auto size = std::filesystem::file_size(active);
    std::filesystem::resize_file(active, 1200);
    std::filesystem::resize_file(active, size);
    std::filesystem::remove(closed);
    const StoreCheck result = check(store);
    CHECK(codes_of(result.findings) == Codes{});
    CHECK(result.to_be_mended.size() == 2);
    store.open();
    store.close();
    CHECK(check(store).to_be_mended.empty());
  }
}

TEST_CASE("committed bytes that are gone for good are told after a kill too", "[fsck]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({"http://a.example/feed"})[0];
  for (int round = 0; round < 4; ++round) {
    auto items = tests::make_items(400, 1 + 400 * round);
    for (auto& item : items) item.content = std::string(3000, 'x');
    store.poll(feed, items);
    REQUIRE(store->tick(store.clock.now() + std::chrono::seconds{2}));
  }
  store.abandon();
  const std::filesystem::path active = segments_in(store.events())[0];
  CHECK(check(store).findings.empty());
  std::filesystem::resize_file(active, 5000);
  const StoreCheck result = check(store);
  CHECK(codes_of(result.findings).contains("end"));
  CHECK(told(result.findings, "end").find("the database does not hold them any more") !=
        std::string::npos);
}

TEST_CASE("I3 I8 files that differ from what was committed are told", "[fsck]") {
  FullStore store;
  const std::filesystem::path closed = store.segment(1), active = store.segment(3);
  store.close();

  SECTION("a byte changed in a closed segment") {
    replace_in(closed, "Title of number1", "Title of numbeR1");
    const Findings findings = check(store).findings;
    CHECK(codes_of(findings) == Codes{"sha256", "log-bytes"});
    CHECK(told(findings, "log-bytes").find(closed.filename().native()) != std::string::npos);
  }
  SECTION("a byte changed in the active segment") {
    replace_in(active, "Another title", "Another Title");
    CHECK(codes_of(check(store).findings) == Codes{"log-bytes"});
  }
  SECTION("a changed closed segment whose closing line was made to fit") {
    // No SHA-256 within the file betrays this one.
    std::vector<std::string> lines = lines_of(closed);
    const std::size_t at = lines.back().find("\"sha256\":\"") + 10;
    const std::string old_hash = lines.back().substr(at, 64);
    for (std::string& line : lines)
      if (const std::size_t title = line.find("Title of number1"); title != line.npos)
        line[title] = 't';
    Sha256 sha;
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) sha.update(lines[i]);
    lines.back().replace(at, 64, sha.hex());
    rewrite(closed, lines);
    CHECK(codes_of(check(store).findings) == Codes{"sha256", "log-bytes"});
  }
  SECTION("a file cut short") {
    std::filesystem::resize_file(active, std::filesystem::file_size(active) - 700);
    const Findings findings = check(store).findings;
    CHECK(codes_of(findings).contains("end"));
    CHECK(told(findings, "end").find("start feedwired, which writes them again") !=
          std::string::npos);
  }
  SECTION("bytes behind the end") {
    rewrite(active, read_whole(active) + "garbage");
    const Findings findings = check(store).findings;
    CHECK(codes_of(findings) == Codes{"end", "torn"});
    CHECK(told(findings, "end").find("7 bytes stand behind its end") != std::string::npos);
  }
  SECTION("a segment that is missing") {
    std::filesystem::remove(closed);
    CHECK(codes_of(check(store).findings).contains("missing"));
  }
  SECTION("a whole event that nobody committed") {
    std::string line = lines_of(active).back();
    const std::size_t at = line.find("\"sequence\":\"") + 12;
    line.replace(at, 20, "00000000000000000099");
    rewrite(active, read_whole(active) + line);
    const Codes codes = codes_of(check(store).findings);
    CHECK(codes.contains("next"));
    CHECK(codes.contains("end"));
  }
  SECTION("a segment that is not of this store") {
    rewrite(store.events() / SegmentName{2, 900}.text(), read_whole(active));
    CHECK(codes_of(check(store).findings).contains("unknown"));
  }
}

TEST_CASE("rows of the log that are wrong are told", "[fsck]") {
  FullStore store;
  store.close();

  SECTION("I2 one of the outbox is missing") {
    change_rows(store, [](Database&, Batch& batch) { batch.remove(Family::log, number_key(4)); });
    const Findings findings = check(store).findings;
    CHECK(codes_of(findings) == Codes{"outbox"});
    CHECK(told(findings, "outbox").find("the rows 4 to 4 are missing") != std::string::npos);
  }
  SECTION("one lies behind the outbox and holds nothing") {
    change_meta(store, [](MetaRow& meta) { meta.outbox = 3; });
    CHECK(codes_of(check(store).findings) == Codes{"log-stray"});
  }
  SECTION("one is that of another event") {
    change_rows(store, [](Database& database, Batch& batch) {
      batch.put(Family::log, number_key(4), *database.get(Family::log, number_key(3)).value());
    });
    CHECK(codes_of(check(store).findings) == Codes{"log-row"});
  }
  SECTION("one does not say where its item is") {
    change_row<LogRow>(store, Family::log, number_key(updated_sequence(store)),
                       [](LogRow& row) { row.after_size = 1 << 20; });
    CHECK(codes_of(check(store).findings) == Codes{"log-row"});
  }
  SECTION("one cannot be read") {
    change_rows(store, [](Database&, Batch& batch) { batch.put(Family::log, number_key(1), "?"); });
    CHECK(codes_of(check(store).findings).contains("row"));
  }
}

TEST_CASE("I7 rows of entries that do not fit the log are told", "[fsck]") {
  FullStore store;
  const Sequence sequence = updated_sequence(store);
  const std::string key(store->entries({}).value().at(0).key.view());
  const auto updated = read_events(store.events(), "entry.updated");
  const std::string updated_key(
      Hash128::from_hex(at(updated.at(0), "/partitionkey")).value().view());
  store.close();

  SECTION("the content is gone") {
    change_rows(store,
                [&](Database&, Batch& batch) { batch.remove(Family::log, number_key(sequence)); });
    const Findings findings = check(store).findings;
    CHECK(codes_of(findings) == Codes{"outbox", "entry-content"});
    CHECK(told(findings, "entry-content").find("log has no such row") != std::string::npos);
  }
  SECTION("the entry is gone") {
    change_rows(store, [&](Database&, Batch& batch) { batch.remove(Family::entries, key); });
    CHECK(codes_of(check(store).findings) ==
          Codes{"entry-missing", "key-dangling", "window-entry"});
  }
  SECTION("the revision is another") {
    change_row<EntryRow>(store, Family::entries, updated_key, [](EntryRow& row) { row.rev = 7; });
    CHECK(codes_of(check(store).findings) == Codes{"entry-rev", "entry-content"});
  }
  SECTION("the content is an older one") {
    change_row<EntryRow>(store, Family::entries, updated_key,
                         [](EntryRow& row) { row.content = 5; });
    CHECK(codes_of(check(store).findings).contains("entry-content"));
  }
  SECTION("the row cannot be read") {
    change_rows(store, [&](Database&, Batch& batch) { batch.put(Family::entries, key, "\x01"); });
    CHECK(codes_of(check(store).findings) == Codes{"row"});
  }
}

TEST_CASE("rows that name what is not there are told", "[fsck]") {
  FullStore store;
  const FeedKey feed = store.feeds[0];
  store.close();
  const Hash128 stranger = xxh3_128("stranger");

  SECTION("keys") {
    change_rows(store, [&](Database&, Batch& batch) {
      batch.put(Family::keys, stranger.view(), encode(KeyRow{stranger.prefix()}));
    });
    const Findings findings = check(store).findings;
    CHECK(codes_of(findings) == Codes{"key-dangling"});
    CHECK(told(findings, "key-dangling").find("e-" + stranger.hex().substr(0, 16)) !=
          std::string::npos);
  }
  SECTION("window") {
    change_row<WindowRow>(store, Family::window, number_key(feed),
                          [&](WindowRow& row) { row.items[0].entry = stranger; });
    CHECK(codes_of(check(store).findings) == Codes{"window-entry"});
  }
  SECTION("poll and window of an unknown feed") {
    change_rows(store, [](Database&, Batch& batch) {
      batch.put(Family::poll, number_key(5), encode(PollRow{}));
      batch.put(Family::window, number_key(5), encode(WindowRow{}));
    });
    CHECK(codes_of(check(store).findings) == Codes{"feed-missing"});
  }
  SECTION("the log and a feed") {
    change_rows(store,
                [&](Database&, Batch& batch) { batch.remove(Family::feeds, number_key(feed)); });
    CHECK(codes_of(check(store).findings) == Codes{"feed-missing"});
  }
  SECTION("the row of a feed") {
    change_row<FeedRow>(store, Family::feeds, number_key(feed), [](FeedRow& row) {
      row.ref.key = 9;
      row.rev = 9;
    });
    CHECK(codes_of(check(store).findings) == Codes{"feed-row", "feed-rev"});
  }
  SECTION("rows that cannot be read") {
    change_rows(store, [&](Database&, Batch& batch) {
      for (const Family family : {Family::poll, Family::window, Family::feeds})
        batch.put(family, number_key(feed), "\x09");
      batch.put(Family::cursors, "indexer", "");
      batch.put(Family::keys, "short", "");
    });
    const Findings findings = check(store).findings;
    CHECK(findings.counts().at("row") == 5);
  }
}

TEST_CASE("meta and segments that cannot be are told", "[fsck]") {
  FullStore store;
  store.close();

  SECTION("I1 the next sequence") {
    change_meta(store, [](MetaRow& meta) { ++meta.next; });
    CHECK(codes_of(check(store).findings) == Codes{"next", "outbox"});
  }
  SECTION("another log") {
    change_meta(store, [](MetaRow& meta) { meta.log_uuid = xxh3_128("x"); });
    CHECK(codes_of(check(store).findings) == Codes{"source"});
  }
  SECTION("another epoch") {
    change_meta(store, [](MetaRow& meta) { meta.epoch = 3; });
    CHECK(codes_of(check(store).findings) == Codes{"meta"});
  }
  SECTION("an outbox beyond the end") {
    change_meta(store, [](MetaRow& meta) { meta.outbox = 1000; });
    CHECK(codes_of(check(store).findings) == Codes{"meta"});
  }
  SECTION("no meta") {
    change_rows(store, [](Database&, Batch& batch) { batch.remove(Family::meta, kMetaKey); });
    CHECK(codes_of(check(store).findings) == Codes{"meta"});
  }
  SECTION("the end of a closed segment") {
    change_row<SegmentRow>(store, Family::segments, number_key(2),
                           [](SegmentRow& row) { row.end += 3; });
    CHECK(codes_of(check(store).findings) == Codes{"end"});
  }
  SECTION("the SHA-256 of a closed segment") {
    change_row<SegmentRow>(store, Family::segments, number_key(2),
                           [](SegmentRow& row) { row.sha256[0] ^= 1; });
    CHECK(codes_of(check(store).findings) == Codes{"sha256"});
  }
  SECTION("a closed segment that counts as open, and a row that is missing") {
    change_row<SegmentRow>(store, Family::segments, number_key(2),
                           [](SegmentRow& row) { row.sealed = false; });
    CHECK(codes_of(check(store).findings).contains("segment-row"));
    change_rows(store,
                [](Database&, Batch& batch) { batch.remove(Family::segments, number_key(2)); });
    CHECK(codes_of(check(store).findings) == Codes{"segment-row", "unknown", "log-row"});
  }
}

TEST_CASE("a database whose files are damaged is a finding", "[fsck]") {
  FullStore store;
  store.close();
  for (const auto& file : std::filesystem::directory_iterator(store.path() / "db"))
    if (file.path().filename().native().starts_with("MANIFEST"))
      rewrite(file.path(), std::string("rubbish"));
  CHECK(codes_of(check(store).findings) == Codes{"database"});
}

}  // namespace feedwire::storage
