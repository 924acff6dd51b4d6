// How this process treats memory that it has freed.

#pragma once

#include <cstddef>

namespace feedwire {

/// Keeps up to `kept_bytes` of freed memory for the next allocations instead of giving it back to
/// the system: a program that reads one document after the other would have it back at once, at the
/// price of a page fault every 4 KiB. To be called at the start of main().
void keep_freed_memory(std::size_t kept_bytes);

}  // namespace feedwire
