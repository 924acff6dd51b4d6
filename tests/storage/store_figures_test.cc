// What a store tells of itself to whoever watches it (operations.md 8.4).

#include "storage/store_figures.h"

#include <catch2/catch.hpp>
#include <functional>
#include <future>

#include "feeds/read_feed.h"
#include "storage/schema.h"
#include "tests/storage/store_fixture.h"

namespace feedwire::storage {
namespace {

const std::string kUrl = "http://a.example/feed";

/// A disk that has something done while a file is synced.
class SlowDisk : public PosixFs {
 public:
  std::function<void()> meanwhile = [] {};

  Result<std::unique_ptr<File>> create(const std::filesystem::path& path, unsigned mode) override {
    return slow(PosixFs::create(path, mode));
  }
  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, bool writable) override {
    return slow(PosixFs::open(path, writable));
  }

 private:
  class SlowFile : public File {
   public:
    SlowFile(const SlowDisk& disk, std::unique_ptr<File> real)
        : disk_(disk), real_(std::move(real)) {}
    Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
      return real_->write_at(offset, bytes);
    }
    Result<std::string> read_at(std::uint64_t offset, std::size_t size) const override {
      return real_->read_at(offset, size);
    }
    Result<std::uint64_t> size() const override { return real_->size(); }
    Result<FileId> id() const override { return real_->id(); }
    Result<void> truncate(std::uint64_t size) override { return real_->truncate(size); }
    Result<void> set_mode(unsigned mode) override { return real_->set_mode(mode); }
    Result<void> allocate(std::uint64_t size) override { return real_->allocate(size); }
    Result<void> sync() override {
      disk_.meanwhile();
      return real_->sync();
    }

   private:
    const SlowDisk& disk_;
    std::unique_ptr<File> real_;
  };

  Result<std::unique_ptr<File>> slow(Result<std::unique_ptr<File>> file) const {
    if (!file) return file;
    return std::unique_ptr<File>(std::make_unique<SlowFile>(*this, std::move(*file)));
  }
};

std::uint64_t all_tables(const StoreFigures& figures) {
  std::uint64_t bytes = 0;
  for (const StoreFigures::Family& family : figures.families) bytes += family.sst_bytes;
  return bytes;
}

}  // namespace

TEST_CASE("8.4 commits and syncs are counted, each with the time that it took", "[figures]") {
  TestStore store;
  store.options.sync_each_commit = true;
  store.open();
  const FeedKey feed = store.subscribe({kUrl})[0];
  const StoreFigures before = store->figures();
  CHECK(before.commits.count() == 0);  // what was subscribed is none
  for (int i = 0; i < 3; ++i) store.poll(feed, tests::make_items(2, 10 * i));
  store.poll(feed, tests::make_items(2, 20));  // nothing new: no event, nothing to sync
  const StoreFigures after = store->figures();
  CHECK(after.commits.count() == 4);
  CHECK(after.commits.sum > std::chrono::microseconds{0});
  CHECK(after.commits.sum < std::chrono::minutes{10});
  CHECK(after.syncs.count() - before.syncs.count() == 3);
  CHECK(after.syncs.sum <= after.commits.sum + before.syncs.sum);
}

TEST_CASE("8.4 a segment that is closed is synced, which counts", "[figures]") {
  TestStore store;
  store.open();
  store.poll(store.subscribe({kUrl})[0], tests::make_items(1));
  REQUIRE(store->tick(store.clock.now() + std::chrono::seconds{2}));
  const std::uint64_t before = store->figures().syncs.count();
  store.clock.advance(std::chrono::minutes{2});
  REQUIRE(store->seal(store.clock.now()));
  CHECK(store->figures().syncs.count() == before + 1);
}

TEST_CASE("8.4 recovery says how many lines it has written once more", "[figures]") {
  TestStore store;
  store.open();
  CHECK(store->figures().recovery == std::chrono::microseconds{0});
  const FeedKey feed = store.subscribe({kUrl})[0];
  store.poll(feed, tests::make_items(5));
  const Sequence last = store->log_status().last;
  store.reopen();  // killed
  CHECK(store->figures().rewritten_lines == last);
  CHECK(store->figures().recovery > std::chrono::microseconds{0});
  store.close();
  store.open();
  CHECK(store->figures().rewritten_lines == 0);
}

TEST_CASE("8.4 each entry of a document is new, updated, a duplicate or rejected", "[figures]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({kUrl, "http://b.example/feed"})[0];
  std::vector<tests::Item> items = tests::make_items(4);
  CHECK(store.poll(feed, items).items == CommitSummary::Items{4, 0, 0, 0});
  items[0].content = "another text altogether, which is worth an update";
  items.push_back(tests::make_items(1, 9)[0]);
  items.push_back(items.back());  // the same twice
  CHECK(store.poll(feed, items).items == CommitSummary::Items{1, 1, 4, 0});
  // Another feed shows them too: sighted.
  CHECK(store.poll(feeds::feed_key("http://b.example/feed"), tests::make_items(4)).items ==
        CommitSummary::Items{0, 0, 4, 0});
}

TEST_CASE("8.4 an entry of which there is nothing but a hash is rejected", "[figures]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({kUrl})[0];
  const std::string body =
      "<rss version='2.0'><channel><title>T</title><item><guid>1</guid><title>One</title></item>"
      "<item><guid>2</guid><title>Two</title></item></channel></rss>";
  feeds::ReadRequest request;
  request.feed = feed;
  request.source.url = request.subscribed_url = kUrl;
  const auto read = [&] {
    return feeds::Feed::check(feeds::read_feed(body, request).value()).value();
  };
  const feeds::Feed whole = read();
  request.known_raw = {whole.raw_hash(1)};  // of a window that the store no longer has
  PollOutcome outcomes[] = {store.outcome(feed, {})};
  outcomes[0].document = read();
  CHECK(store->commit(outcomes).value().items == CommitSummary::Items{1, 0, 0, 1});
}

TEST_CASE("8.4 RocksDB's files and memory are weighed", "[figures]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({kUrl})[0];
  const StoreFigures before = store->figures();
  REQUIRE(before.families.size() == kFamilyNames.size());
  CHECK(before.families[0].name == kFamilyNames[0]);
  CHECK(all_tables(before) == 0);
  store.poll(feed, tests::make_items(50));
  const StoreFigures after = store->figures();
  CHECK(after.wal_bytes > before.wal_bytes + 50 * 100);
  CHECK(after.stalled == std::chrono::microseconds{0});
  store.close();
  store.open();  // what the log held is in tables now
  CHECK(all_tables(store->figures()) > 50 * 100);
  CHECK(store->figures().wal_bytes < after.wal_bytes);
  CHECK(store->entries({}).value().size() == 50);
  CHECK(store->figures().block_cache_bytes > 0);
}

TEST_CASE("OP-15 figures wait for no commit", "[figures]") {
  TestStore folder;
  SlowDisk disk;
  SeededRng rng{1};
  Options options = folder.options;
  options.sync_each_commit = true;
  const std::unique_ptr<Store> store = Store::open(options, disk, folder.clock, rng).value();
  const FeedRef ref{feeds::feed_key(kUrl), kUrl, "", "", {}};
  REQUIRE(store->subscribe({{ref}}));
  bool asked = false;
  disk.meanwhile = [&] {
    asked = true;
    auto told = std::async(std::launch::async, [&] { return store->figures().commits.count(); });
    REQUIRE(told.wait_for(std::chrono::seconds{60}) == std::future_status::ready);
    CHECK(told.get() == 0);
  };
  const PollOutcome outcomes[] = {folder.outcome(ref.key, tests::make_items(3))};
  REQUIRE(store->commit(outcomes));
  CHECK(asked);
  disk.meanwhile = [] {};
  CHECK(store->figures().commits.count() == 1);
}

}  // namespace feedwire::storage
