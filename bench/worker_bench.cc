// What does it cost that documents are read in a confined process instead of in process? CPU time
// of both sides of the pool, less that of read_feed() on the same documents. They are read in both
// ways within a tenth of a second, so that whatever else the machine does hits both.
//
// Both sides share one core, as the other figures of parsing are of one. On two, every byte that
// they hand over must also go from cache to cache, which costs what the machine makes it cost; that
// is shown beside it.

#include <fmt/format.h>
#include <sched.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/heap.h"
#include "bench/child.h"
#include "bench/figure.h"
#include "bench/sample_corpus.h"
#include "daemon/event_loop.h"
#include "daemon/parse_pool.h"
#include "feeds/read_feed.h"

namespace feedwire::bench {
namespace {

constexpr std::size_t kDocumentBytes = 33'000;
constexpr std::size_t kDocuments = 8 * feeds::kMaxBatch;
constexpr std::size_t kPairs = 12;  // of processes
constexpr std::size_t kRounds = 10;

[[noreturn]] void fail(const std::string& message) {
  fmt::print(stderr, "worker_bench: {}\n", message);
  std::exit(1);
}

feeds::ReadRequest request_for(const Document& document) {
  feeds::ReadRequest request;
  request.source = {.url = document.url, .content_type = "application/xml"};
  request.feed = feeds::feed_key(document.url);
  request.subscribed_url = document.url;
  return request;
}

using Batch = std::span<const Document>;

std::vector<Batch> batches_of(const Corpus& corpus) {
  std::vector<Batch> batches;
  for (std::size_t first = 0; first < corpus.documents.size(); first += feeds::kMaxBatch)
    batches.push_back(Batch(corpus.documents).subspan(first, feeds::kMaxBatch));
  return batches;
}

/// Made before the time is taken: a body is there before anyone reads it.
std::vector<daemon::ParseJob> jobs_of(Batch batch) {
  std::vector<daemon::ParseJob> jobs;
  for (const Document& document : batch)
    jobs.push_back({jobs.size(), request_for(document), document.bytes});
  return jobs;
}

double seconds_of(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) fail("a CPU clock is not to be had");
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// A pool of one worker, and the CPU time of both sides.
class Pool {
 public:
  Pool() {
    daemon::ParsePoolOptions options;
    options.program = built_program("feedwire-parse");
    Result<std::unique_ptr<daemon::ParsePool>> pool = daemon::ParsePool::create(loop_, options);
    if (!pool) fail(pool.error().message);
    pool_ = std::move(pool).value();
    pid_t worker = 0;
    std::ifstream("/proc/thread-self/children") >> worker;
    if (worker == 0 || ::clock_getcpuclockid(worker, &worker_clock_) != 0)
      fail("the worker's CPU clock is not to be had");
  }

  void read(std::vector<daemon::ParseJob> jobs) {
    const std::size_t count = jobs.size();
    for (daemon::ParseJob& job : jobs) pool_->submit(std::move(job));
    for (std::size_t done = 0; done < count;) {
      for (const daemon::ParseDone& one : pool_->step({})) {
        if (!one.feed) fail(one.feed.error().message);
        ++done;
      }
      if (done < count) loop_.wait(std::chrono::seconds{1});
    }
  }

  /// Of the worker since the last call, with what it did after its last answer.
  double take_worker_seconds() {
    const double now = seconds_of(worker_clock_);
    return now - std::exchange(taken_, now);
  }

 private:
  daemon::EventLoop loop_;
  std::unique_ptr<daemon::ParsePool> pool_;
  clockid_t worker_clock_{};
  double taken_ = 0;
};

void read_in_process(std::vector<daemon::ParseJob> jobs) {
  for (const daemon::ParseJob& job : jobs)
    if (!feeds::read_feed(job.body, job.request)) fail(job.request.source.url + " is no feed");
}

/// Seconds that it costs this process to `read` all batches.
template <typename Read>
double measure(const std::vector<Batch>& batches, const Read& read) {
  double seconds = 0;
  for (const Batch batch : batches) {
    std::vector<daemon::ParseJob> jobs = jobs_of(batch);
    const double began = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    read(std::move(jobs));
    seconds += seconds_of(CLOCK_PROCESS_CPUTIME_ID) - began;
  }
  return seconds;
}

/// CPU seconds for every document once.
struct Round {
  double in_process = 0, in_worker = 0;
};

Round run_round(const std::vector<Batch>& batches, Pool& pool, bool worker_first) {
  Round round;
  const auto read_in_worker = [&] {
    round.in_worker =
        measure(batches, [&](std::vector<daemon::ParseJob> jobs) { pool.read(std::move(jobs)); });
  };
  if (worker_first) read_in_worker();
  round.in_process = measure(batches, read_in_process);
  if (!worker_first) read_in_worker();
  round.in_worker += pool.take_worker_seconds();
  return round;
}

/// The mean of the middle half: steadier than the median, and blind to what befell a few rounds.
double middle_mean(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t quarter = values.size() / 4;
  const std::span<const double> middle(values.data() + quarter, values.size() - 2 * quarter);
  return std::accumulate(middle.begin(), middle.end(), 0.0) / static_cast<double>(middle.size());
}

/// Microseconds of CPU for a document.
struct Cost {
  double overhead = 0, in_process = 0;
};

Cost measure_cost(const Corpus& corpus) {
  const std::vector<Batch> batches = batches_of(corpus);
  const double began = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  Pool pool;
  for (const Batch batch : batches) pool.read(jobs_of(batch));
  const double first_pass =
      seconds_of(CLOCK_PROCESS_CPUTIME_ID) - began + pool.take_worker_seconds();

  run_round(batches, pool, false);  // what a first time costs in process
  std::vector<double> in_process, in_worker, differences;
  for (std::size_t i = 0; i < kRounds; ++i) {
    const Round round = run_round(batches, pool, i % 2 == 0);
    in_process.push_back(round.in_process);
    in_worker.push_back(round.in_worker);
    differences.push_back(round.in_worker - round.in_process);
  }
  const double microseconds = 1e6 / static_cast<double>(corpus.documents.size());
  // A worker's start and first, slow pass, spread over its life.
  const double start = 1e6 * (first_pass - middle_mean(std::move(in_worker))) /
                       static_cast<double>(daemon::ParsePoolOptions().renew_after);
  return {microseconds * middle_mean(std::move(differences)) + start,
          microseconds * middle_mean(std::move(in_process))};
}

void stay_on_one_core() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &cores);
  if (::sched_setaffinity(0, sizeof cores, &cores) != 0) fail("a core is not to be had");
}

enum class Cores { one, all };

/// measure_cost() in a child: which pages the kernel gives to a process makes it faster or slower
/// than another by more than what is to be measured, so each pair of processes gets new ones.
Cost measure_in_child(const Corpus& corpus, Cores cores) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) fail("a pipe is not to be had");
  const pid_t child = ::fork();
  if (child == 0) {
    if (cores == Cores::one) stay_on_one_core();
    const Cost cost = measure_cost(corpus);
    ::_exit(::write(ends[1], &cost, sizeof cost) == sizeof cost ? 0 : 1);
  }
  ::close(ends[1]);
  Cost cost;
  if (child < 0 || ::read(ends[0], &cost, sizeof cost) != sizeof cost)
    fail("a measuring process has failed");
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return cost;
}

Figure overhead(const Corpus& corpus) {
  std::vector<double> overheads, across_cores, in_process;
  for (std::size_t i = 0; i < kPairs; ++i) {
    const Cost cost = measure_in_child(corpus, Cores::one);
    overheads.push_back(cost.overhead);
    in_process.push_back(cost.in_process);
    across_cores.push_back(measure_in_child(corpus, Cores::all).overhead);
  }
  const double value = middle_mean(std::move(overheads));
  // The goals are for the difference itself, in microseconds.
  return {.name = "parse.worker_overhead",
          .value = value,
          .unit = "us CPU/doc",
          .against =
              fmt::format("read_feed() in process, {:.0f}; not on one core {:.0f} more",
                          middle_mean(std::move(in_process)), middle_mean(std::move(across_cores))),
          .ratio = value,
          .must = 60,
          .aim = 43};
}

}  // namespace
}  // namespace feedwire::bench

int main(int argc, char** argv) {
  using namespace feedwire::bench;
  feedwire::keep_freed_memory(feedwire::daemon::kKeptHeapBytes);  // as the daemon and a worker do
  const Corpus corpus = generate_corpus_of_size(1, kDocuments, kDocumentBytes);
  return report(argc, argv, corpus.description, {overhead(corpus)});
}
