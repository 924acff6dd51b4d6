// What does it cost that documents are read in a confined process instead of in process? CPU time
// of both sides of the pool, less that of read_feed() on the same documents. They are read in both
// ways within a tenth of a second, so that whatever else the machine does hits both.

#include <fmt/format.h>
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

void read_in_process(Batch batch) {
  for (const Document& document : batch) {
    const std::string body = document.bytes;  // as the pool is given one of its own
    if (!feeds::read_feed(body, request_for(document))) fail(document.url + " is no feed");
  }
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

  void read(Batch batch) {
    for (std::size_t i = 0; i < batch.size(); ++i)
      pool_->submit({i, request_for(batch[i]), batch[i].bytes});
    for (std::size_t done = 0; done < batch.size();) {
      for (const daemon::ParseDone& one : pool_->step({})) {
        if (!one.feed) fail(batch[one.id].url + ": " + one.feed.error().message);
        ++done;
      }
      if (done < batch.size()) loop_.wait(std::chrono::seconds{1});
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

/// Seconds that the `work` costs this process.
template <typename Work>
double measure(const Work& work) {
  const double began = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  work();
  return seconds_of(CLOCK_PROCESS_CPUTIME_ID) - began;
}

/// CPU seconds for every document once.
struct Round {
  double in_process = 0, in_worker = 0;
};

Round run_round(const std::vector<Batch>& batches, Pool& pool, bool worker_first) {
  Round round;
  const auto read_in_worker = [&] {
    round.in_worker = measure([&] {
      std::for_each(batches.begin(), batches.end(), [&](Batch batch) { pool.read(batch); });
    });
  };
  if (worker_first) read_in_worker();
  round.in_process =
      measure([&] { std::for_each(batches.begin(), batches.end(), read_in_process); });
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
  for (const Batch batch : batches) pool.read(batch);
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

/// measure_cost() in a child: which pages the kernel gives to a process makes it faster or slower
/// than another by more than what is to be measured, so each pair of processes gets new ones.
Cost measure_in_child(const Corpus& corpus) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) fail("a pipe is not to be had");
  const pid_t child = ::fork();
  if (child == 0) {
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
  std::vector<double> overheads, in_process;
  for (std::size_t i = 0; i < kPairs; ++i) {
    const Cost cost = measure_in_child(corpus);
    overheads.push_back(cost.overhead);
    in_process.push_back(cost.in_process);
  }
  const double value = middle_mean(std::move(overheads));
  // The goals are for the difference itself, in microseconds.
  return {
      .name = "parse.worker_overhead",
      .value = value,
      .unit = "us CPU/doc",
      .against = fmt::format("read_feed() in process, {:.0f}", middle_mean(std::move(in_process))),
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
