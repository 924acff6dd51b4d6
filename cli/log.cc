// feedwire log verify|new-epoch

#include <errno.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/check_report.h"
#include "cli/session.h"
#include "cli/store_owner.h"
#include "storage/log_verify.h"
#include "storage/store_json.h"

namespace feedwire::cli {
namespace {

struct VerifyFlags {
  bool deep = false, json = false;
};

void print_json(const storage::VerifiedLog& log, const storage::Findings& findings) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  append_findings(json, findings);
  json.field("segments", static_cast<std::int64_t>(log.segments.size()))
      .field("events", static_cast<std::int64_t>(log.events))
      .field("bytes", static_cast<std::int64_t>(log.bytes))
      .field_if("source", log.source)
      .end_object();
  fmt::print("{}\n", out);
}

ExitCode verify(const Session& session, const VerifyFlags& flags) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  const std::filesystem::path dir = config->state_dir / "events";
  if (::access(dir.c_str(), R_OK | X_OK) != 0) {
    if (errno == EACCES)
      return fail(Error{ErrorCode::permission,
                        fmt::format("{}: you may not read the event log; be root or join the group "
                                    "feedwire",
                                    dir.native())});
    return fail(
        Error{ErrorCode::not_found, fmt::format("{}: there is no event log", dir.native())});
  }
  PosixFs fs;
  storage::Findings findings;
  const Result<storage::VerifiedLog> log = storage::verify_log(
      fs, dir, {flags.deep, config->events.max_line, progress_meter()}, findings);
  if (!log) return fail(log.error());
  if (flags.json) {
    print_json(*log, findings);
    return exit_code_of(findings);
  }
  print_findings(findings);
  fmt::print("{}: {} events in {} segments, {} MB\n",
             findings.empty() ? "clean" : fmt::format("{} findings", findings.count()), log->events,
             log->segments.size(), log->bytes / 1'000'000);
  return exit_code_of(findings);
}

ExitCode new_epoch(const Session& session) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  StoreOwner owner;
  const Result<std::unique_ptr<storage::Store>> store = owner.open(*config);
  if (!store) return fail(store.error());
  Result<void> done = (*store)->new_epoch();
  const storage::LogStatus log = (*store)->log_status();
  if (done) done = (*store)->close();
  if (!done) return fail(done.error());
  fmt::print("epoch {} of the log has begun: source {}, event {}\n", log.epoch, log.source,
             storage::format_sequence(log.last));
  return ExitCode::ok;
}

void add_new_epoch(CLI::App& log, Session& session) {
  CLI::App* const command = log.add_subcommand(
      "new-epoch", "Go on as another log, after the store was copied; feedwired must be stopped");
  command->footer(
      "Consumers tell logs apart by \"source\" and know by it that sequences they have seen may "
      "come\nagain with other events. feedwire restore does this by itself; after a restored "
      "snapshot of a\nvirtual machine or a copied state folder it is up to you.\n\n"
      "Example:\n  systemctl stop feedwired && feedwire log new-epoch");
  command->callback([&session] { session.action = [&session] { return new_epoch(session); }; });
}

void add_verify(CLI::App& log, Session& session) {
  CLI::App* const command =
      log.add_subcommand("verify", "Check the files of the log, also while feedwired runs");
  const auto flags = std::make_shared<VerifyFlags>();
  command->add_flag("--deep", flags->deep,
                    "Every line too: JSON, members, text, ids, revisions; takes about 100 bytes of "
                    "memory for each entry");
  command->add_flag("--json", flags->json, "Print one JSON object");
  command->footer(
      "Without --deep: names, sequences, first and last lines, SHA-256 of the closed segments.\n"
      "Exit code 65 if something is wrong.\n\n"
      "Examples:\n  feedwire log verify --deep\n"
      "  feedwire log verify --json | jq -r '.findings[].text'");
  command->callback([&session, flags] {
    session.action = [&session, flags] { return verify(session, *flags); };
  });
}

}  // namespace

void add_log(CLI::App& app, Session& session) {
  CLI::App* const log = app.add_subcommand("log", "The event log as a whole");
  log->require_subcommand(1);
  add_verify(*log, session);
  add_new_epoch(*log, session);
}

}  // namespace feedwire::cli
