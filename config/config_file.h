#pragma once

#include <filesystem>

#include "config/config.h"

namespace feedwire::config {

/// Reads a TOML file over what result.config, which must be there, holds so far: scalars and lists
/// replace, tables merge, `opml` and [[feed]] are appended (as they stand; joined later). Mistakes
/// and origins are added to `result`.
void read_config_file(const std::filesystem::path& file, LoadResult& result);

}  // namespace feedwire::config
