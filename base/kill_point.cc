#include "base/kill_point.h"

#include <unistd.h>

#include <csignal>
#include <string>

namespace feedwire {
namespace {

std::string& armed_name() {
  static std::string name;
  return name;
}

}  // namespace

namespace internal {

std::atomic<bool> kill_point_armed = false;

void pass_kill_point(std::string_view name) {
  if (name == armed_name()) ::kill(::getpid(), SIGKILL);
}

}  // namespace internal

void arm_kill_point(std::string_view name) {
  armed_name() = name;
  internal::kill_point_armed = !name.empty();
}

}  // namespace feedwire
