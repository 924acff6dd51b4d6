#pragma once

#include <map>
#include <string>

#include "config/config.h"

namespace feedwire::config {

/// Reads FEEDWIRE_<SECTION>_<KEY>, and FEEDWIRE_<KEY> for keys at the top, over what result.config,
/// which must be there, holds so far. Lists are written "a,b", tables "a=b,c=d"; relative paths are
/// those of the working folder. Variables that name no key are ignored.
void read_environment(const std::map<std::string, std::string>& environment, LoadResult& result);

}  // namespace feedwire::config
