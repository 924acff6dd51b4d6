// What a power cut leaves of a program's files, after it ran with the library of
// tests/support/power_loss_shim.cc and was killed.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/rng.h"

namespace feedwire::tests {

/// What the library's environment is to be, "NAME=value" each.
std::vector<std::string> power_loss_environment(const std::filesystem::path& state,
                                                const std::filesystem::path& shadow);

enum class Survivors {
  synced,  // what was synced, and nothing else
  some,    // beside it, of each file and name by chance: all, nothing, a torn part, zeros
};

/// Puts what is left into `state`, and empties `shadow`. Returns how many bytes and names were
/// lost.
std::uint64_t cut_power(const std::filesystem::path& state, const std::filesystem::path& shadow,
                        Survivors survivors, Rng& rng);

}  // namespace feedwire::tests
