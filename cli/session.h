// What all sub-commands share: how they are registered, how they fail, where things are.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_code.h"
#include "base/result.h"
#include "config/config.h"

namespace CLI {
class App;
}

namespace feedwire::cli {

/// One run of the tool. A sub-command that is chosen sets `action`, which runs once the whole
/// command line is known to be right.
struct Session {
  std::string config_file;  // --config
  std::function<ExitCode()> action;
};

/// Loads the configuration, or says on stderr what is wrong with it (ExitCode::config).
std::optional<config::Config> load_config(const Session& session);

/// "feedwire: MESSAGE" on stderr, made visible (S16).
void complain(std::string_view message);

/// complain(), and the exit code that belongs to the error.
ExitCode fail(const Error& error);

// One function a sub-command, each in the file of its name.
void add_backup(CLI::App& app, Session& session);
void add_config(CLI::App& app, Session& session);
void add_cursor(CLI::App& app, Session& session);
void add_entry(CLI::App& app, Session& session);
void add_explain(CLI::App& app, Session& session);
void add_feed(CLI::App& app, Session& session);
void add_fsck(CLI::App& app, Session& session);
void add_log(CLI::App& app, Session& session);
void add_opml(CLI::App& app, Session& session);
void add_parse(CLI::App& app, Session& session);
void add_politeness(CLI::App& app, Session& session);
void add_reload(CLI::App& app, Session& session);
void add_restore(CLI::App& app, Session& session);
void add_snapshot(CLI::App& app, Session& session);
void add_status(CLI::App& app, Session& session);
void add_tail(CLI::App& app, Session& session);

}  // namespace feedwire::cli
