// Rebuilds the state of a store from its untrimmed log alone and holds the store against it (I6,
// RT-INV-6).

#pragma once

#include <string>
#include <vector>

#include "storage/store.h"

namespace feedwire::sim {

/// `lines` are all lines of the log. Throws Violation.
void check_replay(const storage::Store& store, const std::vector<std::string>& lines);

}  // namespace feedwire::sim
