// feedwire entry list|show

#include <fmt/format.h>
#include <rapidjson/prettywriter.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/clock.h"
#include "cli/entry_key.h"
#include "cli/json_text.h"
#include "cli/session.h"
#include "cli/store_view.h"
#include "cli/table.h"
#include "cli/terminal_text.h"
#include "cli/time_text.h"

namespace feedwire::cli {
namespace {

constexpr std::size_t kMostEntries = 1000;  // in one answer of the daemon

struct EntryOptions {
  EntryQuery query;
  std::string id, since, until;
  bool json = false;
};

std::string day_of(const std::string& time) { return time.empty() ? "-" : time.substr(0, 10); }

void print_table(const std::string& json) {
  Table table({{.heading = "KEY"},
               {.heading = "REV", .right = true},
               {.heading = "PUBLISHED"},
               {.heading = "TITLE", .least = 16, .may_shrink = true},
               {.heading = "URL", .least = 16, .may_shrink = true}});
  const rapidjson::Document document = parse_json(json);
  for (const rapidjson::Value* entry : elements_at(document, {"entries"}))
    table.add_row({text_at(*entry, {"entry_key"}), text_at(*entry, {"rev"}),
                   day_of(text_at(*entry, {"item", "date_published"})),
                   text_at(*entry, {"item", "title"}), text_at(*entry, {"item", "url"})});
  fmt::print("{}", table.text(terminal_width(STDOUT_FILENO)));
}

ExitCode list(const Session& session, const EntryOptions& options) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  EntryQuery query = options.query;
  const WallTime now = SystemClock().now().wall;
  if (!options.since.empty()) query.since = parse_instant(options.since, now).value();
  if (!options.until.empty()) query.until = parse_instant(options.until, now).value();
  const Result<std::string> entries = StoreView(*config).entries(query);
  if (!entries) return fail(entries.error());
  if (options.json)
    fmt::print("{}\n", *entries);
  else
    print_table(*entries);
  return ExitCode::ok;
}

// For people the same document, indented. JSON escapes what could act on a terminal.
std::string indented(const std::string& json) {
  const rapidjson::Document document = parse_json(json);
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.SetIndent(' ', 2);
  document.Accept(writer);
  return buffer.GetString();
}

ExitCode show(const Session& session, const EntryOptions& options) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  const StoreView store(*config);
  const Result<std::string> key = find_entry_key(store, *config, options.id);
  if (!key) return fail(key.error());
  const Result<std::string> entry = store.entry(*key);
  if (!entry) return fail(entry.error());
  fmt::print("{}\n", options.json ? *entry : indented(*entry));
  return ExitCode::ok;
}

}  // namespace

void add_entry(CLI::App& app, Session& session) {
  CLI::App* const entry = app.add_subcommand("entry", "Entries of the store");
  entry->require_subcommand(1);
  const auto options = std::make_shared<EntryOptions>();

  CLI::App* const list_command =
      entry->add_subcommand("list", "List entries, those that changed last first");
  EntryQuery& query = options->query;
  list_command->add_option("--feed", query.feed, "Only this feed's: key, name or URL")
      ->type_name("ID");
  list_command->add_option("--tag", query.tag, "Only with this tag, or of a feed that has it");
  const auto add_time = [&](const char* name, std::string& text, const char* about) {
    list_command->add_option(name, text, about)
        ->type_name("TIME")
        ->check(CLI::Validator(&check_instant, ""));
  };
  add_time("--since", options->since,
           "Only what changed then or later: 2026-11-21T21:15:01Z, a day, or how long ago, as 2h");
  add_time("--until", options->until, "Only what last changed before then");
  list_command->add_option("--limit", query.limit, "How many (default 20, at most 1000)")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, kMostEntries));
  list_command->add_flag("--json", options->json, "Print {\"entries\":[…]}");
  list_command->footer(
      "All of one moment, those whose content changed last first.\n\n"
      "Examples:\n  feedwire entry list --feed leiphone --limit 5\n"
      "  feedwire entry list --tag zh --since 2h");
  list_command->callback([&session, options] {
    session.action = [&session, options] { return list(session, *options); };
  });

  CLI::App* const show_command = entry->add_subcommand("show", "Show one entry as JSON");
  show_command->add_option("ID", options->id, "Its key, or its URL")->required();
  show_command->add_flag("--json", options->json, "On one line");
  show_command->footer("Example:\n  feedwire entry show e-9f86d081884c7d659a2feaa0c55ad015");
  show_command->callback([&session, options] {
    session.action = [&session, options] { return show(session, *options); };
  });
}

}  // namespace feedwire::cli
