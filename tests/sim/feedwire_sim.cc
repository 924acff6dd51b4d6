// feedwire-sim: simulations by seed; see tests/sim/simulation.h.

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>
#include <string>

#include "tests/sim/simulation.h"

namespace feedwire::sim {
namespace {

struct CommandLine {
  std::uint64_t seed = 1, count = 1;
  int hours = 72;
  bool twice = false, quiet = false;
};

Summary simulate(std::uint64_t seed, const CommandLine& line) {
  return Simulation(seed, std::chrono::hours{line.hours}).run();
}

// False if the simulation found something wrong.
bool run_seed(std::uint64_t seed, const CommandLine& line) {
  std::string wrong;
  try {
    const Summary done = simulate(seed, line);
    if (line.twice && simulate(seed, line).trace != done.trace)
      wrong = "two runs of the same seed differ";
    if (!line.quiet || !wrong.empty())
      fmt::print(
          "seed {}: {} requests, {} commits, {} events, {} kills, {} power cuts, {} clean "
          "stops, {} steps of the clock; trace {}\n",
          seed, done.requests, done.commits, done.events, done.kills, done.power_cuts,
          done.clean_stops, done.clock_steps, done.trace);
  } catch (const std::exception& error) {
    wrong = error.what();
  }
  if (wrong.empty()) return true;
  fmt::print("seed {}: {}\nreplay it with: feedwire-sim --seed {} --hours {}\n", seed, wrong, seed,
             line.hours);
  return false;
}

int main(int argc, char** argv) {
  // Half of the time would else go into syncing files that nobody wants to keep.
  if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
  spdlog::set_level(spdlog::level::off);
  CommandLine line;
  CLI::App app("Simulates feedwired from a seed, and checks that nothing is lost or repeated.");
  app.add_option("--seed", line.seed, "The first seed");
  app.add_option("--count", line.count, "So many seeds, one after the other");
  app.add_option("--hours", line.hours, "Simulated time of each");
  app.add_flag("--twice", line.twice, "Run each seed twice, and compare the traces");
  app.add_flag("--quiet", line.quiet, "Print failures and the last line alone");
  CLI11_PARSE(app, argc, argv);
  std::uint64_t failed = 0;
  for (std::uint64_t seed = line.seed; seed < line.seed + line.count; ++seed)
    if (!run_seed(seed, line)) ++failed;
  fmt::print("{} simulations of {} h, {} failed\n", line.count, line.hours, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace feedwire::sim

int main(int argc, char** argv) { return feedwire::sim::main(argc, argv); }
