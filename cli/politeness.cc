// feedwire politeness

#include <errno.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/fs.h"
#include "cli/check_report.h"
#include "cli/session.h"
#include "storage/politeness.h"
#include "storage/poll_ledger.h"

namespace feedwire::cli {
namespace {

// "1 host", "2 hosts"
std::string counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::int64_t whole(std::uint64_t number) { return static_cast<std::int64_t>(number); }

void print_json(const storage::PolitenessCheck& check, const storage::Findings& findings,
                std::uint64_t skipped) {
  const storage::PolitenessSummary& summary = check.summary();
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  append_findings(json, findings);
  json.field("feeds", whole(check.feeds()))
      .field("hosts", whole(check.hosts()))
      .field("requests", whole(summary.requests))
      .field("documents", whole(summary.documents))
      .field("not_modified", whole(summary.not_modified))
      .field("same_body", whole(summary.same_body))
      .field("failures", whole(summary.failures))
      .field("too_many_requests", whole(summary.too_many))
      .field("bytes", whole(summary.bytes))
      .field("skipped_lines", whole(skipped))
      .end_object();
  fmt::print("{}\n", out);
}

void print_text(const storage::PolitenessCheck& check, const storage::Findings& findings,
                std::uint64_t skipped) {
  const storage::PolitenessSummary& summary = check.summary();
  print_findings(findings);
  fmt::print("{}: {} to {} for {}, {} MB\n",
             findings.empty() ? "polite" : counted(findings.count(), "violation"),
             counted(summary.requests, "request"), counted(check.hosts(), "host"),
             counted(check.feeds(), "feed"), summary.bytes / 1'000'000);
  fmt::print("{}, {} not modified, {} the same body again, {}, {} of them 429\n",
             counted(summary.documents, "document"), summary.not_modified, summary.same_body,
             counted(summary.failures, "failure"), summary.too_many);
  if (skipped > 0)
    fmt::print("{} of the ledger {}\n", counted(skipped, "line"),
               skipped == 1 ? "is no record" : "are no records");
}

// Says what hinders where nothing can be read.
ExitCode no_ledger(const std::filesystem::path& dir, const config::Config& config) {
  if (errno == EACCES)
    return fail(Error{ErrorCode::permission,
                      fmt::format("{}: you may not read the poll ledger; be root or join the group "
                                  "feedwire",
                                  dir.native())});
  return fail(Error{
      ErrorCode::not_found,
      fmt::format("{}: there is no poll ledger; {}", dir.native(),
                  config.fetch.ledger == 0 ? "fetch.ledger is 0B in the configuration: none is kept"
                                           : "the daemon begins it with its first request")});
}

ExitCode run(const Session& session, bool as_json) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  const std::filesystem::path dir = config->state_dir / "ledger";
  if (::access(dir.c_str(), R_OK | X_OK) != 0) return no_ledger(dir, *config);
  PosixFs fs;
  storage::Findings findings;
  storage::PolitenessCheck check(findings);
  const Result<std::uint64_t> skipped =
      storage::read_ledger(fs, dir, [&](const storage::PollRecord& record) { check.add(record); });
  if (!skipped) return fail(skipped.error());
  if (as_json)
    print_json(check, findings, *skipped);
  else
    print_text(check, findings, *skipped);
  return exit_code_of(findings);
}

}  // namespace

void add_politeness(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand(
      "politeness", "Recompute from the poll ledger whether publishers were treated well");
  command->footer(
      "Reads what the daemon noted of each request (STATE_DIR/ledger), works out when and how each "
      "feed was\nto be asked, and prints what was done otherwise: validators, freshness, hints of "
      "the feed, back-off,\nRetry-After, redirects, pauses between requests to a host. Needs no "
      "daemon.\nExit code 65 if there are violations.");
  const auto as_json = std::make_shared<bool>(false);
  command->add_flag("--json", *as_json, "Print one JSON object");
  command->callback([&session, as_json] {
    session.action = [&session, as_json] { return run(session, *as_json); };
  });
}

}  // namespace feedwire::cli
