// The parts of store_bench, each with figures of its own.

#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/result.h"
#include "bench/figure.h"

namespace feedwire::bench {

/// How fast new entries become durable, in groups of about 300, beside RocksDB alone that writes
/// the same rows, and beside a file that takes the same lines.
std::vector<Figure> ingest_figures();

/// How fast an event becomes a line, beside RapidJSON's Writer.
Figure event_figure();

/// How many syncs a thousand entries cost that come one by one from polls that overlap.
Figure trickle_figure();

/// What it costs to decide and to commit a document, to keep a key and to start, in stores of so
/// many entries. These are built once, into ~/.cache/feedwire-bench/.
std::vector<Figure> growth_figures(std::span<const std::uint64_t> sizes);

/// Opens the store in `dir`, commits a little, and dies by SIGKILL.
[[noreturn]] void commit_and_die(const char* dir);

/// The value; ends the benchmark with a message where there is none.
template <typename T>
T need(Result<T> result) {
  if (result) {
    if constexpr (std::is_void_v<T>)
      return;
    else
      return std::move(result).value();
  }
  fmt::print(stderr, "store_bench: {}\n", result.error().message);
  std::exit(1);
}

}  // namespace feedwire::bench
