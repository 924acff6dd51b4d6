#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/fs.h"
#include "base/redact.h"
#include "config/config.h"
#include "config/config_file.h"
#include "config/duration.h"
#include "config/environment.h"
#include "config/opml.h"
#include "config/schema.h"
#include "config/subscriptions.h"

namespace feedwire::config {
namespace {

// `file`, then conf.d/*.toml beside it in the order of their names.
std::vector<std::filesystem::path> config_files(const std::filesystem::path& file,
                                                LoadResult& result) {
  std::vector<std::filesystem::path> files = {file};
  const std::filesystem::path dir = file.parent_path() / "conf.d";
  const Result<std::vector<std::string>> names = PosixFs().list(dir);
  if (!names) {
    if (names.error().code != ErrorCode::not_found)
      result.mistakes.push_back({dir.native(), 0, 0, "", names.error().message, ""});
    return files;
  }
  for (const std::string& name : *names) {
    if (name.ends_with(".toml") && !name.starts_with('.')) files.push_back(dir / name);
  }
  return files;
}

// Where the configuration names the i-th OPML file.
Origin opml_origin(const LoadResult& result, std::size_t i) {
  const auto element = result.origins.find(fmt::format("opml[{}]", i));
  return element != result.origins.end() ? element->second : result.origins.at("opml");
}

void read_opml_files(LoadResult& result) {
  for (std::size_t i = 0; i < result.config->opml.size(); ++i) {
    const std::filesystem::path& file = result.config->opml[i];
    auto read = read_opml(file);
    if (auto* mistake = std::get_if<Mistake>(&read)) {
      mistake->suggestion = fmt::format("named at {}", opml_origin(result, i).text());
      result.mistakes.push_back(std::move(*mistake));
      continue;
    }
    OpmlFile& opml = std::get<OpmlFile>(read);
    if (opml.ignored > 0)
      result.config->notices.push_back(fmt::format(
          "{}: {} outlines ignored, which have no http or https xmlUrl that can be subscribed to",
          file.native(), opml.ignored));
    std::move(opml.feeds.begin(), opml.feeds.end(), std::back_inserter(result.config->feeds));
  }
}

// Settings that are right alone but not together.
void check_together(LoadResult& result) {
  const auto must_not_exceed = [&](std::string_view low_key, std::chrono::seconds low,
                                   std::string_view high_key, std::chrono::seconds high) {
    if (low <= high) return;
    // At least one of the two was set, as the defaults agree.
    const bool blame_low = result.origins.contains(std::string(low_key));
    const std::string key(blame_low ? low_key : high_key);
    const Origin& origin = result.origins.at(key);
    result.mistakes.push_back(
        {origin.file, origin.line, origin.column, key,
         blame_low ? fmt::format("{} is more than {}, which is {}", format_duration(low), high_key,
                                 format_duration(high))
                   : fmt::format("{} is less than {}, which is {}", format_duration(high), low_key,
                                 format_duration(low)),
         ""});
  };
  const Config& config = *result.config;
  must_not_exceed("schedule.floor", config.schedule.floor, "schedule.max_interval",
                  config.schedule.max_interval);
  must_not_exceed("store.keep_entries", config.store.keep_entries, "store.keep_keys",
                  config.store.keep_keys);
  const auto go_together = [&](const char* one, bool has_one, const char* other, bool has_other) {
    if (has_one == has_other) return;
    const Origin& origin = result.origins.at(has_one ? one : other);
    result.mistakes.push_back({origin.file, origin.line, origin.column, has_one ? one : other,
                               fmt::format("needs {} beside it", has_one ? other : one), ""});
  };
  // One without the other: nobody would come, or come to nobody, or everybody.
  go_together("websub.listen", !config.websub.listen.empty(), "websub.callback",
              !config.websub.callback.empty());
  go_together("api.listen", !config.api.listen.empty(), "api.token_file",
              !config.api.token_file.empty());
}

}  // namespace

LoadResult load(const std::filesystem::path& file, const std::map<std::string, std::string>& env) {
  LoadResult result;
  result.config.emplace();
  for (const std::filesystem::path& one : config_files(file, result)) read_config_file(one, result);
  read_environment(env, result);
  read_opml_files(result);
  // A value that was refused leaves its default behind: what follows from that would mislead.
  if (result.mistakes.empty()) check_together(result);
  join_feeds(result);
  if (!result.mistakes.empty()) result.config.reset();
  return result;
}

bool Config::same_settings(const Config& other) const {
  return state_dir == other.state_dir && runtime_dir == other.runtime_dir && fetch == other.fetch &&
         schedule == other.schedule && identity == other.identity && events == other.events &&
         store == other.store && api == other.api && websub == other.websub;
}

std::filesystem::path config_path(const std::string& given) {
  if (!given.empty()) return given;
  const char* const variable = std::getenv("FEEDWIRE_CONFIG");
  if (variable != nullptr && *variable != '\0') return variable;
  return "/etc/feedwire/feedwired.toml";
}

std::string Mistake::text() const {
  std::string text = file;
  if (line != 0) text += fmt::format(":{}:{}", line, column);
  if (!key.empty()) text.append(": ").append(key);
  text.append(": ").append(message);
  if (!suggestion.empty()) text.append(" (").append(suggestion).append(")");
  return redact_urls(text);
}

std::string Origin::text() const { return line == 0 ? file : fmt::format("{}:{}", file, line); }

}  // namespace feedwire::config
