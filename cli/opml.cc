// feedwire opml import|export

#include "config/opml.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/fs.h"
#include "base/redact.h"
#include "cli/feed_change.h"
#include "cli/json_text.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/store_view.h"
#include "cli/terminal_text.h"

namespace feedwire::cli {
namespace {

constexpr std::size_t kMaxFileBytes = 64 << 20;

struct ImportOptions {
  std::string file;
  bool dry_run = false;
};

Result<config::OpmlFile> read_file_or_stdin(const std::string& file) {
  // A path of its own, so that what reads files reads this one too.
  const std::string path = file == "-" ? "/dev/stdin" : file;
  const Result<std::string> text = read_file(path, kMaxFileBytes);
  if (!text) return text.error();
  auto read = config::parse_opml(*text, file == "-" ? "standard input" : file);
  if (auto* mistake = std::get_if<config::Mistake>(&read))
    return Error{ErrorCode::malformed, mistake->text()};
  return std::move(std::get<config::OpmlFile>(read));
}

void print_feeds(const std::vector<config::FeedConfig>& feeds) {
  for (const config::FeedConfig& feed : feeds) {
    std::string folders;
    for (const std::string& tag : feed.tags) folders += (folders.empty() ? "  [" : ", ") + tag;
    fmt::print("{}{}\n", visible(redact_urls(feed.url)),
               visible(folders.empty() ? "" : folders + "]"));
  }
}

ExitCode import(const Session& session, const ImportOptions& options) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  const Result<config::OpmlFile> opml = read_file_or_stdin(options.file);
  if (!opml) return fail(opml.error());
  for (const config::Mistake& refused : opml->refused) complain(refused.text());
  if (options.dry_run) {
    print_feeds(opml->feeds);
    return ExitCode::ok;
  }
  const Result<AddedFeeds> added = add_feeds(DaemonClient(config->runtime_dir), opml->feeds);
  if (!added) return fail(added.error());
  for (const std::string& note : added->notes) fmt::print("{}\n", visible(note));
  const std::size_t refused = opml->refused.size();
  fmt::print("{} feeds added, {} not new, {}{} outlines ignored\n", added->added,
             added->notes.size(), refused > 0 ? fmt::format("{} refused, ", refused) : "",
             opml->ignored - refused);
  return ExitCode::ok;
}

// An export is only of use with the URLs as they are. Who may only read is not given those with
// credentials; where there are none, nothing is withheld.
Result<std::string> feeds_with_whole_urls(const StoreView& view) {
  Result<std::string> answer = view.feeds(storage::UrlText::whole);
  if (answer || answer.error().code != ErrorCode::permission) return answer;
  Result<std::string> shown = view.feeds();
  if (!shown) return shown;
  const rapidjson::Document document = parse_json(*shown);
  for (const rapidjson::Value* each : elements_at(document, {"feeds"}))
    if (text_at(*each, {"url"}).find(kRedacted) != std::string::npos)
      return Error{
          ErrorCode::permission,
          "URLs of feeds hold credentials, which only root, feedwired's user and the group "
          "feedwire-admin may export"};
  return shown;
}

ExitCode write(const Session& session) {
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  const Result<std::string> answer = feeds_with_whole_urls(StoreView(*config));
  if (!answer) return fail(answer.error());
  const rapidjson::Document document = parse_json(*answer);
  std::vector<config::FeedConfig> feeds;
  for (const rapidjson::Value* each : elements_at(document, {"feeds"})) {
    config::FeedConfig feed;
    feed.url = text_at(*each, {"url"});
    feed.title = text_at(*each, {"title"});
    feed.tags = texts_at(*each, {"tags"});
    feeds.push_back(std::move(feed));
  }
  Output output;
  output.add_raw(config::write_opml(std::move(feeds)));
  output.flush();
  return output.finish();
}

}  // namespace

void add_opml(CLI::App& app, Session& session) {
  CLI::App* const opml = app.add_subcommand("opml", "Lists of feeds, as other readers have them");
  opml->require_subcommand(1);

  const auto options = std::make_shared<ImportOptions>();
  CLI::App* const import_command =
      opml->add_subcommand("import", "Subscribe to the feeds of an OPML file; needs the daemon");
  import_command->add_option("FILE", options->file, "The file, or - for standard input")
      ->required();
  import_command->add_flag("--dry-run", options->dry_run, "Only print what would be added");
  import_command->footer(
      "As many times `feedwire feed add`, but at once. The folders around a feed become its tags,\n"
      "and a feed that is there already gains them. URLs that are not http or https are refused,\n"
      "each with its line; everything else in the file is ignored.\n\n"
      "Example:\n  feedwire opml import subscriptions.opml");
  import_command->callback([&session, options] {
    session.action = [&session, options] { return import(session, *options); };
  });

  CLI::App* const export_command =
      opml->add_subcommand("export", "Print all subscriptions as OPML, tags as folders");
  export_command->footer(
      "URLs are printed whole, with a token that one may have in its query, which `feed list` "
      "does\n"
      "not show: keep the file as you keep the configuration.\n\nExample:\n  feedwire opml export "
      "> subscriptions.opml");
  export_command->callback([&session] { session.action = [&session] { return write(session); }; });
}

}  // namespace feedwire::cli
