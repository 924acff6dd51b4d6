// feedwire feed list|show; the other verbs: cli/feed_change.cc

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/feed_change.h"
#include "cli/feed_text.h"
#include "cli/json_text.h"
#include "cli/session.h"
#include "cli/store_view.h"
#include "cli/table.h"
#include "cli/terminal_text.h"

namespace feedwire::cli {
namespace {

struct FeedOptions {
  std::string id;
  bool json = false;
};

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
                   clock_text(text_at(*feed, {"last_poll"})), state_text(*feed)});
  fmt::print("{}", table.text(terminal_width(STDOUT_FILENO)));
}

void print_feed(const std::string& json) {
  for (const auto& [name, value] : feed_text(parse_json(json)))
    fmt::print("{:<14} {}\n", name, visible(value));
}

// Prints what `question` gives: as it is, or for people.
template <typename Question, typename Print>
ExitCode answer(const Session& session, bool as_json, Question question, Print print) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  const Result<std::string> found = question(StoreView(*config));
  if (!found) return fail(found.error());
  if (as_json)
    fmt::print("{}\n", *found);
  else
    print(*found);
  return ExitCode::ok;
}

void add_list(CLI::App& feed, Session& session) {
  CLI::App* const command = feed.add_subcommand("list", "List the feeds and how they are");
  const auto options = std::make_shared<FeedOptions>();
  command->add_flag("--json", options->json, "Print {\"feeds\":[…]}");
  command->footer(
      "Examples:\n  feedwire feed list\n"
      "  feedwire feed list --json | jq -r '.feeds[] | select(.state == \"failing\") | .url'");
  command->callback([&session, options] {
    session.action = [&session, options] {
      return answer(
          session, options->json, [](const StoreView& store) { return store.feeds(); },
          print_table);
    };
  });
}

void add_show(CLI::App& feed, Session& session) {
  CLI::App* const command =
      feed.add_subcommand("show", "Show a feed, when it is polled next, and why then");
  const auto options = std::make_shared<FeedOptions>();
  command->add_option("FEED", options->id, "Its key, name or URL")->required();
  command->add_flag("--json", options->json, "Print one JSON object");
  command->footer(
      "\"not before\" has every lower bound on the time between two polls and whose wish it is:\n"
      "the operator's floor or interval, freshness (Cache-Control, Expires), ttl and\n"
      "update-period of the document, no-conditional (the server ignores validators), strain (it\n"
      "answered 429), retry-after, failure (back-off). \"next poll\" says which rule decided.\n\n"
      "Example:\n  feedwire feed show leiphone");
  command->callback([&session, options] {
    session.action = [&session, options] {
      return answer(
          session, options->json, [&](const StoreView& store) { return store.feed(options->id); },
          print_feed);
    };
  });
}

}  // namespace

void add_feed(CLI::App& app, Session& session) {
  CLI::App* const feed = app.add_subcommand("feed", "Subscribed feeds");
  feed->require_subcommand(1);
  add_list(*feed, session);
  add_show(*feed, session);
  add_feed_changes(*feed, session);
}

}  // namespace feedwire::cli
