// The real programs on a throw-away state folder.

#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace feedwire::tests {

/// A state folder with its configuration, and ways to run feedwired and feedwire on it. Host gaps
/// and floors are short; loopback is allowed.
class DaemonRun {
 public:
  /// `schedule` are further lines of the table [schedule].
  explicit DaemonRun(std::vector<std::string> urls,
                     std::string schedule = "floor = \"1s\"\nmax_interval = \"1s\"\n");

  void set_urls(std::vector<std::string> urls);  // rewrites the configuration
  void write_config(const std::string& text) const;

  std::vector<std::string> daemon(std::vector<std::string> more = {}) const;  // argv
  Finished once() const;
  Finished tool(std::vector<std::string> arguments) const;  // feedwire

  std::filesystem::path state_dir() const { return dir_.path() / "state"; }
  std::filesystem::path events_dir() const { return state_dir() / "events"; }
  std::filesystem::path config() const { return dir_.path() / "feedwired.toml"; }

  /// All lines of the log in order; REQUIREs that sequences are contiguous and each line is whole.
  std::vector<std::string> lines() const;
  /// How many lines are of each type, without the prefix "feedwire.".
  std::map<std::string, int> types() const;
  int count(const std::string& type) const;

 private:
  TempDir dir_;
  std::string schedule_;
};

/// The string member `name` of a line, as it stands in the JSON; empty if there is none.
std::string member(const std::string& line, const std::string& name);

}  // namespace feedwire::tests
