// feedwire backup

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/json_writer.h"
#include "cli/daemon_client.h"
#include "cli/json_text.h"
#include "cli/session.h"
#include "cli/store_owner.h"
#include "storage/store_json.h"

namespace feedwire::cli {
namespace {

struct BackupOptions {
  std::string dir;
  bool json = false;
};

// While feedwired is down the tool makes the backup in its place.
Result<std::string> back_up(const config::Config& config, const std::string& dir) {
  Result<std::string> answer =
      DaemonClient(config.runtime_dir).ask("POST", "/v1/backup?dir=" + escape_url(dir), "");
  if (answer || answer.error().code != ErrorCode::unavailable) return answer;
  StoreOwner owner;
  const Result<std::unique_ptr<storage::Store>> store = owner.open(config);
  if (!store) return store.error();
  const Result<storage::BackupSummary> made = (*store)->backup(dir, [] { return true; });
  if (const Result<void> closed = (*store)->close(); !closed) return closed.error();
  if (!made) return made.error();
  std::string text;
  JsonWriter json(text);
  storage::append_backup_json(json, dir, *made);
  return text;
}

ExitCode backup(const Session& session, const BackupOptions& options) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  std::error_code failed;
  const std::string dir =
      std::filesystem::absolute(options.dir, failed).lexically_normal().native();
  if (failed) return fail(Error{ErrorCode::io, options.dir + ": " + failed.message()});
  const Result<std::string> made = back_up(*config, dir);
  if (!made) return fail(Error(made.error()).in("no backup was made"));
  if (options.json) {
    fmt::print("{}\n", *made);
    return ExitCode::ok;
  }
  const rapidjson::Document summary = parse_json(*made);
  const rapidjson::Value* const bytes = value_at(summary, {"bytes"});
  fmt::print("{}: up to event {}, {} files, {} MB\n", text_at(summary, {"dir"}),
             text_at(summary, {"last_sequence"}), text_at(summary, {"files"}),
             bytes != nullptr && bytes->IsUint64() ? bytes->GetUint64() / 1'000'000 : 0);
  return ExitCode::ok;
}

}  // namespace

void add_backup(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("backup", "Copy the store and the log, also while feedwired runs");
  const auto options = std::make_shared<BackupOptions>();
  command->add_option("DIR", options->dir, "A folder that is not there yet")->required();
  command->add_flag("--json", options->json, "Print one JSON object");
  command->footer(
      "The daemon makes the folder, so it must be allowed to: under systemd that is within the "
      "state\nfolder, say /var/lib/feedwire/backup. There it takes no room for what does not "
      "change "
      "any\nmore. manifest.json, written last, holds the SHA-256 of each file:\n"
      "  jq -r '.files[] | \"\\(.sha256)  \\(.path)\"' manifest.json | sha256sum --check\n\n"
      "Example:\n  feedwire backup /var/lib/feedwire/backup/$(date +%F)");
  command->callback([&session, options] {
    session.action = [&session, options] { return backup(session, *options); };
  });
}

}  // namespace feedwire::cli
