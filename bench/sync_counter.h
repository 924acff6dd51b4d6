// Counts what this process brings to the device: fsync() and fdatasync() are ours in whoever links
// this, RocksDB's calls included.

#pragma once

#include <cstdint>

namespace feedwire::bench {

/// Calls so far, of all threads.
std::uint64_t sync_count();

}  // namespace feedwire::bench
