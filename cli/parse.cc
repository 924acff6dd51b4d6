// feedwire parse: another program, the one that strangers' bytes meet. `feedwire` itself hands over
// to it; here end up those who give options in front of the sub-command.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/exec_program.h"
#include "cli/session.h"

namespace feedwire::cli {
namespace {

ExitCode exec_parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "parse");
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const std::string program = exec_program("feedwire-parse", argv.data());
  return fail(errno_error("start").in(program));
}

}  // namespace

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
