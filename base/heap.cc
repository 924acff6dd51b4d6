#include "base/heap.h"

#include <malloc.h>

namespace feedwire {

void keep_freed_memory(std::size_t kept_bytes) {
  // Once told, glibc no longer adapts either limit. What is as large as this is rare, and lies in
  // memory of its own that is always given back.
  ::mallopt(M_TRIM_THRESHOLD, static_cast<int>(kept_bytes));
  ::mallopt(M_MMAP_THRESHOLD, static_cast<int>(kept_bytes / 2));
}

}  // namespace feedwire
