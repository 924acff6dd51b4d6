// How fast are documents read, sanitised and printed, on one core, beside other readers and beside
// the XML tree alone? CPU time, ours and the peer's in turn.

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "bench/child.h"
#include "bench/figure.h"
#include "bench/html_round_trip.h"
#include "bench/sample_corpus.h"
#include "feeds/html.h"
#include "feeds/json_feed.h"
#include "feeds/parse.h"
#include "feeds/read_feed.h"
#include "tests/support/temp_dir.h"

namespace feedwire::bench {
namespace {

constexpr double kMinCpuSeconds = 0.3;  // of one run, well above the clock's grain
constexpr std::size_t kRounds = 5;
constexpr std::size_t kSlowRounds = 3;   // beside what takes seconds
constexpr std::size_t kExecRounds = 25;  // of a dozen processes each
constexpr std::size_t kExecsARound = 12;
constexpr std::size_t kGeneratedDocuments = 1'000;
constexpr double kSmallDocumentBytes = 11'000;

[[noreturn]] void fail(const std::string& message) {
  fmt::print(stderr, "parse_bench: {}\n", message);
  std::exit(1);
}

/// $FEEDWIRE_BENCH_CORPUS, else one of our own.
Corpus corpus_to_read() {
  const char* const dir = std::getenv("FEEDWIRE_BENCH_CORPUS");
  return dir != nullptr ? load_corpus(dir) : generate_corpus(1, kGeneratedDocuments);
}

/// A corpus in files, for programs that read those.
class CorpusFiles {
 public:
  explicit CorpusFiles(const Corpus& corpus) {
    std::ofstream joined(this->joined(), std::ios::binary);
    for (const Document& document : corpus.documents) {
      const std::string name = fmt::format("{:06}.xml", paths_.size());
      dir_.write(name, document.bytes);
      joined << document.bytes;
      paths_.push_back(dir_.path() / name);
    }
    if (!joined.flush()) fail("cannot write the corpus to " + dir_.path().native());
  }

  const std::vector<std::string>& paths() const { return paths_; }
  std::filesystem::path joined() const { return dir_.path() / "all"; }
  std::filesystem::path scratch() const { return dir_.path() / "scratch"; }

 private:
  tests::TempDir dir_;
  std::vector<std::string> paths_;
};

std::vector<std::string> command(const std::vector<std::string>& program,
                                 const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = program;
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

Figure speed_figure(const std::string& name, const std::vector<Run>& runs, const char* peer,
                    double must, double aim) {
  const Comparison result = compare(runs);
  return {.name = name,
          .value = result.ours,
          .unit = "MB/s CPU",
          .against = fmt::format("{}, {:.0f}", peer, result.peer),
          .ratio = result.ratio,
          .must = must,
          .aim = aim};
}

// --- in process ----------------------------------------------------------------------------------

/// MB that `read` gets through in a second of CPU, of texts that are `total_bytes` long together.
template <typename Text>
double megabytes_per_second(const std::vector<Text>& texts, std::size_t total_bytes,
                            const std::function<void(const Text&)>& read) {
  const double began = cpu_seconds();
  double took = 0;
  std::size_t passes = 0;
  while (took < kMinCpuSeconds) {
    for (const Text& text : texts) read(text);
    ++passes;
    took = cpu_seconds() - began;
  }
  return static_cast<double>(passes * total_bytes) / 1e6 / took;
}

template <typename T>
T need(Result<T> result, const Document& document) {
  if (!result) fail(fmt::format("{}: {}", document.url, result.error().message));
  return std::move(result).value();
}

feeds::Source source_of(const Document& document) {
  return {.url = document.url, .content_type = "application/xml"};
}

/// What `feedwire parse` does.
void print_document(const Document& document) {
  feeds::ParsedFeed feed =
      need(feeds::parse_document(document.bytes, source_of(document)), document);
  for (feeds::ParsedEntry& entry : feed.entries) feeds::finish_entry(entry, feed);
  if (feeds::feed_json(feed).empty()) fail("an empty document");
}

/// What a parse worker does.
void read_document(const Document& document) {
  feeds::ReadRequest request;
  request.source = source_of(document);
  request.feed = feeds::feed_key(document.url);
  request.subscribed_url = document.url;
  need(feeds::read_feed(document.bytes, request), document);
}

void read_tree(const Document& document) {
  pugi::xml_document tree;
  if (!tree.load_buffer(document.bytes.data(), document.bytes.size())) fail("pugixml failed");
}

Figure against_pugixml(const std::string& name, const Corpus& corpus, void (*read)(const Document&),
                       double must, double aim) {
  const auto speed = [&](void (*reader)(const Document&)) {
    return megabytes_per_second<Document>(corpus.documents, corpus.total_bytes, reader);
  };
  std::vector<Run> runs;
  for (std::size_t round = 0; round < kRounds; ++round)
    runs.push_back({.ours = speed(read), .peer = speed(read_tree)});
  return speed_figure(name, runs, "pugixml load_buffer", must, aim);
}

/// The HTML of all entries, as it stands in the documents.
std::vector<feeds::RichText> html_contents(const Corpus& corpus) {
  std::vector<feeds::RichText> contents;
  for (const Document& document : corpus.documents) {
    feeds::ParsedFeed feed =
        need(feeds::parse_document(document.bytes, source_of(document)), document);
    for (feeds::ParsedEntry& entry : feed.entries)
      if (entry.content && entry.content->kind == feeds::RichText::Kind::html)
        contents.push_back(std::move(*entry.content));
  }
  return contents;
}

Figure sanitizer_against_libxml2(const Corpus& corpus) {
  using feeds::RichText;
  const std::vector<RichText> contents = html_contents(corpus);
  std::size_t total_bytes = 0;
  for (const RichText& content : contents) total_bytes += content.body.size();
  const auto sanitize = [](const RichText& content) {
    feeds::sanitize_html(content.body, content.base);
  };
  const auto round_trip = [](const RichText& content) { html_round_trip(content.body); };
  std::vector<Run> runs;
  for (std::size_t round = 0; round < kSlowRounds; ++round)
    runs.push_back({.ours = megabytes_per_second<RichText>(contents, total_bytes, sanitize),
                    .peer = megabytes_per_second<RichText>(contents, total_bytes, round_trip)});
  return speed_figure("parse.sanitizer", runs, "libxml2 HTML round trip", 8, 20);
}

// --- whole processes -----------------------------------------------------------------------------

/// MB/s of one `feedwire parse` over all files, start and output included.
double many_files_speed(const CorpusFiles& files, std::size_t total_bytes) {
  const std::string program = built_program("feedwire");
  return static_cast<double>(total_bytes) / 1e6 /
         run_child(command({program, "parse", "--format", "ndjson"}, files.paths())).cpu_seconds;
}

Figure many_files_against_sfeed(const CorpusFiles& files, std::size_t total_bytes) {
  std::vector<Run> runs;
  for (std::size_t round = 0; round < kRounds; ++round)
    runs.push_back({.ours = many_files_speed(files, total_bytes),
                    .peer = static_cast<double>(total_bytes) / 1e6 /
                            run_child({"sfeed"}, {.in = files.joined()}).cpu_seconds});
  return speed_figure("parse.many_files", runs, "sfeed, one process over all", 1.0, 1.4);
}

Figure many_files_against_gofeed(const CorpusFiles& files, std::size_t total_bytes) {
  const std::string peer = built_program("gofeed_bench");
  std::vector<Run> runs;
  for (std::size_t round = 0; round < kSlowRounds; ++round) {
    run_child(command({peer}, files.paths()), {.out = files.scratch()});
    double seconds = 0;
    if (!(std::ifstream(files.scratch()) >> seconds)) fail("gofeed_bench printed no time");
    runs.push_back({.ours = many_files_speed(files, total_bytes),
                    .peer = static_cast<double>(total_bytes) / 1e6 / seconds});
  }
  return speed_figure("parse.many_files_go", runs, "gofeed, in process", 4.5, 7);
}

std::size_t small_document(const Corpus& corpus) {
  std::size_t best = 0;
  const auto distance = [&](std::size_t i) {
    return std::abs(static_cast<double>(corpus.documents[i].bytes.size()) - kSmallDocumentBytes);
  };
  for (std::size_t i = 1; i < corpus.documents.size(); ++i)
    if (distance(i) < distance(best)) best = i;
  return best;
}

Figure one_file_against_sfeed(const Corpus& corpus, const CorpusFiles& files) {
  const std::size_t number = small_document(corpus);
  const std::string file = files.paths()[number];
  const std::string program = built_program("feedwire");
  std::vector<Run> runs;
  for (std::size_t round = 0; round < kExecRounds; ++round) {
    Run run;
    for (std::size_t i = 0; i < kExecsARound; ++i) {
      run.ours += run_child({program, "parse", file}).cpu_seconds / kExecsARound;
      run.peer += run_child({"sfeed"}, {.in = file}).cpu_seconds / kExecsARound;
    }
    runs.push_back(run);
  }
  const Comparison result = compare(runs);
  return {.name = "parse.one_file",
          .value = result.ours * 1e3,
          .unit = "ms CPU",
          .against = fmt::format("sfeed, {:.2f}, of {} bytes", result.peer * 1e3,
                                 corpus.documents[number].bytes.size()),
          .ratio = result.ratio,
          .must = 3.5,
          .aim = 2.5};
}

std::vector<Figure> figures(const Corpus& corpus) {
  const CorpusFiles files(corpus);
  std::vector<Figure> made = {many_files_against_sfeed(files, corpus.total_bytes),
                              one_file_against_sfeed(corpus, files)};
  if (std::filesystem::exists(built_program("gofeed_bench")))
    made.push_back(many_files_against_gofeed(files, corpus.total_bytes));
  made.push_back(against_pugixml("parse.print", corpus, print_document, 0.10, 0.16));
  // Ours alone, and twice the work: nine SHA-256 keys an entry, its revision, the flat copy.
  made.push_back(against_pugixml("parse.read_feed", corpus, read_document, 0.05, 0.08));
  made.push_back(sanitizer_against_libxml2(corpus));
  return made;
}

}  // namespace
}  // namespace feedwire::bench

int main(int argc, char** argv) {
  using namespace feedwire::bench;
  const Corpus corpus = corpus_to_read();
  return report(argc, argv, corpus.description, figures(corpus));
}
