#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/rng.h"
#include "bench/sample_corpus.h"
#include "bench/store_figures.h"
#include "feeds/read_feed.h"
#include "storage/database.h"
#include "storage/store.h"
#include "tests/support/temp_dir.h"

namespace feedwire::bench {
namespace {

using storage::Family;

constexpr std::size_t kFeeds = 150;  // of a round
constexpr std::size_t kGroupEntries = 300;
constexpr std::size_t kRounds = 21;  // RocksDB works off what it put off in some of them

/// Documents nobody has seen of feeds nobody has polled, already parsed.
struct Documents {
  std::vector<storage::FeedRef> feeds;
  std::vector<std::vector<storage::PollOutcome>> groups;
  std::size_t entries = 0;
};

storage::PollOutcome read_outcome(const Document& document, feeds::FeedKey feed, WallTime now) {
  feeds::ReadRequest request;
  request.source = {.url = document.url, .content_type = "application/rss+xml"};
  request.feed = feed;
  request.subscribed_url = document.url;
  storage::PollOutcome outcome;
  outcome.feed = feed;
  outcome.fetched_at = now;
  outcome.row.polls = 1;
  outcome.row.last_poll = outcome.row.last_success = now;
  outcome.document = need(feeds::Feed::check(need(feeds::read_feed(document.bytes, request))));
  outcome.before.emplace();  // as the daemon knows it
  return outcome;
}

Documents make_documents(std::uint64_t round, WallTime now) {
  Documents made;
  std::size_t in_group = kGroupEntries;
  for (const Document& document : generate_corpus(round + 1, kFeeds).documents) {
    storage::FeedRef& feed = made.feeds.emplace_back();
    feed.url = fmt::format("{}?round={}", document.url, round);
    feed.key = feeds::feed_key(feed.url);
    storage::PollOutcome outcome = read_outcome(document, feed.key, now);
    const std::size_t entries = outcome.document->size();
    if (in_group + entries > kGroupEntries) {
      made.groups.emplace_back();
      in_group = 0;
    }
    in_group += entries;
    made.entries += entries;
    made.groups.back().push_back(std::move(outcome));
  }
  return made;
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

/// Our store, in a folder of its own. All its events go into one segment.
class OurStore {
 public:
  OurStore() {
    storage::Options options;
    options.dir = dir_.path() / "state";
    options.segment_size_bytes = options.segment_hard_bytes = std::uint64_t{1} << 40;
    store_ = need(storage::Store::open(options, fs_, clock_, rng_));
  }

  void subscribe(const std::vector<storage::FeedRef>& feeds) { need(store_->subscribe(feeds)); }

  Speed commit(const Documents& documents) {
    storage::CommitSummary summary;
    const Speed speed = entries_per_second(documents.entries, [&] {
      for (const auto& group : documents.groups) summary += need(store_->commit(group));
    });
    if (summary.created != documents.entries) {
      fmt::print(stderr, "store_bench: {} of {} entries were new\n", summary.created,
                 documents.entries);
      std::exit(1);
    }
    return speed;
  }

  /// The lines about entries that were committed since the last call.
  std::vector<std::string> take_lines() {
    std::ifstream segment(store_->log_status().active_segment, std::ios::binary);
    segment.seekg(read_);
    std::vector<std::string> lines;
    for (std::string line; std::getline(segment, line);) {
      read_ += static_cast<std::streamoff>(line.size() + 1);
      if (line.find(R"("type":"feedwire.entry.)") != line.npos)
        lines.push_back(std::move(line) + '\n');
    }
    return lines;
  }

  WallTime now() const { return clock_.now().wall; }

 private:
  tests::TempDir dir_;
  PosixFs fs_;
  SystemClock clock_;
  SystemRng rng_;
  std::unique_ptr<storage::Store> store_;
  std::streamoff read_ = 0;
};

/// RocksDB with the options of our store, which is told for each entry what our store writes: the
/// line, a row under a hash, and a key that leads to that row.
class RawRocksDb {
 public:
  RawRocksDb()
      : database_(need(storage::Database::open(dir_.path(), storage::Options{}.cache_bytes))) {}

  Speed commit(const std::vector<std::string>& lines) {
    return entries_per_second(lines.size(), [&] {
      for (std::size_t done = 0; done < lines.size(); done += kGroupEntries) {
        storage::Batch batch = database_->batch();
        for (std::size_t i = done; i < std::min(done + kGroupEntries, lines.size()); ++i)
          put_entry(batch, lines[i]);
        need(database_->write(batch));
      }
    });
  }

 private:
  Hash128 random_hash() {
    Hash128 hash;
    const std::uint64_t halves[] = {rng_.next(), rng_.next()};
    std::memcpy(hash.bytes.data(), halves, sizeof halves);
    return hash;
  }

  void put_entry(storage::Batch& batch, std::string_view line) {
    storage::EntryRow row;
    row.content = ++sequence_;
    row.revisions[0] = random_hash();
    row.link = row.owner = rng_.next();
    const Hash128 entry = random_hash();
    batch.put(Family::log, storage::number_key(sequence_), line);
    batch.put(Family::entries, entry.view(), encode(row));
    batch.put(Family::keys, random_hash().view(), encode(storage::KeyRow{entry.prefix()}));
  }

  tests::TempDir dir_;
  SeededRng rng_{1};
  storage::Sequence sequence_ = 0;
  std::unique_ptr<storage::Database> database_;
};

/// One file that the lines are appended to, with one fdatasync() a group.
class AppendedFile {
 public:
  AppendedFile() : file_(need(fs_.create(dir_.path() / "lines", 0600))) {}

  Speed commit(const std::vector<std::string>& lines) {
    return entries_per_second(lines.size(), [&] {
      for (std::size_t done = 0; done < lines.size(); done += kGroupEntries) {
        std::string group;
        for (std::size_t i = done; i < std::min(done + kGroupEntries, lines.size()); ++i)
          group += lines[i];
        need(file_->write_at(end_, group));
        need(file_->sync());
        end_ += group.size();
      }
    });
  }

 private:
  tests::TempDir dir_;
  PosixFs fs_;
  std::unique_ptr<File> file_;
  std::uint64_t end_ = 0;
};

struct Goal {
  double must = 0, aim = 0;
};

Figure figure_of(const char* name, const char* unit, double Speed::*member,
                 const std::vector<Speed>& ours, const char* peer_name,
                 const std::vector<Speed>& peers, Goal goal) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < ours.size(); ++i)
    runs.push_back({.ours = ours[i].*member, .peer = peers[i].*member});
  const Comparison result = compare(runs);
  return {.name = name,
          .value = result.ours,
          .unit = unit,
          .against = fmt::format("{}, {:.0f}", peer_name, result.peer),
          .ratio = result.ratio,
          .must = goal.must,
          .aim = goal.aim};
}

}  // namespace

std::vector<Figure> ingest_figures() {
  OurStore our_store;
  RawRocksDb rocksdb;
  AppendedFile file;
  std::vector<Speed> ours, raw, appended;
  for (std::size_t round = 0; round <= kRounds; ++round) {
    const Documents documents = make_documents(round, our_store.now());
    our_store.subscribe(documents.feeds);
    const Speed speed = our_store.commit(documents);
    const std::vector<std::string> lines = our_store.take_lines();
    const Speed raw_speed = rocksdb.commit(lines), file_speed = file.commit(lines);
    if (round == 0) continue;  // what a first time costs
    ours.push_back(speed);
    raw.push_back(raw_speed);
    appended.push_back(file_speed);
  }
  const Goal goal{0.6, 0.85}, none{};
  return {
      figure_of("store.commit", "entries/s", &Speed::per_wall_second, ours, "RocksDB", raw, goal),
      figure_of("store.commit_cpu", "entries/s CPU", &Speed::per_cpu_second, ours, "RocksDB", raw,
                goal),
      figure_of("store.append", "entries/s", &Speed::per_wall_second, ours,
                "write() and fdatasync()", appended, none)};
}

}  // namespace feedwire::bench
