// feedwire feed list

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/json_text.h"
#include "cli/session.h"
#include "cli/store_view.h"
#include "cli/table.h"
#include "cli/terminal_text.h"

namespace feedwire::cli {
namespace {

// "2026-11-21T21:15:01.250000Z" -> "2026-11-21 21:15:01"
std::string date_and_clock(const std::string& time) {
  return time.size() < 19 ? "-" : time.substr(0, 10) + " " + time.substr(11, 8);
}

std::string state_of(const rapidjson::Value& feed) {
  const std::string error = text_at(feed, {"last_error"});
  const std::string state = text_at(feed, {"state"});
  return error.empty() ? state : state + ": " + error;
}

void print_table(const std::string& json) {
  Table table({{.heading = "KEY"},
               {.heading = "NAME", .least = 8, .may_shrink = true},
               {.heading = "URL", .least = 16, .may_shrink = true},
               {.heading = "ENTRIES", .right = true},
               {.heading = "LAST POLL"},
               {.heading = "STATE", .least = 8, .may_shrink = true}});
  const rapidjson::Document document = parse_json(json);
  for (const rapidjson::Value* feed : elements_at(document, {"feeds"}))
    table.add_row({std::string(bare_key(text_at(*feed, {"feed_id"}))), text_at(*feed, {"name"}),
                   text_at(*feed, {"url"}), text_at(*feed, {"window_entries"}),
                   date_and_clock(text_at(*feed, {"last_poll"})), state_of(*feed)});
  fmt::print("{}", table.text(terminal_width(STDOUT_FILENO)));
}

ExitCode list(const Session& session, bool as_json) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  const Result<std::string> feeds = StoreView(*config).feeds();
  if (!feeds) return fail(feeds.error());
  if (as_json)
    fmt::print("{}\n", *feeds);
  else
    print_table(*feeds);
  return ExitCode::ok;
}

}  // namespace

void add_feed(CLI::App& app, Session& session) {
  CLI::App* const feed = app.add_subcommand("feed", "Subscribed feeds");
  feed->require_subcommand(1);
  CLI::App* const command = feed->add_subcommand("list", "List the feeds and how they are");
  const auto as_json = std::make_shared<bool>(false);
  command->add_flag("--json", *as_json, "Print {\"feeds\":[…]}");
  command->footer(
      "Examples:\n  feedwire feed list\n"
      "  feedwire feed list --json | jq -r '.feeds[] | select(.state == \"failing\") | .url'");
  command->callback([&session, as_json] {
    session.action = [&session, as_json] { return list(session, *as_json); };
  });
}

}  // namespace feedwire::cli
