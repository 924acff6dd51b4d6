// feedwire parse: another program, the one that strangers' bytes meet.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <system_error>
#include <vector>

#include "cli/session.h"

namespace feedwire::cli {
namespace {

constexpr const char* kInstalled = "/usr/libexec/feedwire/feedwire-parse";

// argv[0] can be anything; the kernel knows what runs.
std::filesystem::path beside_this_program() {
  std::error_code failed;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? std::filesystem::path() : self.parent_path() / "feedwire-parse";
}

}  // namespace

ExitCode exec_parse(const std::vector<std::string>& arguments) {
  std::filesystem::path program = beside_this_program();
  if (program.empty() || ::access(program.c_str(), X_OK) != 0) program = kInstalled;

  std::vector<std::string> owned = {"feedwire parse"};
  owned.insert(owned.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(owned.size() + 1);
  for (std::string& argument : owned) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  return fail(errno_error("start").in(program.native()));
}

void add_parse(CLI::App& app, Session& session) {
  CLI::App* const parse =
      app.add_subcommand("parse", "Print a feed as a JSON Feed document; see parse --help");
  parse->prefix_command();
  parse->fallthrough(false);  // --help too is the other program's
  parse->set_help_flag();
  parse->callback([parse, &session] {
    session.action = [arguments = parse->remaining()] { return exec_parse(arguments); };
  });
}

}  // namespace feedwire::cli
