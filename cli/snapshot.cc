// feedwire snapshot

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <memory>
#include <string>

#include "cli/consumer_cursor.h"
#include "cli/json_text.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/store_view.h"
#include "storage/store_json.h"

namespace feedwire::cli {
namespace {

// A cursor is only moved by the daemon; without it nothing should be printed in vain.
Result<void> find_daemon(const config::Config& config) {
  const Result<std::string> answer = DaemonClient(config.runtime_dir).get("/v1/cursors");
  return answer ? Result<void>()
                : Result<void>(Error(answer.error()).in("the cursor cannot be set"));
}

Result<storage::Sequence> as_of(const std::string& first_line) {
  return storage::parse_sequence(text_at(parse_json(first_line), {"data", "as_of_sequence"}));
}

ExitCode snapshot(const Session& session, const std::string& cursor) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  std::signal(SIGPIPE, SIG_IGN);
  if (!cursor.empty())
    if (const Result<void> found = find_daemon(*config); !found) return fail(found.error());

  Output output;
  std::string first_line;
  bool first_whole = false;
  const Result<void> read = StoreView(*config).snapshot([&](std::string_view bytes) {
    if (!first_whole) {
      const std::size_t end = bytes.find('\n');
      first_whole = end != bytes.npos;
      first_line.append(bytes.substr(0, end));
    }
    output.add_raw(bytes);
    return !output.done();
  });
  output.flush();
  if (const ExitCode code = output.finish(); code != ExitCode::ok) return code;
  if (!read) return fail(Error(read.error()).in("the snapshot is not complete"));
  if (output.closed() || cursor.empty()) return ExitCode::ok;
  const Result<storage::Sequence> sequence = as_of(first_line);
  if (!sequence) return fail(sequence.error());
  const Result<void> moved = ConsumerCursor(*config, cursor).move(*sequence);
  return moved ? ExitCode::ok : fail(moved.error());
}

}  // namespace

void add_snapshot(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("snapshot", "Print all entries as they are, to begin a copy of them");
  const auto cursor = std::make_shared<std::string>();
  command
      ->add_option("--cursor", *cursor,
                   "Then put this cursor to as_of_sequence, wherever it was; needs the daemon")
      ->type_name("NAME");
  command->footer(
      "The first line, a feedwire.log.snapshot, says as_of_sequence; a feedwire.entry.snapshot (op "
      "r)\nfollows for each entry, and last a feedwire.log.snapshot_ended, which says how many "
      "they "
      "were.\nEverything is of one moment: what the log tells behind as_of_sequence is what "
      "changed "
      "since. An\nexit code other than 0 says that lines are missing.\n\n"
      "Examples:\n"
      "  feedwire snapshot --cursor indexer | ./index && feedwire tail --cursor indexer --follow | "
      "./index\n"
      "  feedwire snapshot | jq -r '.data.after.url // empty'");
  command->callback([&session, cursor] {
    session.action = [&session, cursor] { return snapshot(session, *cursor); };
  });
}

}  // namespace feedwire::cli
