// Counts instructions, which a busy machine does not change: a program that runs itself again under
// valgrind's callgrind. Its build must be without a sanitizer and with symbols.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace feedwire::tests {

/// What count_instructions() saw of one piece of work.
struct Counted {
  double instructions = 0;
  std::vector<std::string> functions;  // that ran, as they are declared

  bool ran(const std::string& function) const;  // one whose declaration holds this
};

/// Whether this process is the one under valgrind.
bool under_valgrind();

/// Under valgrind: does `work` and counts its instructions. A label of its own for each call.
void count_instructions(const std::string& label, const std::function<void()>& work);

/// Not under valgrind: runs this program with `arguments` under it, and returns what it counted, by
/// label. Throws std::runtime_error where that fails.
std::map<std::string, Counted> run_under_valgrind(const std::vector<std::string>& arguments = {});

}  // namespace feedwire::tests
