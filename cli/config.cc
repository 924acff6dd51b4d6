// feedwire config show|default

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/environment.h"
#include "cli/session.h"
#include "config/show.h"

namespace feedwire::cli {
namespace {

ExitCode show(const Session& session, bool with_origin) {
  const config::LoadResult loaded =
      config::load(config::config_path(session.config_file), environment_variables());
  for (const config::Mistake& mistake : loaded.mistakes) complain(mistake.text());
  if (!loaded.config) return ExitCode::config;
  for (const std::string& notice : loaded.config->notices) complain(notice);
  fmt::print("{}", config::show(*loaded.config, with_origin ? &loaded.origins : nullptr));
  return ExitCode::ok;
}

}  // namespace

void add_config(CLI::App& app, Session& session) {
  CLI::App* const config = app.add_subcommand("config", "Show the configuration");
  config->require_subcommand(1);

  CLI::App* const show_command =
      config->add_subcommand("show", "Print what holds after all files and the environment");
  const auto with_origin = std::make_shared<bool>(false);
  show_command->add_flag("--origin", *with_origin, "Say where each value was set");
  show_command->footer("Secrets are masked.\n\nExample:\n  feedwire config show --origin");
  show_command->callback([&session, with_origin] {
    session.action = [&session, with_origin] { return show(session, *with_origin); };
  });

  CLI::App* const default_command =
      config->add_subcommand("default", "Print a file with every key at its default");
  default_command->footer("Example:\n  feedwire config default > /etc/feedwire/feedwired.toml");
  default_command->callback([&session] {
    session.action = [] {
      fmt::print("{}", config::default_file());
      return ExitCode::ok;
    };
  });
}

}  // namespace feedwire::cli
