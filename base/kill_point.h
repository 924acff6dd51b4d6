// Named places at which a test ends the process as kill -9 does, to see what the next start makes
// of what is on disk. They are in every build, so that the program that is tested is the one that
// is shipped: unless one is armed, each costs a relaxed load and a branch that is never taken, and
// all stand beside system calls.

#pragma once

#include <atomic>
#include <string_view>

namespace feedwire {

/// The process kills itself with SIGKILL when any thread comes by kill_point(`name`). An empty
/// name disarms. To be called before other threads are there.
void arm_kill_point(std::string_view name);

/// The environment variable whose value feedwired arms.
inline constexpr char kKillPointVariable[] = "FEEDWIRE_KILL_POINT";

namespace internal {
extern std::atomic<bool> kill_point_armed;
void pass_kill_point(std::string_view name);
}  // namespace internal

/// `name` is a literal in kebab-case, unique in the sources: the test looks for it there.
inline void kill_point(std::string_view name) {
  if (internal::kill_point_armed.load(std::memory_order_relaxed)) [[unlikely]]
    internal::pass_kill_point(name);
}

}  // namespace feedwire
