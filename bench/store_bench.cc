// How fast do new entries become durable, in groups of about 300, beside RocksDB alone writing the
// same bytes with one sync a group?

#include <fmt/format.h>
#include <rocksdb/db.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/rng.h"
#include "bench/figure.h"
#include "bench/sample_corpus.h"
#include "feeds/read_feed.h"
#include "storage/store.h"
#include "tests/support/temp_dir.h"

namespace feedwire::bench {
namespace {

constexpr std::size_t kFeeds = 100;  // also documents a run
constexpr std::size_t kGroupEntries = 300;
constexpr std::size_t kRounds = 7;

template <typename T>
T need(Result<T> result) {
  if (result) {
    if constexpr (!std::is_void_v<T>)
      return std::move(result).value();
    else
      return;
  }
  fmt::print(stderr, "store_bench: {}\n", result.error().message);
  std::exit(1);
}

std::string feed_url(std::size_t number) {
  return fmt::format("http://feed{}.example/rss", number);
}

/// What one run commits: documents nobody has seen, already parsed.
using Group = std::vector<storage::PollOutcome>;
std::vector<Group> new_groups(std::uint64_t seed, WallTime now) {
  std::vector<Group> groups(1);
  std::size_t entries = 0;
  for (const Document& document : generate_corpus(seed, kFeeds).documents) {
    feeds::ReadRequest request;
    request.source = {.url = document.url, .content_type = "application/rss+xml"};
    request.feed = feeds::feed_key(document.url);
    request.subscribed_url = document.url;
    storage::PollOutcome outcome;
    outcome.feed = request.feed;
    outcome.fetched_at = now;
    outcome.row.polls = seed;
    outcome.row.last_poll = outcome.row.last_success = now;
    outcome.document = need(feeds::Feed::check(need(feeds::read_feed(document.bytes, request))));
    if (entries + outcome.document->size() > kGroupEntries) {
      groups.emplace_back();
      entries = 0;
    }
    entries += outcome.document->size();
    groups.back().push_back(std::move(outcome));
  }
  return groups;
}

struct Speed {
  double per_wall_second = 0, per_cpu_second = 0;
};

Speed entries_per_second(std::size_t entries, const std::function<void()>& work) {
  const double wall = wall_seconds(), cpu = cpu_seconds();
  work();
  const auto done = static_cast<double>(entries);
  return {.per_wall_second = done / (wall_seconds() - wall),
          .per_cpu_second = done / (cpu_seconds() - cpu)};
}

/// Our store with its feeds, in a folder of its own.
class OurStore {
 public:
  OurStore() {
    storage::Options options;
    options.dir = dir_.path() / "state";
    store_ = need(storage::Store::open(options, fs_, clock_, rng_));
    std::vector<storage::FeedRef> subscriptions;
    for (std::size_t i = 0; i < kFeeds; ++i) {
      storage::FeedRef& feed = subscriptions.emplace_back();
      feed.url = feed_url(i);
      feed.key = feeds::feed_key(feed.url);
    }
    need(store_->subscribe(subscriptions));
  }

  Speed commit(const std::vector<Group>& groups) {
    std::size_t entries = 0;
    for (const Group& group : groups)
      for (const storage::PollOutcome& outcome : group) entries += outcome.document->size();
    storage::CommitSummary summary;
    const Speed speed = entries_per_second(entries, [&] {
      for (const Group& group : groups) summary += need(store_->commit(group));
    });
    if (summary.created != entries) {
      fmt::print(stderr, "store_bench: {} of {} entries were new\n", summary.created, entries);
      std::exit(1);
    }
    return speed;
  }

  /// Of one event line, on average.
  std::size_t bytes_per_event() const {
    std::size_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(dir_.path() / "state" / "events"))
      if (file.is_regular_file() && !file.is_symlink()) bytes += file.file_size();
    return bytes / store_->log_status().last;
  }

  WallTime now() const { return clock_.now().wall; }

 private:
  tests::TempDir dir_;
  PosixFs fs_;
  SystemClock clock_;
  SystemRng rng_;
  std::unique_ptr<storage::Store> store_;
};

/// RocksDB with its defaults: for each entry the line and a row of its own under a hash.
class RawRocksDb {
 public:
  RawRocksDb() {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    check(rocksdb::DB::Open(options, (dir_.path() / "db").native(), &db));
    db_.reset(db);
  }

  Speed commit(std::size_t groups, std::size_t value_bytes) {
    std::string line(value_bytes, '\0');
    return entries_per_second(groups * kGroupEntries, [&] {
      for (std::size_t group = 0; group < groups; ++group) {
        rocksdb::WriteBatch batch;
        for (std::size_t i = 0; i < kGroupEntries; ++i) put_entry(batch, line);
        rocksdb::WriteOptions options;
        options.sync = true;
        check(db_->Write(options, &batch));
      }
    });
  }

 private:
  static constexpr std::size_t kRowBytes = 64;

  static void check(const rocksdb::Status& status) {
    if (status.ok()) return;
    fmt::print(stderr, "store_bench: {}\n", status.ToString());
    std::exit(1);
  }

  void put_entry(rocksdb::WriteBatch& batch, std::string& line) {
    // Text compresses to about half; so does this.
    for (std::size_t i = 0; i + 16 <= line.size(); i += 16) {
      const std::uint64_t noise = rng_.next();
      line.replace(i, sizeof noise, reinterpret_cast<const char*>(&noise), sizeof noise);
    }
    std::string log_key = "l", row_key = "e";
    put_u64(log_key, ++sequence_);
    put_u64(row_key, rng_.next());
    put_u64(row_key, sequence_);
    check(batch.Put(log_key, line));
    check(batch.Put(row_key, std::string_view(line).substr(0, kRowBytes)));
  }

  tests::TempDir dir_;
  SeededRng rng_{1};
  std::uint64_t sequence_ = 0;
  std::unique_ptr<rocksdb::DB> db_;
};

std::vector<Figure> against_rocksdb() {
  OurStore ours;
  RawRocksDb raw;
  std::uint64_t seed = 1;
  std::vector<Group> groups = new_groups(seed, ours.now());
  ours.commit(groups);  // also tells how long an event is
  const std::size_t value_bytes = ours.bytes_per_event();

  std::vector<Speed> our_speeds, raw_speeds;
  for (std::size_t round = 0; round < kRounds; ++round) {
    groups = new_groups(++seed, ours.now());
    our_speeds.push_back(ours.commit(groups));
    raw_speeds.push_back(raw.commit(groups.size(), value_bytes));
  }
  const auto figure = [&](const char* name, const char* unit, double Speed::*member, double must,
                          double aim) {
    std::vector<Run> runs;
    for (std::size_t i = 0; i < kRounds; ++i)
      runs.push_back({.ours = our_speeds[i].*member, .peer = raw_speeds[i].*member});
    const Comparison result = compare(runs);
    return Figure{
        .name = name,
        .value = result.ours,
        .unit = unit,
        .against = fmt::format("RocksDB, {:.0f} (values of {} B)", result.peer, value_bytes),
        .ratio = result.ratio,
        .must = must,
        .aim = aim};
  };
  return {figure("store.commit", "entries/s", &Speed::per_wall_second, 0.2, 0.85),
          figure("store.commit_cpu", "entries/s CPU", &Speed::per_cpu_second, 0.2, 0.85)};
}

}  // namespace
}  // namespace feedwire::bench

int main(int argc, char** argv) {
  using namespace feedwire::bench;
  return report(argc, argv, "generated look-alikes, all entries new, groups of about 300, synced",
                against_rocksdb());
}
