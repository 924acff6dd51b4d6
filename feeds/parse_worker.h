// The worker mode of feedwire-parse: serves batches of documents that the daemon puts into shared
// memory (feeds/worker_protocol.h). Part of the program, not of the library, which is pure.

#pragma once

#include <span>

namespace feedwire::feeds {

/// Serves until the daemon closes the request pipe or ends; then the exit code. `args` are decimal
/// numbers: the daemon's process id, and the file descriptors of the request pipe, the reply pipe,
/// the request region and the reply region.
int run_parse_worker(std::span<char*> args);

}  // namespace feedwire::feeds
