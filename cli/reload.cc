// feedwire reload --wait

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "cli/daemon_client.h"
#include "cli/json_text.h"
#include "cli/session.h"

namespace feedwire::cli {
namespace {

ExitCode reload(const Session& session) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  const Result<std::string> reply = DaemonClient(config->runtime_dir).ask("POST", "/v1/reload", "");
  if (reply) {
    const rapidjson::Document result = parse_json(*reply);
    fmt::print("reloaded: {} feeds\n", text_at(result, {"feeds"}));
    if (text_at(result, {"needs_restart"}) == "yes")
      complain("only feeds and log.level are reloaded; restart feedwired for the other changes");
    return ExitCode::ok;
  }
  if (reply.error().code != ErrorCode::malformed) return fail(reply.error());
  std::string_view mistakes = reply.error().message;
  while (!mistakes.empty()) {
    const std::size_t end = std::min(mistakes.find('\n'), mistakes.size());
    complain(mistakes.substr(0, end));
    mistakes.remove_prefix(std::min(end + 1, mistakes.size()));
  }
  complain("the old configuration stays in force");
  return ExitCode::config;
}

}  // namespace

void add_reload(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("reload", "Make feedwired read its configuration again");
  command->add_flag("--wait")->description(
      "Until the new feeds are in force or refused; it always does");
  command->footer(
      "All or nothing: with a mistake the old configuration stays, exit code 78.\n\n"
      "Example:\n  feedwire reload --wait");
  command->callback([&session] { session.action = [&session] { return reload(session); }; });
}

}  // namespace feedwire::cli
