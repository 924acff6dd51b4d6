// How fast is the store, and how does that change as it grows?
//   store_bench [--json] [--large]

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "base/heap.h"
#include "bench/store_figures.h"
#include "daemon/parse_pool.h"

int main(int argc, char** argv) {
  using namespace feedwire::bench;
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  if (arguments.size() == 2 && arguments[0] == "--commit-and-die") commit_and_die(argv[2]);
  feedwire::keep_freed_memory(feedwire::daemon::kKeptHeapBytes);  // as the daemon does

  std::vector<std::uint64_t> sizes = {1'000'000};
  if (std::find(arguments.begin(), arguments.end(), "--large") != arguments.end())
    sizes.insert(sizes.end(), {10'000'000, 50'000'000});
  std::vector<Figure> figures = ingest_figures();
  figures.push_back(event_figure());
  figures.push_back(trickle_figure());
  for (Figure& figure : growth_figures(sizes)) figures.push_back(std::move(figure));
  return report(argc, argv, "generated look-alikes; groups of about 300 entries, synced", figures);
}
