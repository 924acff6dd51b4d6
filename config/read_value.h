// From a value in a TOML file to a value of the configuration, with everything that can be said
// against it.

#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <string>
#include <vector>

#include "config/schema.h"

namespace feedwire::config {

/// What is wrong with a value or with one element of it.
struct Problem {
  toml::source_region where;
  std::string message;
  std::string suggestion;
};

/// Checks `node` against `spec` and, if it is right, stores it in the slot: scalars and lists
/// replace what is there, tables merge, lists that add up are appended. `dir` is that of the file
/// that names a relative path.
std::vector<Problem> read_value(const toml::node& node, const KeySpec& spec,
                                const std::filesystem::path& dir, const Slot& slot);

}  // namespace feedwire::config
