// feedwire fsck

#include "storage/fsck.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/check_report.h"
#include "cli/session.h"

namespace feedwire::cli {
namespace {

Error explain(Error error, const std::filesystem::path& state_dir) {
  if (error.code == ErrorCode::busy)
    error.message += "; stop feedwired first, for a store in use changes while it is looked at";
  if (error.code == ErrorCode::permission)
    error.message = fmt::format("you may not open the store in {}; be root or the daemon's user",
                                state_dir.native());
  if (error.code == ErrorCode::not_found)
    error.message = fmt::format("there is no store in {}", state_dir.native());
  return error;
}

void print_json(const storage::StoreCheck& check) {
  std::string out;
  JsonWriter json(out);
  const auto count = [&json](std::string_view name, std::uint64_t value) {
    json.field(name, static_cast<std::int64_t>(value));
  };
  json.begin_object();
  append_findings(json, check.findings);
  json.key("to_be_mended").begin_array();
  for (const std::string& file : check.to_be_mended) json.string(file);
  json.end_array();
  count("segments", check.segments);
  count("events", check.events);
  count("bytes", check.bytes);
  count("log_rows", check.log_rows);
  count("entries", check.entries);
  count("keys", check.keys);
  count("feeds", check.feeds);
  count("cursors", check.cursors);
  json.end_object();
  fmt::print("{}\n", out);
}

void print_text(const storage::StoreCheck& check) {
  print_findings(check.findings);
  if (!check.to_be_mended.empty())
    fmt::print("The next start of feedwired mends {}.\n", fmt::join(check.to_be_mended, ", "));
  fmt::print("{}: {} events in {} segments, {} entries, {} keys, {} feeds, {} cursors\n",
             check.findings.empty() ? "clean" : fmt::format("{} findings", check.findings.count()),
             check.events, check.segments, check.entries, check.keys, check.feeds, check.cursors);
}

ExitCode fsck(const Session& session, bool as_json) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  PosixFs fs;
  const Result<storage::StoreCheck> check =
      storage::check_store(fs, config->state_dir, config->events.max_line, progress_meter());
  if (!check) return fail(explain(check.error(), config->state_dir));
  if (as_json)
    print_json(*check);
  else
    print_text(*check);
  return exit_code_of(check->findings);
}

}  // namespace

void add_fsck(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("fsck", "Check the store and its log while feedwired is stopped");
  const auto as_json = std::make_shared<bool>(false);
  command->add_flag("--json", *as_json, "Print one JSON object");
  command->footer(
      "Checks every row of the store against the others and against the event log, and every line "
      "of\nthe log. Changes nothing. feedwired cannot start meanwhile. Exit code 65 if something "
      "is wrong.\nAnother store than the configured one: set FEEDWIRE_STATE_DIR.\n\n"
      "Example:\n  systemctl stop feedwired && feedwire fsck");
  command->callback([&session, as_json] {
    session.action = [&session, as_json] { return fsck(session, *as_json); };
  });
}

}  // namespace feedwire::cli
