// feedwire feed add|remove|pause|resume|poll

#include "cli/feed_change.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>
#include <utility>

#include "base/json_writer.h"
#include "base/redact.h"
#include "cli/feed_text.h"
#include "cli/json_text.h"
#include "cli/session.h"
#include "cli/store_view.h"
#include "cli/terminal_text.h"
#include "config/duration.h"
#include "config/feed_url.h"
#include "feeds/keys.h"
#include "storage/event.h"

namespace feedwire::cli {
namespace {

constexpr std::size_t kMaxBodyBytes = 900 << 10;  // the API takes 1 MiB

struct ChangeOptions {
  config::FeedConfig feed;  // that is to be added
  std::string interval;     // of it
  std::string id;
  std::string force;
  bool wait = false, json = false;
};

std::string feed_json(const config::FeedConfig& feed) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .field("url", feed.url)
      .field_if("name", feed.name)
      .field_if("title", feed.title)
      .key("tags")
      .begin_array();
  for (const std::string& tag : feed.tags) json.string(tag);
  json.end_array();
  if (feed.interval) json.field("interval", config::format_duration(*feed.interval));
  if (feed.paged) json.key("paged").boolean(true);
  json.end_object();
  return out;
}

Result<void> post(const DaemonClient& daemon, const std::string& feeds, AddedFeeds& all) {
  const Result<std::string> reply = daemon.ask("POST", "/v1/feeds", "{\"feeds\":[" + feeds + "]}");
  if (!reply) return reply.error();
  const rapidjson::Document document = parse_json(*reply);
  for (const rapidjson::Value* feed : elements_at(document, {"feeds"})) {
    const rapidjson::Value* const added = value_at(*feed, {"added"});
    if (added != nullptr && added->IsTrue())
      ++all.added;
    else
      all.notes.push_back(fmt::format("{}: {}", text_at(*feed, {"url"}), text_at(*feed, {"note"})));
  }
  return {};
}

std::string feed_path(const std::string& id) { return "/v1/feeds/" + escape_url(bare_key(id)); }

ExitCode add(const config::Config& config, const ChangeOptions& options) {
  config::FeedConfig feed = options.feed;
  Result<std::string> url = config::check_feed_url(feed.url);
  if (!url) {
    const std::string better = config::suggest_feed_url(feed.url);
    complain(fmt::format("{}: {}{}", config::without_userinfo(feed.url), url.error().message,
                         better.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", better)));
    return ExitCode::usage;
  }
  feed.url = std::move(*url);
  if (!options.interval.empty()) {
    const Result<std::chrono::seconds> interval = config::parse_duration(options.interval);
    if (!interval || interval->count() == 0) {
      complain(fmt::format("--interval {}: expected a duration of 1s or more, such as 30m",
                           options.interval));
      return ExitCode::usage;
    }
    feed.interval = *interval;
  }
  const Result<AddedFeeds> added = add_feeds(DaemonClient(config.runtime_dir), {feed});
  if (!added) return fail(added.error());
  if (added->added > 0) {
    fmt::print("added: {}\n", visible(redact_urls(feed.url)));
    const bool is_whole = redact_urls(feed.url) == feed.url;
    const std::string id = !feed.name.empty() ? feed.name
                           : is_whole         ? feed.url
                                              : storage::feed_id(feeds::feed_key(feed.url));
    if (::isatty(STDOUT_FILENO) == 1)
      fmt::print("It is polled now; to see how that went: feedwire feed show {}\n", visible(id));
  }
  for (const std::string& note : added->notes) fmt::print("{}\n", visible(note));
  return ExitCode::ok;
}

ExitCode remove(const config::Config& config, const ChangeOptions& options) {
  const Result<std::string> reply =
      DaemonClient(config.runtime_dir).ask("DELETE", feed_path(options.id), "");
  if (!reply) return fail(reply.error());
  fmt::print("removed: {}\n", visible(redact_urls(options.id)));
  return ExitCode::ok;
}

// Prints the feed as it is now.
ExitCode print_state(const std::string& feed, bool as_json) {
  const rapidjson::Document document = parse_json(feed);
  if (as_json)
    fmt::print("{}\n", feed);
  else
    fmt::print("{}: {}\n", visible(text_at(document, {"url"})), visible(state_text(document)));
  return ExitCode::ok;
}

// "pause" or "resume"
template <const char* kVerb>
ExitCode turn(const config::Config& config, const ChangeOptions& options) {
  const Result<std::string> reply =
      DaemonClient(config.runtime_dir).ask("POST", feed_path(options.id) + "/" + kVerb, "");
  return reply ? print_state(*reply, options.json) : fail(reply.error());
}

ExitCode poll(const config::Config& config, const ChangeOptions& options) {
  std::string path =
      feed_path(options.id) + (options.wait ? "/poll?wait=true" : "/poll?wait=false");
  if (!options.force.empty()) path += "&force=" + escape_url(options.force);
  const Result<std::string> reply = DaemonClient(config.runtime_dir).ask("POST", path, "");
  if (!reply) return fail(reply.error());
  if (!options.wait && !options.json) {
    fmt::print("{}: to be polled now\n", visible(text_at(parse_json(*reply), {"url"})));
    return ExitCode::ok;
  }
  print_state(*reply, options.json);
  const bool failed = options.wait && text_at(parse_json(*reply), {"failures"}) != "0";
  return failed ? ExitCode::data : ExitCode::ok;
}

using Action = ExitCode (*)(const config::Config&, const ChangeOptions&);

void set_action(CLI::App* command, Session& session, std::shared_ptr<ChangeOptions> options,
                Action action) {
  command->callback([&session, options, action] {
    session.action = [&session, options, action] {
      const std::optional<config::Config> config = load_config(session);
      return config ? action(*config, *options) : ExitCode::config;
    };
  });
}

CLI::App* add_command(CLI::App& feed, const char* name, const char* about,
                      const std::shared_ptr<ChangeOptions>& options) {
  CLI::App* const command = feed.add_subcommand(name, about);
  command->add_option("FEED", options->id, "Its key, name or URL")->required();
  return command;
}

void add_add(CLI::App& feed, Session& session) {
  const auto options = std::make_shared<ChangeOptions>();
  CLI::App* const command = feed.add_subcommand("add", "Subscribe to a feed; needs the daemon");
  config::FeedConfig& added = options->feed;
  command->add_option("URL", added.url, "An http or https URL")->required();
  command->add_option("--name", added.name, "A short name of your own: a-z 0-9 . _ -");
  command->add_option("--title", added.title, "A title in place of the feed's own");
  command->add_option("--tag", added.tags,
                      "A word that every event of the feed carries; repeat it");
  command
      ->add_option("--interval", options->interval,
                   "Between two polls, in place of what is learned: 30m, 6h")
      ->type_name("DURATION");
  command->add_flag("--paged", added.paged,
                    "Its older pages are at ?paged=2, 3, ..., as with WordPress: they are asked\n"
                    "for where entries were missed");
  command->footer(
      "It stays until `feedwire feed remove`, whatever the configuration says; where that names\n"
      "the feed too, its settings hold. The URL may be that of a page: then the first feed to\n"
      "which it links is polled, as \"polled at\" of `feedwire feed show` says.\n\n"
      "Examples:\n  feedwire feed add https://www.leiphone.com/feed --name leiphone --tag zh\n"
      "  feedwire feed add https://www.debian.org/ --interval 6h");
  set_action(command, session, options, &add);
}

constexpr char kPause[] = "pause", kResume[] = "resume";

}  // namespace

Result<AddedFeeds> add_feeds(const DaemonClient& daemon,
                             const std::vector<config::FeedConfig>& feeds) {
  AddedFeeds all;
  std::string body;
  for (const config::FeedConfig& feed : feeds) {
    const std::string json = feed_json(feed);
    if (!body.empty() && body.size() + json.size() > kMaxBodyBytes)
      if (Result<void> sent = post(daemon, std::exchange(body, {}), all); !sent)
        return std::move(sent).error();
    if (!body.empty()) body += ',';
    body += json;
  }
  if (!body.empty())
    if (Result<void> sent = post(daemon, body, all); !sent) return std::move(sent).error();
  return all;
}

void add_feed_changes(CLI::App& feed, Session& session) {
  add_add(feed, session);

  auto options = std::make_shared<ChangeOptions>();
  CLI::App* command = add_command(
      feed, "remove", "Unsubscribe from a feed that was added; needs the daemon", options);
  command->footer(
      "What a file of the configuration names is removed there, and then feedwire reload.\n\n"
      "Example:\n  feedwire feed remove leiphone");
  set_action(command, session, options, &remove);

  options = std::make_shared<ChangeOptions>();
  command = add_command(feed, "pause", "Poll a feed no more for now; needs the daemon", options);
  command->add_flag("--json", options->json, "Print the feed as JSON");
  command->footer(
      "It stays paused over reloads and restarts.\n\n"
      "Example:\n  feedwire feed pause leiphone");
  set_action(command, session, options, &turn<kPause>);

  options = std::make_shared<ChangeOptions>();
  command = add_command(feed, "resume", "Poll a paused feed again; needs the daemon", options);
  command->add_flag("--json", options->json, "Print the feed as JSON");
  command->footer("Example:\n  feedwire feed resume leiphone");
  set_action(command, session, options, &turn<kResume>);

  options = std::make_shared<ChangeOptions>();
  command = add_command(feed, "poll", "Poll a feed now; needs the daemon", options);
  command->add_flag("--wait", options->wait, "Until the outcome is committed; 65 if it failed");
  command->add_option("--force", options->force, "Also while it ought to be left alone")
      ->type_name("REASON");
  command->add_flag("--json", options->json, "Print the feed as JSON");
  command->footer(
      "Refused (75) within a minute of the last poll, and as long as the server asked for "
      "patience\n"
      "by Retry-After or 429; --force asks nevertheless, and its reason is logged.\n\n"
      "Example:\n  feedwire feed poll leiphone --wait");
  set_action(command, session, options, &poll);
}

}  // namespace feedwire::cli
