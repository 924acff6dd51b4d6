// The signals that feedwired acts on, as a file descriptor.

#pragma once

#include <initializer_list>

#include "base/unique_fd.h"

namespace feedwire::daemon {

/// Blocks SIGTERM, SIGINT and SIGHUP, in this thread and all that it starts, and returns a
/// non-blocking signalfd for those of them that are in `wanted`. The others stay pending until a
/// descriptor that wants them is read. SIGPIPE is ignored. Call it before a thread is started.
UniqueFd open_signals(std::initializer_list<int> wanted);

}  // namespace feedwire::daemon
