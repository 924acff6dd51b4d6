// What does it cost that documents are read in a confined process instead of in process? CPU time
// of both sides of the pool, less that of read_feed() on the same documents, in turn.

#include <fmt/format.h>
#include <sys/types.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
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
constexpr std::size_t kRounds = 60;  // short ones in turn: the machine is the same for both

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

void read_in_process(const Corpus& corpus) {
  for (const Document& document : corpus.documents) {
    const std::string body = document.bytes;  // as the pool is given one of its own
    if (!feeds::read_feed(body, request_for(document))) fail(document.url + " is no feed");
  }
}

/// One pass over the documents, in batches that are full.
void read_in_worker(const Corpus& corpus, daemon::ParsePool& pool, daemon::EventLoop& loop) {
  for (std::size_t first = 0; first < corpus.documents.size(); first += feeds::kMaxBatch) {
    const std::size_t end = std::min(first + feeds::kMaxBatch, corpus.documents.size());
    for (std::size_t i = first; i < end; ++i)
      pool.submit({i, request_for(corpus.documents[i]), corpus.documents[i].bytes});
    for (std::size_t done = 0; done < end - first;) {
      for (const daemon::ParseDone& one : pool.step({})) {
        if (!one.feed) fail(corpus.documents[one.id].url + ": " + one.feed.error().message);
        ++done;
      }
      if (done < end - first) loop.wait(std::chrono::seconds{1});
    }
  }
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

  void read(const Corpus& corpus) { read_in_worker(corpus, *pool_, loop_); }

  double cpu_seconds() const {
    timespec worker{};
    if (::clock_gettime(worker_clock_, &worker) != 0) fail("the worker is gone");
    return bench::cpu_seconds() + static_cast<double>(worker.tv_sec) +
           static_cast<double>(worker.tv_nsec) * 1e-9;
  }

 private:
  daemon::EventLoop loop_;
  std::unique_ptr<daemon::ParsePool> pool_;
  clockid_t worker_clock_{};
};

/// Microseconds a document of one pass over the corpus.
template <typename Clock, typename Pass>
double measure(const Corpus& corpus, const Clock& clock, const Pass& pass) {
  const double began = clock();
  pass();
  return 1e6 * (clock() - began) / static_cast<double>(corpus.documents.size());
}

Figure overhead(const Corpus& corpus) {
  const double began = cpu_seconds();
  Pool pool;
  const auto pool_clock = [&] { return pool.cpu_seconds(); };
  pool.read(corpus);
  const double first_pass = 1e6 * (pool.cpu_seconds() - began);

  read_in_process(corpus);
  std::vector<double> in_process, in_worker, differences;
  for (std::size_t round = 0; round < kRounds; ++round) {
    in_process.push_back(measure(
        corpus, [] { return cpu_seconds(); }, [&] { read_in_process(corpus); }));
    in_worker.push_back(measure(corpus, pool_clock, [&] { pool.read(corpus); }));
    differences.push_back(in_worker.back() - in_process.back());
  }
  const double pass = median(in_worker) * static_cast<double>(corpus.documents.size());
  const double start =
      (first_pass - pass) / static_cast<double>(daemon::ParsePoolOptions().renew_after);
  const double value = median(std::move(differences)) + start;
  // The goals are for the difference itself, in microseconds.
  return {.name = "parse.worker_overhead",
          .value = value,
          .unit = "us CPU/doc",
          .against = fmt::format("read_feed() in process, {:.0f}", median(std::move(in_process))),
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
