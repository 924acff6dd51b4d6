#include "tests/support/instructions.h"

#include <valgrind/callgrind.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace feedwire::tests {

bool Counted::ran(const std::string& function) const {
  return std::any_of(functions.begin(), functions.end(), [&](const std::string& one) {
    return one.find(function) != std::string::npos;
  });
}

bool under_valgrind() { return RUNNING_ON_VALGRIND != 0; }

void count_instructions(const std::string& label, const std::function<void()>& work) {
  CALLGRIND_ZERO_STATS;
  CALLGRIND_TOGGLE_COLLECT;
  work();
  CALLGRIND_TOGGLE_COLLECT;
  CALLGRIND_DUMP_STATS_AT(label.c_str());
}

std::map<std::string, Counted> run_under_valgrind(const std::vector<std::string>& arguments) {
  const TempDir dir;
  const std::filesystem::path output = dir.path() / "counts";
  std::vector<std::string> command = {"/usr/bin/valgrind",
                                      "--quiet",
                                      "--tool=callgrind",
                                      "--collect-atstart=no",
                                      "--combine-dumps=yes",
                                      "--compress-strings=no",
                                      "--callgrind-out-file=" + output.native(),
                                      std::filesystem::read_symlink("/proc/self/exe")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const Finished finished = run(command);
  if (finished.code != 0) throw std::runtime_error("under valgrind: " + finished.err);

  // One part of the file for each label.
  constexpr std::string_view kLabel = "desc: Trigger: Client Request: ", kCount = "totals: ",
                             kFunction = "fn=";
  std::map<std::string, Counted> counts;
  std::ifstream file(output);
  std::string label;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("part: ")) label.clear();
    if (line.starts_with(kLabel)) label = line.substr(kLabel.size());
    if (label.empty()) continue;
    if (line.starts_with(kCount))
      counts[label].instructions = std::stod(line.substr(kCount.size()));
    if (line.starts_with(kFunction))
      counts[label].functions.push_back(line.substr(kFunction.size()));
  }
  return counts;
}

}  // namespace feedwire::tests
