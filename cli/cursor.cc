// feedwire cursor list|show|set|ack|delete

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/json_writer.h"
#include "cli/consumer_cursor.h"
#include "cli/daemon_client.h"
#include "cli/json_text.h"
#include "cli/session.h"
#include "cli/store_view.h"
#include "cli/table.h"
#include "cli/terminal_text.h"
#include "storage/store_json.h"

namespace feedwire::cli {
namespace {

struct CursorOptions {
  std::string name, sequence;
  bool json = false, hold = false, release = false, force = false;
};

void print_table(const std::vector<const rapidjson::Value*>& cursors) {
  Table table({{.heading = "NAME", .may_shrink = true},
               {.heading = "ACKED"},
               {.heading = "HOLD"},
               {.heading = "UPDATED"}});
  for (const rapidjson::Value* cursor : cursors)
    table.add_row({text_at(*cursor, {"name"}), text_at(*cursor, {"acked"}),
                   text_at(*cursor, {"hold"}), text_at(*cursor, {"updated"})});
  fmt::print("{}", table.text(terminal_width(STDOUT_FILENO)));
}

ExitCode print_cursor(const Result<std::string>& cursor, bool as_json) {
  if (!cursor) return fail(cursor.error());
  if (as_json) {
    fmt::print("{}\n", *cursor);
    return ExitCode::ok;
  }
  const rapidjson::Document document = parse_json(*cursor);
  print_table({&document});
  return ExitCode::ok;
}

ExitCode list(const config::Config& config, const CursorOptions& options) {
  const Result<std::string> cursors = StoreView(config).cursors();
  if (!cursors) return fail(cursors.error());
  if (options.json) {
    fmt::print("{}\n", *cursors);
    return ExitCode::ok;
  }
  const rapidjson::Document document = parse_json(*cursors);
  print_table(elements_at(document, {"cursors"}));
  return ExitCode::ok;
}

ExitCode show(const config::Config& config, const CursorOptions& options) {
  return print_cursor(StoreView(config).cursor(options.name), options.json);
}

ExitCode set(const config::Config& config, const CursorOptions& options) {
  const Result<storage::Sequence> sequence = storage::parse_sequence(options.sequence);
  if (!sequence) return fail(sequence.error());
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("acked", storage::format_sequence(*sequence));
  if (options.hold || options.release) json.key("hold").boolean(options.hold);
  if (options.force) json.key("force").boolean(true);
  json.end_object();
  return print_cursor(
      DaemonClient(config.runtime_dir).ask("PUT", "/v1/cursors/" + escape_url(options.name), body),
      options.json);
}

ExitCode remove(const config::Config& config, const CursorOptions& options) {
  const Result<std::string> removed =
      DaemonClient(config.runtime_dir).ask("DELETE", "/v1/cursors/" + escape_url(options.name), "");
  return removed ? ExitCode::ok : fail(removed.error());
}

ExitCode acknowledge(const config::Config& config, const CursorOptions& options) {
  const Result<storage::Sequence> sequence = storage::parse_sequence(options.sequence);
  if (!sequence) return fail(sequence.error());
  const Result<void> acked = ConsumerCursor(config, options.name).ack(*sequence);
  return acked ? ExitCode::ok : fail(acked.error());
}

using Action = ExitCode (*)(const config::Config&, const CursorOptions&);

void set_action(CLI::App* command, Session& session, const std::shared_ptr<CursorOptions>& options,
                Action action) {
  command->callback([&session, options, action] {
    session.action = [&session, options, action] {
      const std::optional<config::Config> config = load_config(session);
      return config ? action(*config, *options) : ExitCode::config;
    };
  });
}

}  // namespace

void add_cursor(CLI::App& app, Session& session) {
  CLI::App* const cursor =
      app.add_subcommand("cursor", "How far consumers have acknowledged the log");
  cursor->require_subcommand(1);
  const auto options = std::make_shared<CursorOptions>();

  CLI::App* const list_command = cursor->add_subcommand("list", "List all cursors");
  list_command->add_flag("--json", options->json, "Print {\"cursors\":[…]}");
  list_command->footer("Example:\n  feedwire cursor list");
  set_action(list_command, session, options, &list);

  CLI::App* const show_command = cursor->add_subcommand("show", "Show one cursor");
  show_command->add_option("NAME", options->name)->required();
  show_command->add_flag("--json", options->json, "Print it as JSON");
  show_command->footer("Example:\n  feedwire cursor show indexer");
  set_action(show_command, session, options, &show);

  CLI::App* const set_command =
      cursor->add_subcommand("set", "Create a cursor or move it; needs the daemon");
  set_command->add_option("NAME", options->name, "1 to 64 of a-z 0-9 . _ -")->required();
  set_command->add_option("SEQ", options->sequence, "The last sequence that is done with")
      ->required();
  auto* const hold =
      set_command->add_flag("--hold", options->hold, "Keep the events behind it from deletion");
  set_command->add_flag("--no-hold", options->release, "Do not")->excludes(hold);
  set_command->add_flag("--force", options->force, "Also backwards");
  set_command->add_flag("--json", options->json, "Print it as JSON");
  set_command->footer("Example:\n  feedwire cursor set indexer 00000000000000004711 --hold");
  set_action(set_command, session, options, &set);

  CLI::App* const ack_command = cursor->add_subcommand(
      "ack", "Tell that everything up to a sequence is done with; needs the daemon");
  ack_command->add_option("NAME", options->name)->required();
  ack_command->add_option("SEQ", options->sequence, "Nothing changes if the cursor is beyond it")
      ->required();
  ack_command->footer("Example:\n  feedwire cursor ack indexer 00000000000000004711");
  set_action(ack_command, session, options, &acknowledge);

  CLI::App* const delete_command =
      cursor->add_subcommand("delete", "Forget a cursor; needs the daemon");
  delete_command->add_option("NAME", options->name)->required();
  delete_command->footer("Example:\n  feedwire cursor delete indexer");
  set_action(delete_command, session, options, &remove);
}

}  // namespace feedwire::cli
