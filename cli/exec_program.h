// feedwire's programs hand over to each other.

#pragma once

#include <string>

namespace feedwire::cli {

/// Replaces this process by `program`, one of feedwire's own: the one beside the running
/// executable, else the one installed in /usr/libexec/feedwire. `argv` is as for execv(2). Returns
/// only where that fails, with errno set and the path that was tried last.
std::string exec_program(const std::string& program, char* const* argv);

}  // namespace feedwire::cli
