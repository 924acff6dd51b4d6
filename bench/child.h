// Programs that are measured as their users run them: a process each.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace feedwire::bench {

/// Where a child's standard input comes from and its standard output goes to.
struct Streams {
  std::filesystem::path in = "/dev/null";
  std::filesystem::path out = "/dev/null";
};

/// What a program took, its own children included.
struct ChildCost {
  double cpu_seconds = 0;  // user and system
  double wall_seconds = 0;
  double peak_rss_mb = 0;  // of the largest of them
};

/// Runs argv[0] (a path, or a name to look up in $PATH) to its end. Ends the benchmark with a
/// message where the program cannot be started or does not exit with 0.
ChildCost run_child(const std::vector<std::string>& argv, const Streams& streams = {});

/// The program `name` of this build: it lies beside the benchmark.
std::filesystem::path built_program(const std::string& name);

}  // namespace feedwire::bench
