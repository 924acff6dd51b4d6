#include "cli/session.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/environment.h"
#include "base/redact.h"
#include "cli/terminal_text.h"

namespace feedwire::cli {

std::optional<config::Config> load_config(const Session& session) {
  config::LoadResult loaded =
      config::load(config::config_path(session.config_file), environment_variables());
  for (const config::Mistake& mistake : loaded.mistakes) complain(mistake.text());
  return std::move(loaded.config);
}

void complain(std::string_view message) {
  fmt::print(stderr, "feedwire: {}\n", visible(redact_urls(message)));
}

ExitCode fail(const Error& error) {
  complain(error.message);
  return exit_code_of(error.code);
}

}  // namespace feedwire::cli
