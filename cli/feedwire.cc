// feedwire: what people type. It only hands over: `feedwire parse` to feedwire-parse, all else to
// feedwire-tool, whose libraries take ten times as long to load as a feed takes to parse.

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "base/exit_code.h"
#include "cli/exec_program.h"

int main(int argc, char** argv) {
  const bool parse = argc > 1 && std::string_view(argv[1]) == "parse";
  const std::string program = feedwire::cli::exec_program(
      parse ? "feedwire-parse" : "feedwire-tool", parse ? argv + 1 : argv);
  std::fprintf(stderr, "feedwire: %s: start: %s\n", program.c_str(), std::strerror(errno));
  return feedwire::to_int(feedwire::ExitCode::io);
}
