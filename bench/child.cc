#include "bench/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "bench/figure.h"

namespace feedwire::bench {
namespace {

[[noreturn]] void fail(const std::string& program, const std::string& what) {
  fmt::print(stderr, "bench: {} {}\n", program, what);
  std::exit(1);
}

}  // namespace

ChildCost run_child(const std::vector<std::string>& argv, const Streams& streams) {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, streams.in.c_str(), O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, streams.out.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0644);
  pid_t child = -1;
  const double began = wall_seconds();
  const int started =
      ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (started != 0) fail(argv[0], "cannot be started");

  int status = 0;
  rusage usage{};
  if (::wait4(child, &status, 0, &usage) != child || status != 0) fail(argv[0], "failed");
  constexpr double kKilobytesAMegabyte = 1024;
  return {.cpu_seconds = cpu_seconds(usage),
          .wall_seconds = wall_seconds() - began,
          .peak_rss_mb = static_cast<double>(usage.ru_maxrss) / kKilobytesAMegabyte};
}

std::filesystem::path built_program(const std::string& name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

}  // namespace feedwire::bench
