#include "bench/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <span>
#include <string_view>

#include "base/json_writer.h"

namespace feedwire::bench {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

std::string json_line(const Figure& figure) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().field("name", figure.name).key("value").real(figure.value);
  json.field("unit", figure.unit).field("against", figure.against).key("ratio").real(figure.ratio);
  json.key("must").real(figure.must).key("aim").real(figure.aim).end_object();
  return line;
}

void print_table(const std::string& corpus, const std::vector<Figure>& figures) {
  fmt::print("corpus: {}\n", corpus);
  fmt::print("{:<28} {:>12} {:<14} {:>8} {:>8} {:>8}       {}\n", "figure", "ours", "unit", "ratio",
             "must", "aim", "against");
  for (const Figure& figure : figures) {
    const char* direction = figure.aim >= figure.must ? ">=" : "<=";
    fmt::print("{:<28} {:>12.1f} {:<14} {:>8.3f} {}{:>6} {}{:>6} {:<4}  {}\n", figure.name,
               figure.value, figure.unit, figure.ratio, direction, figure.must, direction,
               figure.aim, figure.meets_must() ? "" : "MISS", figure.against);
  }
}

}  // namespace

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Comparison compare(const std::vector<Run>& runs) {
  std::vector<double> ours, peer, ratios;
  for (const Run& run : runs) {
    ours.push_back(run.ours);
    peer.push_back(run.peer);
    ratios.push_back(run.ours / run.peer);
  }
  return {.ours = median(ours), .peer = median(peer), .ratio = median(ratios)};
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return cpu_seconds(usage);
}

double cpu_seconds(const rusage& usage) {
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int report(int argc, char** argv, const std::string& corpus, const std::vector<Figure>& figures) {
  const std::span<char* const> arguments(argv, static_cast<std::size_t>(argc));
  const bool as_json = std::any_of(arguments.begin(), arguments.end(), [](const char* argument) {
    return std::string_view(argument) == "--json";
  });
  if (as_json) {
    for (const Figure& figure : figures) fmt::print("{}\n", json_line(figure));
  } else {
    print_table(corpus, figures);
  }
  std::fflush(stdout);
  return std::all_of(figures.begin(), figures.end(),
                     [](const Figure& figure) { return figure.meets_must(); })
             ? 0
             : 1;
}

}  // namespace feedwire::bench
