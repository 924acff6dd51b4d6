#include "cli/exec_program.h"

#include <limits.h>
#include <unistd.h>

namespace feedwire::cli {
namespace {

// argv[0] can be anything; the kernel knows what runs. Ends in '/', or is empty where /proc is not
// mounted.
std::string own_folder() {
  char self[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", self, sizeof self);
  std::string path(self, size > 0 ? static_cast<std::size_t>(size) : 0);
  path.resize(path.rfind('/') + 1);
  return path;
}

}  // namespace

std::string exec_program(const std::string& program, char* const* argv) {
  std::string path = own_folder() + program;
  if (path == program || ::access(path.c_str(), X_OK) != 0)
    path = "/usr/libexec/feedwire/" + program;
  ::execv(path.c_str(), argv);
  return path;
}

}  // namespace feedwire::cli
