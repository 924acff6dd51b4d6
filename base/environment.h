#pragma once

#include <map>
#include <string>

namespace feedwire {

/// A copy of the process's environment, for config::load(). Not while another thread changes it.
std::map<std::string, std::string> environment_variables();

}  // namespace feedwire
