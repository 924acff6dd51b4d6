// feedwire status

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/json_text.h"
#include "cli/session.h"
#include "cli/store_view.h"
#include "cli/terminal_text.h"

namespace feedwire::cli {
namespace {

// Every member on a line, whatever the daemon has to say; members of objects as "log.epoch".
void print_members(const rapidjson::Value& object, const std::string& prefix) {
  for (const auto& member : object.GetObject()) {
    const std::string name = prefix + member.name.GetString();
    if (member.value.IsObject()) {
      print_members(member.value, name + ".");
      continue;
    }
    std::string text = text_at(object, {member.name.GetString()});
    if (member.value.IsArray())
      text = fmt::format("{}", fmt::join(texts_at(object, {member.name.GetString()}), "; "));
    if (!text.empty()) fmt::print("{:<22} {}\n", visible(name), visible(text));
  }
}

ExitCode status(const Session& session, bool as_json) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  const Result<std::string> status = StoreView(*config).status();
  if (!status) return fail(status.error());
  if (as_json) {
    fmt::print("{}\n", *status);
    return ExitCode::ok;
  }
  const rapidjson::Document document = parse_json(*status);
  if (document.IsObject()) print_members(document, "");
  return ExitCode::ok;
}

}  // namespace

void add_status(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand("status", "How the daemon and the log are");
  const auto as_json = std::make_shared<bool>(false);
  command->add_flag("--json", *as_json, "Print one JSON object");
  command->footer(
      "While the daemon is down, \"state\" is \"stopped\" and the rest comes from the store.\n\n"
      "Example:\n  feedwire status --json | jq -r .log.last_sequence");
  command->callback([&session, as_json] {
    session.action = [&session, as_json] { return status(session, *as_json); };
  });
}

}  // namespace feedwire::cli
