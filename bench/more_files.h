// Programs that hold thousands of connections.

#pragma once

#include <sys/resource.h>

namespace feedwire::bench {

/// Raises the limit of open files as far as anybody may.
inline void allow_more_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace feedwire::bench
