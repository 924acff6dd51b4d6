// How fast is a document read, sanitised and rendered, on one core, beside the XML tree alone?

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "bench/figure.h"
#include "bench/sample_corpus.h"
#include "feeds/read_feed.h"

namespace feedwire::bench {
namespace {

constexpr double kMinCpuSeconds = 0.3;  // of one run, well above the clock's grain
constexpr std::size_t kRounds = 7;

/// MB of `corpus` that `read` gets through in a second of CPU.
double megabytes_per_second(const Corpus& corpus,
                            const std::function<void(const Document&)>& read) {
  const double began = cpu_seconds();
  double took = 0;
  std::size_t passes = 0;
  while (took < kMinCpuSeconds) {
    for (const Document& document : corpus.documents) read(document);
    ++passes;
    took = cpu_seconds() - began;
  }
  return static_cast<double>(passes * corpus.total_bytes) / 1e6 / took;
}

void read_whole(const Document& document) {
  feeds::ReadRequest request;
  request.source = {.url = document.url, .content_type = "application/xml"};
  request.feed = feeds::feed_key(document.url);
  request.subscribed_url = document.url;
  const Result<std::string> feed = feeds::read_feed(document.bytes, request);
  if (!feed) {
    fmt::print(stderr, "{}: {}\n", document.url, feed.error().message);
    std::exit(1);
  }
}

void read_tree(const Document& document) {
  pugi::xml_document tree;
  if (!tree.load_buffer(document.bytes.data(), document.bytes.size())) std::exit(1);
}

Figure against_pugixml(const std::string& name, const Corpus& corpus) {
  std::vector<Run> runs;
  for (std::size_t round = 0; round < kRounds; ++round)
    runs.push_back({.ours = megabytes_per_second(corpus, read_whole),
                    .peer = megabytes_per_second(corpus, read_tree)});
  const Comparison result = compare(runs);
  return {.name = name,
          .value = result.ours,
          .unit = "MB/s CPU",
          .against = fmt::format("pugixml load_buffer, {:.0f}", result.peer),
          .ratio = result.ratio,
          .must = 0.015,
          .aim = 0.16};
}

}  // namespace
}  // namespace feedwire::bench

int main(int argc, char** argv) {
  using namespace feedwire::bench;
  const Corpus seeds = seed_corpus();
  return report(argc, argv, seeds.description, {against_pugixml("parse.read_feed", seeds)});
}
