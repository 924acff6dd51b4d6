#include <malloc.h>
#include <rocksdb/db.h>
#include <rocksdb/utilities/options_util.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/rng.h"
#include "base/tally.h"
#include "bench/made_store.h"
#include "bench/store_figures.h"
#include "storage/database.h"
#include "storage/event_log.h"
#include "storage/group.h"
#include "storage/log_plan.h"

namespace feedwire::bench {
namespace {

namespace fs = std::filesystem;
using storage::Family;

constexpr std::size_t kRounds = 7;
constexpr std::size_t kDocuments = 400;      // decided in a round
constexpr std::size_t kNewDocuments = 40;    // committed in a round
constexpr std::uint64_t kCommitRounds = 25;  // a round says little: flushes fall into some of them
constexpr std::uint64_t kWarmRounds = 10;    // until most filters of a large store are in memory
constexpr std::uint64_t kRestarted = 10'000'000;
constexpr double kMiB = 1024 * 1024;

std::string count_text(std::uint64_t size) { return fmt::format("{}M", size / 1'000'000); }

/// A copy of a made store, gone at the end.
class WorkingCopy {
 public:
  explicit WorkingCopy(const MadeStore& made)
      : dir_(made.dir().parent_path() / fmt::format("work-{}-{}", ::getpid(), made.size())) {
    fs::remove_all(dir_);
    made.copy_to(dir_);
  }
  WorkingCopy(const WorkingCopy&) = delete;
  WorkingCopy& operator=(const WorkingCopy&) = delete;
  ~WorkingCopy() {
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }
  const fs::path& dir() const { return dir_; }

 private:
  const fs::path dir_;
};

storage::PollOutcome outcome_of(feeds::FeedKey feed, std::span<const MadeEntry> entries,
                                WallTime now) {
  storage::PollOutcome outcome;
  outcome.feed = feed;
  outcome.fetched_at = now;
  outcome.row.polls = 2;
  outcome.row.last_poll = outcome.row.last_success = now;
  outcome.document = make_document(entries);
  outcome.before.emplace(now - std::chrono::hours{1}, std::chrono::hours{1});  // as the daemon does
  return outcome;
}

double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// --- deciding a document ---------------------------------------------------------------------

/// A database without its store, with what is needed to decide documents and to commit none.
class Decider {
 public:
  Decider(const MadeStore& made, const fs::path& dir)
      : made_(made), database_(need(storage::Database::open(dir / "db", made.cache_bytes()))) {
    options_.dir = log_dir_ = dir / "undecided";
    fs::create_directories(log_dir_ / "events");
    storage::LogEnd end;
    end.next = 2 * made.size();
    end.segment = 1;
    end.row.name.first = end.next - 1;
    end.row.opened = clock_.now().wall;
    std::ofstream(log_dir_ / "events" / end.row.name.text());
    log_ = need(storage::EventLog::open(fs_, rng_, options_, storage::MetaRow{}, end, syncs_));
  }

  /// A round over documents of which all but one or two of the entries are known. Seconds.
  Run round(std::uint64_t number) {
    std::vector<Question> questions;
    for (std::uint64_t i = 0; i < kDocuments; ++i) questions.push_back(ask(number, i));
    Run run;
    double began = thread_seconds();
    for (const Question& question : questions) decide(question);
    run.ours = thread_seconds() - began;
    began = thread_seconds();
    for (const Question& question : questions) look_up(question);
    run.peer = thread_seconds() - began;
    return run;
  }

 private:
  struct Question {
    storage::PollOutcome outcome;
    std::vector<Hash128> guids;
    std::size_t new_entries = 0;
  };

  Question ask(std::uint64_t round, std::uint64_t i) const {
    SeededRng rng((round << 32) + i);
    const std::uint64_t feed = rng.next() % MadeStore::kFeeds;
    Question question;
    question.new_entries = 1 + i % 2;
    std::vector<MadeEntry> entries;
    for (std::uint64_t k = 0; k < MadeStore::kItems; ++k)
      entries.push_back(k < question.new_entries ? make_new_entry(rng.next())
                                                 : made_.item(feed, k));
    for (const MadeEntry& entry : entries) question.guids.push_back(entry.guid);
    question.outcome = outcome_of(made_.feeds()[feed].key, entries, clock_.now().wall);
    return question;
  }

  void decide(const Question& question) {
    storage::LogPlan plan(*log_, clock_.now().wall);
    storage::Group group(options_, *database_, feeds_, plan, WallTime{});
    const storage::CommitSummary summary = need(group.decide({&question.outcome, 1}));
    if (summary.created == question.new_entries &&
        summary.unchanged == MadeStore::kItems - summary.created)
      return;
    fmt::print(stderr, "store_bench: {} entries were new, {} unchanged\n", summary.created,
               summary.unchanged);
    std::exit(1);
  }

  void look_up(const Question& question) {
    std::vector<std::string_view> keys;
    for (const Hash128& guid : question.guids) keys.push_back(guid.view());
    const auto rows = need(database_->multi_get(Family::keys, keys));
    const auto found =
        std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.has_value(); });
    if (static_cast<std::size_t>(found) == MadeStore::kItems - question.new_entries) return;
    fmt::print(stderr, "store_bench: {} keys were found\n", found);
    std::exit(1);
  }

  const MadeStore& made_;
  PosixFs fs_;
  SystemClock clock_;
  SystemRng rng_;
  storage::Options options_;
  fs::path log_dir_;
  std::unique_ptr<storage::Database> database_;
  DurationTally syncs_{DurationBounds{}};  // nobody asks
  std::unique_ptr<storage::EventLog> log_;
  storage::FeedRows feeds_ = made_.feed_rows();
};

// Brings the files into the system's memory, so that what they cost does not depend on what this
// machine did before.
void read_tables(const fs::path& dir) {
  std::vector<char> block(1 << 20);
  for (const auto& file : fs::directory_iterator(dir)) {
    if (file.path().extension() != ".sst") continue;
    std::ifstream in(file.path(), std::ios::binary);
    while (in.read(block.data(), static_cast<std::streamsize>(block.size()))) continue;
  }
}

Figure decision_figure(const MadeStore& made, const fs::path& dir) {
  read_tables(dir / "db");
  Decider decider(made, dir);
  decider.round(0);  // warms the cache
  std::vector<Run> runs;
  for (std::uint64_t round = 1; round <= kRounds; ++round) {
    const Run seconds = decider.round(round);
    runs.push_back({.ours = kDocuments / seconds.ours, .peer = kDocuments / seconds.peer});
  }
  const Comparison result = compare(runs);
  return {.name = "store.decide_" + count_text(made.size()),
          .value = result.ours,
          .unit = "documents/s CPU",
          .against = fmt::format("MultiGet of 30 keys, {:.0f}", result.peer),
          .ratio = result.ratio,
          .must = 2,
          .aim = 8};
}

// --- the size of keys ------------------------------------------------------------------------

Figure key_bytes_figure(const MadeStore& made, const fs::path& dir) {
  rocksdb::DBOptions options;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const std::string db_dir = dir / "db";
  if (!rocksdb::LoadLatestOptions(rocksdb::ConfigOptions(), db_dir, &options, &families).ok() ||
      !rocksdb::DB::OpenForReadOnly(options, db_dir, families, &handles, &opened).ok()) {
    fmt::print(stderr, "store_bench: {} cannot be read\n", db_dir);
    std::exit(1);
  }
  const std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::ColumnFamilyHandle* const keys = handles[static_cast<std::size_t>(Family::keys)];
  std::uint64_t rows = 0, bytes = 0;
  rocksdb::ColumnFamilyMetaData family;
  db->GetColumnFamilyMetaData(keys, &family);
  for (const rocksdb::LevelMetaData& level : family.levels)
    for (const rocksdb::SstFileMetaData& file : level.files) {
      bytes += file.size;
      rows += file.num_entries;
    }
  for (rocksdb::ColumnFamilyHandle* handle : handles)
    static_cast<void>(db->DestroyColumnFamilyHandle(handle));
  const double per_key = static_cast<double>(bytes) / static_cast<double>(rows);
  return {.name = "store.key_bytes_" + count_text(made.size()),
          .value = per_key,
          .unit = "bytes",
          .against = fmt::format("{} rows of keys", rows),
          .ratio = per_key,
          .must = 27,
          .aim = 25};
}

// --- committing ------------------------------------------------------------------------------

/// A made store, running.
class Committer {
 public:
  Committer(const MadeStore& made, const fs::path& dir) : made_(made) {
    options_.dir = dir;
    options_.cache_bytes = made.cache_bytes();
    options_.segment_size_bytes = std::uint64_t{1} << 40;
    const double cpu = cpu_seconds(), wall = wall_seconds();
    store_ = need(storage::Store::open(options_, fs_, clock_, rng_));
    open_cpu_seconds_ = cpu_seconds() - cpu;
    open_wall_seconds_ = wall_seconds() - wall;
  }
  ~Committer() { need(store_->close()); }

  /// Commits documents of new entries, in groups of 300; they are new to a store that has not had
  /// this seed. Microseconds of the store thread an entry.
  double round(std::uint64_t seed) {
    constexpr std::size_t kGroup = 10;
    std::vector<storage::PollOutcome> outcomes;
    SeededRng rng(seed);
    for (std::size_t i = 0; i < kNewDocuments; ++i) {
      std::vector<MadeEntry> entries;
      for (std::uint64_t k = 0; k < MadeStore::kItems; ++k)
        entries.push_back(make_new_entry(rng.next()));
      outcomes.push_back(outcome_of(made_.feeds()[rng.next() % MadeStore::kFeeds].key, entries,
                                    clock_.now().wall));
    }
    const double began = thread_seconds();
    for (std::size_t i = 0; i < kNewDocuments; i += kGroup)
      need(store_->commit(std::span(outcomes).subspan(i, kGroup)));
    return (thread_seconds() - began) * 1e6 / (kNewDocuments * MadeStore::kItems);
  }

  double open_cpu_seconds() const { return open_cpu_seconds_; }
  double open_wall_seconds() const { return open_wall_seconds_; }

 private:
  const MadeStore& made_;
  PosixFs fs_;
  SystemClock clock_;
  SystemRng rng_;
  storage::Options options_;
  std::unique_ptr<storage::Store> store_;
  double open_cpu_seconds_ = 0, open_wall_seconds_ = 0;
};

Figure limit_figure(std::string name, double value, const char* unit, std::string against,
                    double must, double aim) {
  return {.name = std::move(name),
          .value = value,
          .unit = unit,
          .against = std::move(against),
          .ratio = value,
          .must = must,
          .aim = aim};
}

double resident_mib() {
  std::uint64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return static_cast<double>(resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) / kMiB;
}

void kill_while_committing(const fs::path& dir) {
  std::string program = fs::read_symlink("/proc/self/exe"), option = "--commit-and-die",
              argument = dir;
  char* arguments[] = {program.data(), option.data(), argument.data(), nullptr};
  pid_t child = -1;
  int status = 0;
  if (::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, environ) != 0 ||
      ::waitpid(child, &status, 0) != child || !WIFSIGNALED(status)) {
    fmt::print(stderr, "store_bench: a child should have been killed while it committed\n");
    std::exit(1);
  }
}

std::vector<Figure> commit_figures(const MadeStore& small, const fs::path& small_dir,
                                   const MadeStore& large, const fs::path& large_dir) {
  std::vector<Figure> figures;
  Committer at_small(small, small_dir);
  std::optional<Committer> at_large;
  at_large.emplace(large, large_dir);
  const std::string size = count_text(large.size());
  if (large.size() == kRestarted)
    figures.push_back(limit_figure("store.clean_start_" + size, at_large->open_cpu_seconds(),
                                   "s CPU", "the limit", 2, 0.5));
  const std::uint64_t first = large.size();  // the small store is beside one after the other
  std::vector<Run> runs;
  for (std::uint64_t round = 0; round < kWarmRounds + kCommitRounds; ++round) {
    const Run run{.ours = at_large->round(first + round), .peer = at_small.round(first + round)};
    if (round >= kWarmRounds) runs.push_back(run);
  }
  const Comparison result = compare(runs);
  figures.push_back(
      {.name = "store.commit_cost_" + size,
       .value = result.ours,
       .unit = "us CPU/entry",
       .against = fmt::format("the same at {}, {:.1f}", count_text(small.size()), result.peer),
       .ratio = result.ratio,
       .must = 1.5,
       .aim = 1.2});
  ::malloc_trim(0);
  if (large.size() > kRestarted)
    figures.push_back(limit_figure("store.resident_" + size, resident_mib(), "MiB",
                                   "the limit; both stores and what was committed", 512, 300));
  at_large.reset();
  if (large.size() == kRestarted) {
    kill_while_committing(large_dir);
    const Committer again(large, large_dir);
    figures.push_back(limit_figure("store.recovery_" + size, again.open_wall_seconds(), "s",
                                   "the limit, after kill -9", 5, 1));
  }
  return figures;
}

}  // namespace

std::vector<Figure> growth_figures(std::span<const std::uint64_t> sizes) {
  std::vector<Figure> figures;
  const MadeStore small(sizes.front());
  const WorkingCopy small_copy(small);
  for (const std::uint64_t size : sizes) {
    const MadeStore made(size);
    std::optional<WorkingCopy> own;
    if (size != small.size()) own.emplace(made);
    const fs::path& dir = own ? own->dir() : small_copy.dir();
    figures.push_back(decision_figure(made, dir));
    figures.push_back(key_bytes_figure(made, dir));
    if (own)
      for (Figure& figure : commit_figures(small, small_copy.dir(), made, dir))
        figures.push_back(std::move(figure));
  }
  return figures;
}

void commit_and_die(const char* dir) {
  const MadeStore made(kRestarted);
  Committer committer(made, dir);
  for (std::uint64_t seed = 0; seed < 5; ++seed) committer.round(seed);
  ::kill(::getpid(), SIGKILL);
  std::abort();
}

}  // namespace feedwire::bench
