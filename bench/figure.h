// What a benchmark reports: figures of ours beside those of a peer or limit, taken in the same run.

#pragma once

#include <sys/resource.h>

#include <string>
#include <vector>

namespace feedwire::bench {

/// Ours and the peer's, in the same unit. Whether more is better can be read off the goals: if aim
/// is above must.
struct Figure {
  std::string name;     // "parse.read_feed"
  double value = 0;     // ours
  std::string unit;     // "MB/s CPU"
  std::string against;  // the peer, with its own value: "pugixml load_buffer, 920"
  double ratio = 0;     // ours / peer
  double must = 0;      // what ratio must reach; a missed one fails the run
  double aim = 0;       // what it should reach

  bool meets_must() const { return aim >= must ? ratio >= must : ratio <= must; }
};

/// Two runs, one of ours and one of the peer's, one right after the other, so that whatever else
/// the machine does hits both.
struct Run {
  double ours = 0, peer = 0;
};

/// Medians over runs made in turn, A B A B; the ratio is the median of each run's own.
struct Comparison {
  double ours = 0, peer = 0, ratio = 0;
};
Comparison compare(const std::vector<Run>& runs);

double median(std::vector<double> values);  // of at least one

/// User and system time of all threads of this process, in seconds.
double cpu_seconds();
/// Likewise of whom `usage` is about.
double cpu_seconds(const rusage& usage);
/// CLOCK_MONOTONIC, in seconds.
double wall_seconds();

/// Prints a table, or with --json among the arguments one JSON object a line, of the members of
/// Figure; `corpus` says what was measured with. Returns the exit code of main(): 1 if a must is
/// missed.
int report(int argc, char** argv, const std::string& corpus, const std::vector<Figure>& figures);

}  // namespace feedwire::bench
