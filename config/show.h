// The configuration as TOML, for `feedwire config show|default`.

#pragma once

#include <map>
#include <string>

#include "config/config.h"

namespace feedwire::config {

/// A file with every key at its default and what it is for: load() reads it to Config{}.
std::string default_file();

/// What holds, with secrets masked; each key followed by where it was set if `origins` is given.
std::string show(Config config, const std::map<std::string, Origin>* origins);

}  // namespace feedwire::config
