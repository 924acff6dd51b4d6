// feedwire-parse: reads documents and prints what they say. It is `feedwire parse`, and the
// daemon's parse worker. It links nothing but what parsing needs: strangers' bytes meet no store,
// no network.

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/exit_code.h"
#include "base/fs.h"
#include "base/result.h"
#include "feeds/date.h"
#include "feeds/json_feed.h"
#include "feeds/parse.h"
#include "feeds/parse_worker.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kMaxDocumentBytes = 64 * 1024 * 1024;
// No content can hold this line: the sanitiser drops comments, and plain text is escaped.
constexpr std::string_view kMarkdownSeparator = "<!-- feedwire: next entry -->";

constexpr const char* kDescription =
    "Reads RSS, Atom, RDF and JSON Feed documents and prints what they say.";
constexpr const char* kFooter = R"(Formats:
  json      one JSON Feed 1.1 document a line for each FILE; what JSON Feed has no field for is
            under "_feedwire"
  ndjson    one item a line
  markdown  each entry with YAML front matter, then its HTML; between two entries stands the line
            "<!-- feedwire: next entry -->", which no entry can hold

Exit codes:
  0 all read, 64 wrong usage, 65 a FILE is not a feed (a line on stderr says what it is; the feeds
  that an HTML page links to are listed on stdout), 74 a FILE cannot be read. With several FILEs
  all are tried, and the first failure gives the code.

Examples:
  feedwire parse feed.xml | jq .title
  curl -s https://example.org/feed | feedwire parse --url https://example.org/feed -
  feedwire parse --format ndjson archive/*.xml | jq -r .url
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

Result<std::string> read_input(const std::string& file) {
  if (file != "-") return read_file(file, kMaxDocumentBytes);
  std::string bytes(std::istreambuf_iterator<char>(std::cin), {});
  if (std::cin.bad()) return Error{ErrorCode::io, "standard input: read failed"};
  if (bytes.size() > kMaxDocumentBytes)
    return Error{ErrorCode::too_large,
                 fmt::format("standard input: more than {} bytes", kMaxDocumentBytes)};
  return bytes;
}

class Printer {
 public:
  explicit Printer(Format format) : format_(format) {}

  /// What to print of a document whose entries are finished.
  std::string print(const ParsedFeed& feed) {
    std::string out;
    if (format_ == Format::json) {
      out = feed_json(feed) + '\n';
    } else {
      for (const ParsedEntry& entry : feed.entries) print_entry(out, entry, feed);
    }
    return out;
  }

 private:
  void print_entry(std::string& out, const ParsedEntry& entry, const ParsedFeed& feed) {
    if (format_ == Format::ndjson) {
      append_item_json(out, entry);
      out += '\n';
      return;
    }
    if (std::exchange(any_entry_, true)) out += fmt::format("{}\n", kMarkdownSeparator);
    out += entry_markdown(entry, feed);
  }

  const Format format_;
  bool any_entry_ = false;
};

ExitCode write_out(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size()) return ExitCode::ok;
  complain("standard output", "write failed");
  return ExitCode::io;
}

ExitCode explain_no_feed(const std::string& file, const Error& error, std::string_view bytes,
                         const Source& source) {
  complain(file, error.message);
  std::string found;
  for (const std::string& url : discover_feeds(bytes, source.url)) found += url + '\n';
  const ExitCode written = write_out(found);
  return written == ExitCode::ok ? ExitCode::data : written;
}

ExitCode parse_file(const std::string& file, const Options& options, Printer& printer) {
  const Result<std::string> bytes = read_input(file);
  if (!bytes) {
    fmt::print(stderr, "feedwire parse: {}\n", bytes.error().message);  // names the file
    return bytes.error().code == ErrorCode::too_large ? ExitCode::data : ExitCode::io;
  }
  Result<ParsedFeed> feed = parse_document(*bytes, options.source);
  if (!feed) return explain_no_feed(file, feed.error(), *bytes, options.source);
  for (ParsedEntry& entry : feed->entries) finish_entry(entry, *feed);
  return write_out(printer.print(*feed));
}

std::string check_time(const std::string& text) {
  return parse_date(text) ? std::string() : text + " is not a time such as 2026-11-21T21:15:01Z";
}

void define(CLI::App& app, Options& options) {
  const std::map<std::string, Format> formats = {
      {"json", Format::json}, {"ndjson", Format::ndjson}, {"markdown", Format::markdown}};
  app.footer(kFooter);
  app.add_option("--url", options.source.url,
                 "Where the documents come from; relative URLs in them are resolved with it");
  app.add_option("--content-type", options.source.content_type,
                 "The HTTP header they came with; its charset counts");
  app.add_option("--now", options.now,
                 "The time of reading, for scripts that fix it; no output depends on the clock")
      ->check(check_time);
  app.add_option("--format", options.format, "json (default), ndjson or markdown")
      ->transform(CLI::CheckedTransformer(formats));
  app.add_option("FILE", options.files, "Documents to read; - is standard input")->required();
}

int run(int argc, char** argv) {
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

  ExitCode first_failure = ExitCode::ok;
  Printer printer(options.format);
  for (const std::string& file : options.files) {
    const ExitCode code = parse_file(file, options, printer);
    if (first_failure == ExitCode::ok) first_failure = code;
  }
  if (std::fflush(stdout) != 0 && first_failure == ExitCode::ok) {
    complain("standard output", "write failed");
    first_failure = ExitCode::io;
  }
  return to_int(first_failure);
}

}  // namespace
}  // namespace feedwire::feeds

int main(int argc, char** argv) {
  using namespace feedwire;
  try {
    const std::span<char*> args(argv, static_cast<std::size_t>(argc));
    if (args.size() > 1 && std::string_view(args[1]) == "--worker")
      return feeds::run_parse_worker(args.subspan(2));
    return feeds::run(argc, argv);
  } catch (const std::exception& bug) {  // or no memory
    std::fprintf(stderr, "feedwire parse: %s\n", bug.what());
    return to_int(ExitCode::internal);
  }
}
