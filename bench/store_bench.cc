// How fast is the store, and how does that change as it grows?
//   store_bench [--json] [--large] [ingest|event|trickle|growth]…

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

#include "base/exit_code.h"
#include "base/heap.h"
#include "bench/store_figures.h"
#include "daemon/parse_pool.h"

namespace {

constexpr std::array<std::string_view, 4> kParts = {"ingest", "event", "trickle", "growth"};
constexpr std::array<std::string_view, 2> kOptions = {"--json", "--large"};

bool is_known(std::string_view argument) {
  const auto is_one_of = [&](const auto& names) {
    return std::find(names.begin(), names.end(), argument) != names.end();
  };
  return is_one_of(kParts) || is_one_of(kOptions);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace feedwire::bench;
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  if (arguments.size() == 2 && arguments[0] == "--commit-and-die") commit_and_die(argv[2]);
  const auto unknown = std::find_if_not(arguments.begin(), arguments.end(), is_known);
  if (unknown != arguments.end()) {
    fmt::print(stderr, "store_bench: no part or option \"{}\"; parts: {}; options: {}\n", *unknown,
               fmt::join(kParts, ", "), fmt::join(kOptions, ", "));
    return feedwire::to_int(feedwire::ExitCode::usage);
  }
  feedwire::keep_freed_memory(feedwire::daemon::kKeptHeapBytes);  // as the daemon does

  const auto asked = [&](std::string_view argument) {
    return std::find(arguments.begin(), arguments.end(), argument) != arguments.end();
  };
  const bool all = std::all_of(arguments.begin(), arguments.end(), [](std::string_view argument) {
    return argument.starts_with("--");
  });
  std::vector<Figure> figures;
  if (all || asked("ingest")) figures = ingest_figures();
  if (all || asked("event")) figures.push_back(event_figure());
  if (all || asked("trickle")) figures.push_back(trickle_figure());
  if (all || asked("growth")) {
    std::vector<std::uint64_t> sizes = {1'000'000};
    if (asked("--large")) sizes.insert(sizes.end(), {10'000'000, 50'000'000});
    for (Figure& figure : growth_figures(sizes)) figures.push_back(std::move(figure));
  }
  return report(argc, argv, "generated look-alikes; groups of about 300 entries, synced", figures);
}
