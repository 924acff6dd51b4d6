// feedwired: the command line, and the edge where errors become log lines and an exit status.

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "base/environment.h"
#include "base/exit_code.h"
#include "base/heap.h"
#include "base/kill_point.h"
#include "base/version.h"
#include "config/config.h"
#include "daemon/credentials.h"
#include "daemon/daemon.h"
#include "daemon/disk_guard.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/revision.h"
#include "daemon/settings.h"
#include "daemon/standby.h"

namespace feedwire::daemon {
namespace {

struct CommandLine {
  std::string config, record;
  bool once = false, check = false;
};

constexpr const char* kFooter =
    "Signals: SIGTERM and SIGINT end it within seconds, SIGHUP reloads the feeds.\n"
    "Exit codes: 0 ok, 64 usage, 74 I/O, 75 another feedwired holds the state folder,\n"
    "77 permission, 78 configuration or a corrupt store.\n"
    "On a full disk it closes the store, waits, and goes on by itself when there is room.\n\n"
    "Examples:\n"
    "  feedwired --config feeds.toml --check   say what is wrong with a configuration\n"
    "  feedwired --config feeds.toml --once    poll every due feed once and stop\n"
    "  feedwired --once --record answers       also keep what the servers said\n"
    "  feedwired                               run with /etc/feedwire/feedwired.toml";

void describe(CLI::App& app, CommandLine& line) {
  app.description("Polls feeds and appends every change to an event log.");
  app.footer(kFooter);
  app.set_version_flag("--version", "feedwired " + std::string(kVersion));
  app.add_option("--config", line.config,
                 "The configuration; else $FEEDWIRE_CONFIG, else /etc/feedwire/feedwired.toml")
      ->type_name("FILE");
  app.add_flag("--once", line.once, "Try each due feed once, commit, and stop");
  app.add_option("--record", line.record, "Keep every answer of a server, one file each")
      ->type_name("DIR");
  app.add_flag("--check", line.check, "Check the configuration and stop; touches no state");
}

ExitCode report(const std::vector<config::Mistake>& mistakes) {
  for (const config::Mistake& mistake : mistakes) SPDLOG_ERROR("{}", mistake.text());
  return ExitCode::config;
}

// One daemon after another, with a standby in between while the disk is full (DB-1).
Result<void> serve(const DaemonArguments& arguments, config::Config config,
                   const ServiceEnvironment& environment) {
  PosixFs fs;
  DiskGuard disk(fs, config.state_dir, disk_limits(config));
  if (Result<Room> room = disk.step(); !room) return std::move(room).error();
  for (;;) {
    if (disk.room() == Room::none && !arguments.once) {
      Result<StandbyEnd> end = stand_by(disk, environment, config.runtime_dir / "feedwire.sock");
      if (!end) return std::move(end).error();
      if (*end == StandbyEnd::signal) return {};
    }
    Daemon daemon(arguments, std::move(config), environment, disk);
    Result<RunEnd> end = daemon.run();
    if (!end) return std::move(end).error();
    if (*end == RunEnd::stopped) return {};
    config = daemon.config();
  }
}

ExitCode run(const CommandLine& line, const ServiceEnvironment& environment) {
  const std::filesystem::path file = config::config_path(line.config);
  config::LoadResult loaded = config::load(file, environment_variables());
  if (!loaded.config) return report(loaded.mistakes);
  if (Result<void> level = set_log_level(loaded.config->log.level); !level) {
    SPDLOG_ERROR("{}", level.error().message);
    return ExitCode::config;
  }
  for (const std::string& notice : loaded.config->notices) SPDLOG_INFO("configuration: {}", notice);
  // A check by hand sees no credentials.
  if (const auto dir = credentials_dir(); !line.check || !dir.empty()) {
    const std::vector<std::string> mistakes = take_credentials(*loaded.config, dir);
    for (const std::string& mistake : mistakes) SPDLOG_ERROR("{}", mistake);
    if (!mistakes.empty()) return ExitCode::config;
  }
  if (line.check) {
    fmt::print("{}: ok, {} feeds\n", file.native(), loaded.config->feeds.size());
    return ExitCode::ok;
  }
  Result<void> done = serve({file, line.once, line.record, std::string(revision())},
                            std::move(*loaded.config), environment);
  if (!done) {
    SPDLOG_CRITICAL("stopping: {}", done.error().message);
    return exit_code_of(done.error().code);
  }
  return ExitCode::ok;
}

ExitCode main(int argc, char** argv) {
  keep_freed_memory(kKeptHeapBytes);
  if (const char* name = std::getenv(kKillPointVariable)) arm_kill_point(name);
  if (Result<void> opened = open_standard_fds(); !opened) return ExitCode::io;
  const char* const journal = std::getenv("JOURNAL_STREAM");
  set_up_log(STDERR_FILENO, log_style(journal == nullptr ? "" : journal, STDERR_FILENO));
  CommandLine line;
  CLI::App app;
  describe(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version end here too, with 0.
    return app.exit(error) == 0 ? ExitCode::ok : ExitCode::usage;
  }
  return run(line, take_service_environment());
}

}  // namespace
}  // namespace feedwire::daemon

int main(int argc, char** argv) try {
  return feedwire::to_int(feedwire::daemon::main(argc, argv));
} catch (const std::exception& error) {
  SPDLOG_CRITICAL("bug: {}", error.what());
  return feedwire::to_int(feedwire::ExitCode::internal);
}
