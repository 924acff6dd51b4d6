// Programs under test, run for real: output, signals, exit codes.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace feedwire::tests {

/// A running program whose output goes to files of its own. Killed and reaped by the destructor.
class Process {
 public:
  /// Starts argv[0] (a path) with the test's environment and, before it, `environment`
  /// ("NAME=value"). Throws std::runtime_error where it cannot.
  explicit Process(const std::vector<std::string>& argv,
                   const std::vector<std::string>& environment = {});
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  pid_t pid() const { return pid_; }
  void signal(int number) const;

  /// The exit code, or 128 + the signal that ended it. Throws, having killed it, if it still runs
  /// after `patience`.
  int wait(std::chrono::milliseconds patience = std::chrono::seconds{30});
  bool running();

  std::string out() const;  // so far
  std::string err() const;

 private:
  std::filesystem::path dir_;
  pid_t pid_ = -1;
  int status_ = -1;  // the result of wait(), once known
};

/// What a program that ended by itself said.
struct Finished {
  int code;
  std::string out, err;
};
Finished run(const std::vector<std::string>& argv,
             const std::vector<std::string>& environment = {});

/// Calls `condition` every few milliseconds until it is true; false after `patience`.
template <typename Condition>
bool eventually(Condition condition,
                std::chrono::milliseconds patience = std::chrono::seconds{20}) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

}  // namespace feedwire::tests
