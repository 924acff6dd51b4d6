// feedwire explain

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/json_writer.h"
#include "cli/entry_key.h"
#include "cli/json_text.h"
#include "cli/session.h"
#include "cli/store_view.h"
#include "cli/table.h"
#include "cli/terminal_text.h"
#include "cli/time_text.h"
#include "storage/log_reader.h"
#include "storage/log_since.h"

namespace feedwire::cli {
namespace {

struct ExplainOptions {
  std::string id;
  bool json = false;
};

std::string joined(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, ", "));
}

// The events of the entry, in their order. Its first one was recorded when it was first seen, or
// later.
Result<std::vector<std::string>> read_history(const std::filesystem::path& events_dir,
                                              const std::string& key,
                                              const std::string& first_seen) {
  PosixFs fs;
  std::optional<storage::Sequence> after;
  if (const Result<WallTime> first = parse_instant(first_seen, WallTime{})) {
    const Result<storage::Sequence> before = storage::last_recorded_before(fs, events_dir, *first);
    if (!before) return before.error();
    after = *before;
  }
  Result<storage::LogReader> log = storage::LogReader::open(fs, events_dir, after);
  if (!log) return std::move(log).error();
  const std::string subject = fmt::format(R"("subject":"e-{}")", key);
  std::vector<std::string> events;
  for (;;) {
    Result<std::optional<storage::LogLine>> line = log->next();
    if (!line) return std::move(line).error();
    if (!*line) return events;
    // In every event the subject stands within what comes before `data`.
    if ((*line)->line.substr(0, 600).find(subject) != std::string_view::npos)
      events.emplace_back((*line)->line);
  }
}

// What an event changed, without what it changed to.
void append_event(JsonWriter& json, const rapidjson::Value& event) {
  json.begin_object();
  for (const char* const name : {"sequence", "type", "id", "time", "recordedtime"})
    json.field(name, text_at(event, {name}));
  for (const char* const name : {"op", "significance", "cause", "confidence"})
    json.field_if(name, text_at(event, {"data", name}));
  if (const rapidjson::Value* rev = value_at(event, {"data", "rev"}); rev && rev->IsInt64())
    json.field("rev", rev->GetInt64());
  json.field_if("feed_id", text_at(event, {"data", "feed", "feed_id"}));
  const std::vector<std::string> changed = texts_at(event, {"data", "changed"});
  if (!changed.empty()) {
    json.key("changed").begin_array();
    for (const std::string& name : changed) json.string(name);
    json.end_array();
  }
  for (const char* const name : {"initial", "replay_suspect"})
    if (value_at(event, {"data", name}) != nullptr) json.key(name).boolean(true);
  json.end_object();
}

void print_json(std::string explanation, const std::vector<std::string>& history) {
  explanation.pop_back();  // its closing brace
  std::string events;
  JsonWriter json(events);
  json.begin_array();
  for (const std::string& line : history) append_event(json, parse_json(line));
  json.end_array();
  fmt::print("{},\"history\":{}}}\n", explanation, events);
}

std::string feed_name(const rapidjson::Value& feed) {
  const std::string name = text_at(feed, {"name"});
  return name.empty() ? text_at(feed, {"url"}) : name;
}

void print_entry(const rapidjson::Value& explanation) {
  const auto say = [](std::string_view name, const std::string& text) {
    if (!text.empty()) fmt::print("{:<14}{}\n", name, visible(text));
  };
  const std::string kind = text_at(explanation, {"key_kind"});
  const std::string made_of = kind == "U" ? "the link, without regard to the feed (U)"
                              : kind.empty()
                                  ? "something that it no longer has"
                                  : fmt::format("what feed it came from and its {}", kind);
  say("entry", "e-" + text_at(explanation, {"entry", "entry_key"}));
  say("title", text_at(explanation, {"entry", "item", "title"}));
  say("url", text_at(explanation, {"entry", "item", "url"}));
  say("link for keys", text_at(explanation, {"canonical_url"}));
  say("revision", text_at(explanation, {"entry", "rev"}));
  say("state", text_at(explanation, {"entry", "deleted"}) == "yes" ? "deleted" : "");
  say("first seen", text_at(explanation, {"entry", "first_seen"}));
  say("last seen", text_at(explanation, {"entry", "last_seen"}) + " (a day behind at most)");
  say("key made of", made_of);
}

std::string place_of(const rapidjson::Value& feed) {
  const std::string ago = text_at(feed, {"documents_ago"});
  if (ago.empty()) return "not in the last documents";
  return ago == "0" ? "in the last document" : "missing in the last " + ago + " documents";
}

std::string policy_of(const rapidjson::Value& feed) {
  const std::string policy = text_at(feed, {"policy"});
  const std::string configured = text_at(feed, {"configured_policy"});
  if (configured.empty()) return policy;
  if (configured == policy) return policy + ", as configured";
  return fmt::format("{}; from the next document on {}, as configured", policy, configured);
}

void print_feed(const rapidjson::Value& feed) {
  const bool owner = text_at(feed, {"owner"}) == "yes";
  fmt::print("\nfeed {} ({}), {}\n", visible(feed_name(feed)), text_at(feed, {"feed_id"}),
             owner ? "which tells of its changes" : "which carries it too");
  fmt::print("  {}{}\n", place_of(feed),
             text_at(feed, {"subscribed"}) == "yes" ? "" : "; no longer subscribed");
  fmt::print("  its entries are told apart by: {}{}\n", policy_of(feed),
             text_at(feed, {"guid_repeats"}) == "yes"
                 ? "; but this guid was given to several entries (G+L, G+TD)"
                 : "");
  if (text_at(feed, {"flapping"}) == "yes")
    fmt::print("  entries of it change to and fro: such updates are told once a day\n");
  for (const rapidjson::Value* key : elements_at(feed, {"keys"})) {
    const std::string lasts = text_at(*key, {"lasts"});
    fmt::print("  {:<4} {:<10} {}\n", text_at(*key, {"kind"}),
               lasts == "window" ? "for now" : "for good", visible(text_at(*key, {"value"})));
  }
}

std::string what_happened(const rapidjson::Value& event) {
  std::string text = joined(texts_at(event, {"data", "changed"}));
  const auto add = [&](const std::string& more) {
    if (!more.empty()) text += (text.empty() ? "" : "; ") + more;
  };
  add(text_at(event, {"data", "significance"}));
  add(text_at(event, {"data", "cause"}));
  add(text_at(event, {"data", "confidence"}));
  if (value_at(event, {"data", "initial"}) != nullptr) add("in the feed's first document");
  if (value_at(event, {"data", "replay_suspect"}) != nullptr) add("perhaps an old one");
  return text;
}

void print_history(const std::vector<std::string>& history) {
  Table table({{.heading = "RECORDED"},
               {.heading = "SEQUENCE"},
               {.heading = "EVENT"},
               {.heading = "REV", .right = true},
               {.heading = "FEED", .least = 8, .may_shrink = true},
               {.heading = "WHAT", .least = 8, .may_shrink = true}});
  for (const std::string& line : history) {
    const rapidjson::Document event = parse_json(line);
    const rapidjson::Value* const feed = value_at(event, {"data", "feed"});
    table.add_row({text_at(event, {"recordedtime"}), text_at(event, {"sequence"}),
                   text_at(event, {"type"}).substr(std::string_view("feedwire.entry.").size()),
                   text_at(event, {"data", "rev"}), feed == nullptr ? "" : feed_name(*feed),
                   what_happened(event)});
  }
  fmt::print("\n{}", table.text(terminal_width(STDOUT_FILENO)));
  if (history.empty() || text_at(parse_json(history.front()), {"data", "rev"}) != "1")
    fmt::print("What was before that is no longer in the log.\n");
}

ExitCode explain(const Session& session, const ExplainOptions& options) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  const StoreView store(*config);
  const Result<std::string> key = find_entry_key(store, *config, options.id);
  if (!key) return fail(key.error());
  const Result<std::string> explanation = store.explanation(*key);
  if (!explanation) return fail(explanation.error());
  const rapidjson::Document document = parse_json(*explanation);
  const Result<std::vector<std::string>> history =
      read_history(config->state_dir / "events", *key, text_at(document, {"entry", "first_seen"}));
  if (!history) return fail(Error(history.error()).in("read the event log"));
  if (options.json) {
    print_json(*explanation, *history);
    return ExitCode::ok;
  }
  print_entry(document);
  for (const rapidjson::Value* feed : elements_at(document, {"feeds"})) print_feed(*feed);
  print_history(*history);
  return ExitCode::ok;
}

}  // namespace

void add_explain(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("explain", "Tell why an entry is the one it is, and what became of it");
  const auto options = std::make_shared<ExplainOptions>();
  command->add_option("ENTRY", options->id, "Its key or its URL")->required();
  command->add_flag("--json", options->json, "Print one JSON object");
  command->footer(
      "An item of a later document is this entry if it has one of the keys listed for its feed, "
      "and "
      "a\nnew entry if it has none. They are looked at in this order:\n"
      "  G    its guid; where that was given to several entries with the link (G+L) or with title "
      "and\n       date (G+TD)\n"
      "  Ga   the guid as a URL, without scheme, www. and tracking; Gp also without the host\n"
      "  L    its canonical link; Ll also without index pages, .html, m. and amp\n"
      "  E    its first enclosure;  TD  title and date;  TC  title and beginning of the text\n"
      "  U    the link without regard to the feed: by this, other feeds carry the same entry\n"
      "\"for good\" is a key that is remembered for store.keep_keys, \"for now\" one that counts "
      "as "
      "long as\nthe entry is in the feed's last documents. The first line of a feed says what it "
      "is "
      "told apart by\nfirst: guid, link, enclosure, title_date or title_content.\n\n"
      "Examples:\n  feedwire explain https://example.org/2026/11/a\n"
      "  feedwire explain e-9f86d081884c7d659a2feaa0c55ad015 --json | jq .history");
  command->callback([&session, options] {
    session.action = [&session, options] { return explain(session, *options); };
  });
}

}  // namespace feedwire::cli
