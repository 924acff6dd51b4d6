// Is the cost of a document linear? Counts the instructions for documents of many shapes
// (tests/data/cost_shapes.tsv) and of two sizes, by running itself under valgrind, and fails where
// four times the input takes more than 4.4 times the work.
// Usage: parse-cost [BYTES]: the smaller size.
// A step, where a document outgrows some buffer, costs once; so what looks too costly is looked at
// again at a larger size, where it must be linear.

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/json_feed.h"
#include "feeds/parse.h"
#include "feeds/read_feed.h"
#include "tests/support/temp_dir.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kSmallBytes = 2 * 1024;
constexpr std::size_t kGrowth = 4;
constexpr double kMaxRatio = 4.4;
constexpr int kLooks = 3;  // at what looks too costly

struct Wrapper {
  std::string_view name, head, tail;
};
constexpr Wrapper kWrappers[] = {
    {"", "", ""},
    {"rss",
     R"(<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>T</title>)",
     "</channel></rss>"},
    {"item",
     R"(<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
xmlns:media="http://search.yahoo.com/mrss/" xmlns:georss="http://www.georss.org/georss"
xmlns:podcast="https://podcastindex.org/namespace/1.0"
xmlns:psc="http://podlove.org/simple-chapters"><channel><item>)",
     "</item></channel></rss>"},
    {"html", "<rss version=\"2.0\"><channel><item><description><![CDATA[",
     "]]></description></item></channel></rss>"},
    {"rdf",
     R"(<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel/>)",
     "</rdf:RDF>"},
    {"atom", R"(<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://example.org/">)",
     "</feed>"},
    {"json", R"({"version":"https://jsonfeed.org/version/1.1","items":[)", "]}"},
    {"page", "<!DOCTYPE html><html><head><title>x</title>", "</head></html>"},
};

[[noreturn]] void fail(const std::string& message) {
  fmt::print(stderr, "parse-cost: {}\n", message);
  std::exit(2);
}

// --- shapes --------------------------------------------------------------------------------------

struct Shape {
  std::string name, head, unit, middle, second_unit, tail;
};

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("\\n")) {
      out += '\n', ++at;
    } else if (rest.starts_with("\\\\")) {
      out += '\\', ++at;
    } else if (rest.starts_with("\\x") && rest.size() >= 4) {
      out += static_cast<char>(std::stoi(std::string(rest.substr(2, 2)), nullptr, 16));
      at += 3;
    } else {
      out += text[at];
    }
  }
  return out;
}

/// Those in the data file with these names, or all.
std::vector<Shape> read_shapes(const std::vector<std::string>& names) {
  std::ifstream file(FEEDWIRE_TEST_DATA "/cost_shapes.tsv");
  std::vector<Shape> shapes;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> columns(1);
    for (const char c : line) {
      if (c == '\t')
        columns.emplace_back();
      else
        columns.back() += c;
    }
    columns.resize(7);
    if (!names.empty() && std::find(names.begin(), names.end(), columns[1]) == names.end())
      continue;
    const auto* const wrapper =
        std::find_if(std::begin(kWrappers), std::end(kWrappers),
                     [&](const Wrapper& candidate) { return candidate.name == columns[0]; });
    if (wrapper == std::end(kWrappers)) fail("no such wrapper: " + columns[0]);
    shapes.push_back({columns[1], std::string(wrapper->head) + unescaped(columns[2]),
                      unescaped(columns[3]), unescaped(columns[4]), unescaped(columns[5]),
                      unescaped(columns[6]).append(wrapper->tail)});
  }
  if (shapes.empty()) fail("there are no shapes");
  return shapes;
}

std::string numbered(const std::string& unit, std::size_t number) {
  std::string out;
  for (const char c : unit) {
    if (c == '$')
      out += std::to_string(100'000 + number);  // as wide as the next
    else
      out += c;
  }
  return out;
}

/// As many units as fill `bytes`.
std::string make_document(const Shape& shape, std::size_t bytes) {
  std::string units, second_units;
  for (std::size_t i = 0; units.size() + second_units.size() < bytes; ++i) {
    units += numbered(shape.unit, i);
    second_units += numbered(shape.second_unit, i);
  }
  return shape.head + units + shape.middle + second_units + shape.tail;
}

// --- under valgrind ------------------------------------------------------------------------------

/// All that is ever done with a document.
void read_document(const std::string& document) {
  const Source source{.url = "https://feeds.example/dir/feed", .content_type = {}};
  Result<ParsedFeed> feed = parse_document(document, source);
  if (!feed) {
    discover_feeds(document, source.url);
    return;
  }
  for (ParsedEntry& entry : feed->entries) finish_entry(entry, *feed);
  if (feed_json(*feed).empty()) fail("no JSON");
  ReadRequest request;
  request.source = source;
  request.subscribed_url = source.url;
  if (!read_feed(document, request)) fail("the worker's job fails where `feedwire parse` does not");
}

void count(const std::string& document, const std::string& label) {
  CALLGRIND_ZERO_STATS;
  CALLGRIND_TOGGLE_COLLECT;
  read_document(document);
  CALLGRIND_TOGGLE_COLLECT;
  CALLGRIND_DUMP_STATS_AT(label.c_str());
}

void count_all(const std::vector<Shape>& shapes, std::size_t small_bytes) {
  for (const Shape& shape : shapes) {
    const std::string empty = make_document(shape, 0);
    read_document(empty);  // what is done once only
    count(empty, shape.name + " 0");
    count(make_document(shape, small_bytes), shape.name + " 1");
    count(make_document(shape, small_bytes * kGrowth), shape.name + " 2");
  }
}

// --- in front of it ------------------------------------------------------------------------------

/// The instructions for each label of count(), read from callgrind's output.
std::map<std::string, double> read_counts(const std::filesystem::path& output) {
  constexpr std::string_view kTrigger = "desc: Trigger: ", kRequest = "Client Request: ",
                             kTotals = "totals: ";
  std::map<std::string, double> counts;
  std::ifstream file(output);
  std::string trigger;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kTrigger)) trigger = line.substr(kTrigger.size());
    if (line.starts_with(kTotals) && trigger.starts_with(kRequest))
      counts[trigger.substr(kRequest.size())] = std::stod(line.substr(kTotals.size()));
  }
  return counts;
}

/// Runs this program with the shapes `names` (all if none) and prints what it counts. Returns those
/// that are too costly.
std::vector<std::string> measure(std::size_t small_bytes, const std::vector<std::string>& names) {
  const tests::TempDir dir;
  std::string command = fmt::format(
      "valgrind --quiet --tool=callgrind --collect-atstart=no --combine-dumps=yes "
      "--callgrind-out-file='{}/counts' '{}' {}",
      dir.path().native(), std::filesystem::read_symlink("/proc/self/exe").native(), small_bytes);
  for (const std::string& name : names) command += fmt::format(" '{}'", name);
  if (std::system(command.c_str()) != 0) fail("failed: " + command);
  const std::map<std::string, double> counts = read_counts(dir.path() / "counts");

  std::vector<std::string> costly;
  fmt::print("{:<42} {:>12} {:>12} {:>7}\n", "shape", fmt::format("{} KiB", small_bytes / 1024),
             "4 times", "ratio");
  for (const Shape& shape : read_shapes(names)) {
    const auto count_of = [&](int size) {
      const auto found = counts.find(fmt::format("{} {}", shape.name, size));
      if (found == counts.end()) fail("valgrind counted nothing for " + shape.name);
      return found->second;
    };
    const double small = count_of(1) - count_of(0), large = count_of(2) - count_of(0);
    const bool linear = large <= kMaxRatio * small;
    fmt::print("{:<42} {:>12.0f} {:>12.0f} {:>7.2f}{}\n", shape.name, small, large, large / small,
               linear ? "" : " TOO MUCH");
    if (!linear) costly.push_back(shape.name);
  }
  return costly;
}

int run(std::size_t small_bytes) {
  std::vector<std::string> costly = measure(small_bytes, {});
  for (int look = 1; look < kLooks && !costly.empty(); ++look) {
    small_bytes *= kGrowth;
    costly = measure(small_bytes, costly);
  }
  return costly.empty() ? 0 : 1;
}

}  // namespace
}  // namespace feedwire::feeds

int main(int argc, char** argv) {
  using namespace feedwire::feeds;
  const std::size_t small_bytes = argc > 1 ? std::stoul(argv[1]) : kSmallBytes;
  if (RUNNING_ON_VALGRIND == 0) return run(small_bytes);
  count_all(read_shapes({argv + 2, argv + argc}), small_bytes);
}
