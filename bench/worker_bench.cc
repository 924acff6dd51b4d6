// What does it cost that documents are read in a confined process instead of in process? CPU time
// of both sides of the pool, less that of read_feed() on the same documents, in turn.

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
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
constexpr std::size_t kPasses = 20;  // over all documents, in a round
constexpr std::size_t kRounds = 7;

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

/// CPU seconds of this process and of its children that have ended.
double all_cpu_seconds() {
  rusage children{};
  ::getrusage(RUSAGE_CHILDREN, &children);
  return cpu_seconds() + cpu_seconds(children);
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

/// CPU seconds of a pool that reads the documents so many times, from its start to its end.
double pool_seconds(const Corpus& corpus, std::size_t passes) {
  const double began = all_cpu_seconds();
  {
    daemon::EventLoop loop;
    daemon::ParsePoolOptions options;
    options.program = built_program("feedwire-parse");
    Result<std::unique_ptr<daemon::ParsePool>> pool = daemon::ParsePool::create(loop, options);
    if (!pool) fail(pool.error().message);
    for (std::size_t pass = 0; pass < passes; ++pass) read_in_worker(corpus, **pool, loop);
  }
  return all_cpu_seconds() - began;
}

/// Microseconds of CPU a document takes in a worker, its share of the worker's start included.
double worker_microseconds(const Corpus& corpus) {
  const double one_pass = pool_seconds(corpus, 1);
  const double pass = (pool_seconds(corpus, 1 + kPasses) - one_pass) / kPasses;
  const double start = one_pass - pass;
  return 1e6 * (pass / static_cast<double>(corpus.documents.size()) +
                start / static_cast<double>(daemon::ParsePoolOptions().renew_after));
}

double in_process_microseconds(const Corpus& corpus) {
  const double began = cpu_seconds();
  for (std::size_t pass = 0; pass < kPasses; ++pass) read_in_process(corpus);
  return 1e6 * (cpu_seconds() - began) / static_cast<double>(kPasses * corpus.documents.size());
}

Figure overhead(const Corpus& corpus) {
  read_in_process(corpus);
  std::vector<double> in_process, overheads;
  for (std::size_t round = 0; round < kRounds; ++round) {
    in_process.push_back(in_process_microseconds(corpus));
    overheads.push_back(worker_microseconds(corpus) - in_process.back());
  }
  const double value = median(std::move(overheads));
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
