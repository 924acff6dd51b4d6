// feedwire-tool: the operator's tool, which `feedwire` hands over to. One file a sub-command.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "base/version.h"
#include "cli/session.h"

namespace feedwire::cli {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 ok, 3 gap, 64 usage, 65 no such thing or findings, 69 the daemon is not\n"
    "running, 74 I/O, 75 try again, 77 permission, 78 configuration or a corrupt store.\n\n"
    "Examples:\n"
    "  feedwire tail --follow --format pretty     watch what feeds bring\n"
    "  feedwire feed list                         how the feeds are\n"
    "  feedwire parse feed.xml                    what feedwire reads in a document\n"
    "Every sub-command has --help with examples.";

void describe(CLI::App& app, Session& session) {
  app.description("Reads feedwire's event log and store, and talks to feedwired.");
  app.footer(kFooter);
  app.set_version_flag("--version", "feedwire " + std::string(kVersion));
  app.add_option("--config", session.config_file,
                 "The configuration; else $FEEDWIRE_CONFIG, else /etc/feedwire/feedwired.toml")
      ->type_name("FILE");
  app.require_subcommand(1);
  app.fallthrough();  // `feedwire tail --config FILE` works too
  add_tail(app, session);
  add_feed(app, session);
  add_opml(app, session);
  add_entry(app, session);
  add_explain(app, session);
  add_cursor(app, session);
  add_snapshot(app, session);
  add_fsck(app, session);
  add_log(app, session);
  add_backup(app, session);
  add_restore(app, session);
  add_status(app, session);
  add_reload(app, session);
  add_config(app, session);
  add_parse(app, session);
  add_politeness(app, session);
}

ExitCode main(int argc, char** argv) {
  Session session;
  CLI::App app;
  describe(app, session);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version end here too, with 0.
    return app.exit(error) == 0 ? ExitCode::ok : ExitCode::usage;
  }
  return session.action();
}

}  // namespace
}  // namespace feedwire::cli

int main(int argc, char** argv) try {
  return feedwire::to_int(feedwire::cli::main(argc, argv));
} catch (const std::exception& error) {
  fmt::print(stderr, "feedwire: bug: {}\n", error.what());
  return feedwire::to_int(feedwire::ExitCode::internal);
}
