// feedwire-parse: reads documents and prints what they say. It is `feedwire parse`, and the
// daemon's parse worker. It links nothing but what parsing needs: strangers' bytes meet no store,
// no network.

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/exit_code.h"
#include "base/fs.h"
#include "base/heap.h"
#include "base/result.h"
#include "base/time_zones.h"
#include "feeds/date.h"
#include "feeds/json_feed.h"
#include "feeds/parse.h"
#include "feeds/parse_worker.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kKeptHeapBytes = 32 * 1024 * 1024;  // between documents
constexpr std::size_t kMaxDocumentBytes = 64 * 1024 * 1024;
// No content can hold this line: the sanitiser drops comments, and plain text is escaped.
constexpr std::string_view kMarkdownSeparator = "<!-- feedwire: next entry -->";

constexpr const char* kDescription =
    "Reads RSS, Atom, RDF and JSON Feed documents and prints what they say.";
constexpr const char* kFooter = R"(Formats:
  json      each FILE as a JSON Feed 1.1 document on one line; what JSON Feed has no field for is
            under "_feedwire"
  ndjson    the same for streams: each line is written as soon as its FILE is read, and nothing but
            documents ever stands on stdout
  markdown  each entry with YAML front matter, then its HTML; between two entries stands the line
            "<!-- feedwire: next entry -->", which no entry can hold

A FILE that is no feed costs one line on stderr that says what it is. The feeds that an HTML page
links to are listed on stdout, one URL a line (not with ndjson).

Exit codes:
  0 all read, 64 wrong usage, 65 a FILE is not a feed, 74 a FILE cannot be read or the output not be
  written. With several FILEs all are tried, and the worst outcome, the largest code, counts.

Examples:
  feedwire parse feed.xml | jq .title
  curl -s https://example.org/feed | feedwire parse --url https://example.org/feed -
  feedwire parse --format ndjson archive/*.xml | jq -r '.items[].url'
  feedwire parse --format markdown --url https://example.org/feed feed.xml > entry.md)";

enum class Format { json, ndjson, markdown };

struct Options {
  Source source;
  std::string now;
  Format format = Format::json;
  std::vector<std::string> files;
};

void complain(std::string_view file, std::string_view message) {
  fmt::print(stderr, "feedwire parse: {}: {}\n", file == "-" ? "standard input" : file, message);
}

Result<std::string> read_standard_input() {
  std::string bytes;
  char block[64 * 1024];
  while (const std::size_t got = std::fread(block, 1, sizeof block, stdin)) {
    bytes.append(block, got);
    if (bytes.size() > kMaxDocumentBytes)
      return Error{ErrorCode::too_large,
                   fmt::format("standard input: more than {} bytes", kMaxDocumentBytes)};
  }
  if (std::ferror(stdin) != 0) return errno_error("standard input: read");
  return bytes;
}

Result<std::string> read_input(const std::string& file) {
  return file == "-" ? read_standard_input() : read_file(file, kMaxDocumentBytes);
}

/// Prints entries to `out`; `any_entry` says whether one was printed before.
void append_markdown(std::string& out, const ParsedFeed& feed, bool& any_entry) {
  for (const ParsedEntry& entry : feed.entries) {
    if (std::exchange(any_entry, true)) out += fmt::format("{}\n", kMarkdownSeparator);
    out += entry_markdown(entry, feed);
  }
}

/// Returns once the bytes have left this process, so that a reader has them at once.
ExitCode write_out(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size() &&
      std::fflush(stdout) == 0)
    return ExitCode::ok;
  complain("standard output", "write failed");
  return ExitCode::io;
}

/// One run over all files.
class Run {
 public:
  explicit Run(const Options& options) : options_(options) {}

  ExitCode parse_file(const std::string& file) {
    const Result<std::string> bytes = read_input(file);
    if (!bytes) {
      fmt::print(stderr, "feedwire parse: {}\n", bytes.error().message);  // names the file
      return bytes.error().code == ErrorCode::too_large ? ExitCode::data : ExitCode::io;
    }
    Result<ParsedFeed> feed = parse_document(*bytes, options_.source);
    if (!feed) {
      complain(file, feed.error().message);
      return std::max(ExitCode::data, list_feeds(*bytes));
    }
    for (ParsedEntry& entry : feed->entries) finish_entry(entry, *feed);
    return print(*feed);
  }

 private:
  ExitCode print(const ParsedFeed& feed) {
    std::string out;
    if (options_.format == Format::markdown)
      append_markdown(out, feed, any_entry_);
    else
      out = feed_json(feed) + '\n';
    return write_out(out);
  }

  /// What a page, for that is what it may be, links to.
  ExitCode list_feeds(std::string_view bytes) const {
    if (options_.format == Format::ndjson) return ExitCode::ok;
    std::string found;
    for (const std::string& url : linked_feeds(bytes, options_.source)) found += url + '\n';
    return write_out(found);
  }

  const Options& options_;
  bool any_entry_ = false;
};

std::string check_time(const std::string& text) {
  return parse_date(text) ? std::string() : text + " is not a time such as 2026-11-21T21:15:01Z";
}

std::string check_zone(const std::string& text) {
  return configured_offset(text, {}) ? std::string() : text + " is not a time zone such as +08:00";
}

void define(CLI::App& app, Options& options) {
  const std::map<std::string, Format> formats = {
      {"json", Format::json}, {"ndjson", Format::ndjson}, {"markdown", Format::markdown}};
  app.footer(kFooter);
  app.add_option("--url", options.source.url,
                 "Where the documents come from; relative URLs in them are resolved with it");
  app.add_option("--content-type", options.source.content_type,
                 "The HTTP header they came with; its charset counts");
  app.add_option("--tz", options.source.time_zone,
                 "The time zone of dates that name none, such as +08:00 or Asia/Shanghai")
      ->check(check_zone);
  app.add_option(
         "--now", options.now,
         "The time of reading, for scripts that fix it. What is printed never depends on it")
      ->check(check_time);
  app.add_option("--format", options.format, "json (default), ndjson or markdown")
      ->option_text("json|ndjson|markdown")
      ->transform(CLI::CheckedTransformer(formats));
  app.add_option("FILE", options.files, "Documents to read; - is standard input")->required();
}

int parse(int argc, char** argv) {
  Options options;
  CLI::App app(kDescription, "feedwire parse");
  define(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "feedwire parse: {}\nRun \"feedwire parse --help\" for more.\n",
               error.what());
    return to_int(ExitCode::usage);
  }

  ExitCode worst = ExitCode::ok;
  Run run(options);
  for (const std::string& file : options.files) worst = std::max(worst, run.parse_file(file));
  return to_int(worst);
}

}  // namespace
}  // namespace feedwire::feeds

int main(int argc, char** argv) {
  using namespace feedwire;
  try {
    keep_freed_memory(feeds::kKeptHeapBytes);
    const std::span<char*> args(argv, static_cast<std::size_t>(argc));
    if (args.size() > 1 && std::string_view(args[1]) == "--worker")
      return feeds::run_parse_worker(args.subspan(2));
    return feeds::parse(argc, argv);
  } catch (const std::exception& bug) {  // or no memory
    std::fprintf(stderr, "feedwire parse: %s\n", bug.what());
    return to_int(ExitCode::internal);
  }
}
