#pragma once

#include "config/config.h"

namespace feedwire::config {

/// Turns the feeds as listed into one entry a URL (H-74: tags join, the first settings win, a
/// notice) and reports names that are given twice. result.config must be there.
void join_feeds(LoadResult& result);

}  // namespace feedwire::config
