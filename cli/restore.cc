// feedwire restore

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/check_report.h"
#include "cli/session.h"
#include "cli/store_owner.h"
#include "storage/backup.h"
#include "storage/store_json.h"

namespace feedwire::cli {
namespace {

ExitCode restore(const Session& session, const std::string& dir) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  if (const Result<void> owner = StoreOwner::become_owner(config->state_dir); !owner)
    return fail(owner.error());
  StoreOwner owner;
  const Result<storage::BackupManifest> restored = storage::restore_backup(
      dir, StoreOwner::options(*config), owner.clock(), owner.rng(), progress_meter());
  if (!restored) return fail(Error(restored.error()).in("nothing was restored"));
  fmt::print("{}: restored up to event {}; a new epoch begins behind it\n",
             config->state_dir.native(), storage::format_sequence(restored->last));
  return ExitCode::ok;
}

}  // namespace

void add_restore(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("restore", "Make a store of a backup; feedwired must be stopped");
  const auto dir = std::make_shared<std::string>();
  command->add_option("DIR", *dir, "What feedwire backup made")->required();
  command->footer(
      "The state folder must not hold a store: move its folders db and events away. Every file of "
      "the\nbackup is checked against manifest.json first. The restored log goes on with a new "
      "source and\nepoch (log.epoch_started): what was logged after the backup is lost, and its "
      "sequences are given\nout again. Consumers that keep their own position go back to the "
      "backup's last sequence, or\nbegin anew with feedwire snapshot.\n\n"
      "Example:\n  systemctl stop feedwired && cd /var/lib/feedwire && mv db events /root/old/ &&\n"
      "  feedwire restore backup/2026-11-22 && feedwire fsck && systemctl start feedwired");
  command->callback(
      [&session, dir] { session.action = [&session, dir] { return restore(session, *dir); }; });
}

}  // namespace feedwire::cli
