#include "config/config_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/fs.h"
#include "config/read_value.h"
#include "config/schema.h"
#include "config/suggest.h"

namespace feedwire::config {
namespace {

// One TOML file while it is read.
class FileReader {
 public:
  FileReader(LoadResult& result, const std::filesystem::path& file)
      : result_(result), file_(file), dir_(file.parent_path()) {}

  void read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      if (const Setting* setting = find_setting("", key.str()))
        read_setting(*setting, node);
      else if (key.str() == "feed")
        read_feeds(node);
      else if (is_section(key.str()))
        read_section(key, node);
      else
        report(key.source(), std::string(key.str()), "unknown key", suggest_top(key.str()));
    }
  }

  void report(const toml::source_region& where, std::string key, std::string message,
              std::string suggestion) {
    result_.mistakes.push_back({file_.native(), where.begin.line, where.begin.column,
                                std::move(key), std::move(message), std::move(suggestion)});
  }

 private:
  static const Setting* find_setting(std::string_view section, std::string_view name) {
    const auto found = std::find_if(settings().begin(), settings().end(), [&](const Setting& s) {
      return s.spec.section == section && s.spec.name == name;
    });
    return found == settings().end() ? nullptr : &*found;
  }

  static bool is_section(std::string_view name) {
    const std::vector<std::string_view> names = section_names();
    return !name.empty() && std::find(names.begin(), names.end(), name) != names.end();
  }

  // For a key that stands at the top: a key or section spelled like it, else the section it is in.
  static std::string suggest_top(std::string_view name) {
    std::vector<std::string_view> words = section_names();
    words.push_back("feed");
    for (const Setting& setting : settings()) {
      if (setting.spec.section.empty()) words.push_back(setting.spec.name);
    }
    if (const std::string_view word = closest(name, words); !word.empty())
      return did_you_mean(word);
    return suggest_elsewhere("", name);
  }

  static std::string suggest_in(std::string_view section, std::string_view name) {
    std::vector<std::string_view> words;
    for (const Setting& setting : settings()) {
      if (setting.spec.section == section) words.push_back(setting.spec.name);
    }
    if (const std::string_view word = closest(name, words); !word.empty())
      return did_you_mean(word);
    return suggest_elsewhere(section, name);
  }

  static std::string suggest_elsewhere(std::string_view section, std::string_view name) {
    for (const Setting& setting : settings()) {
      if (setting.spec.name != name || setting.spec.section == section) continue;
      return setting.spec.section.empty()
                 ? "it belongs at the top of the file, before the first [section]"
                 : fmt::format("it belongs in [{}]", setting.spec.section);
    }
    return {};
  }

  void read_section(const toml::key& section, const toml::node& node) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      return report(node.source(), std::string(section.str()), "expected a table",
                    fmt::format("write [{}] on a line of its own", section.str()));
    }
    for (const auto& [key, value] : *table) {
      if (const Setting* setting = find_setting(section.str(), key.str()))
        read_setting(*setting, value);
      else
        report(key.source(), fmt::format("{}.{}", section.str(), key.str()), "unknown key",
               suggest_in(section.str(), key.str()));
    }
  }

  void read_setting(const Setting& setting, const toml::node& node) {
    const auto& begin = node.source().begin;
    const Origin origin{file_.native(), begin.line, begin.column};
    result_.origins[setting.spec.path()] = origin;

    // Lists of paths add up, so each element has an origin of its own.
    const std::size_t paths_before = result_.config->opml.size();
    read_node(setting.spec, node, setting.slot(*result_.config));
    for (std::size_t i = paths_before; i < result_.config->opml.size(); ++i)
      result_.origins[fmt::format("opml[{}]", i)] = origin;
  }

  void read_node(const KeySpec& spec, const toml::node& node, const Slot& slot) {
    for (Problem& problem : read_value(node, spec, dir_, slot))
      report(problem.where, spec.path(), std::move(problem.message), std::move(problem.suggestion));
  }

  void read_feeds(const toml::node& node) {
    const toml::array* feeds = node.as_array();
    if (feeds == nullptr || !feeds->is_homogeneous<toml::table>()) {
      return report(node.source(), "feed", "expected a list of tables",
                    "write [[feed]] with two brackets, once for each feed");
    }
    for (const toml::node& feed : *feeds) read_feed(*feed.as_table());
  }

  void read_feed(const toml::table& table) {
    FeedConfig feed;
    feed.origin = Origin{file_.native(), table.source().begin.line, 0}.text();
    for (const auto& [key, value] : table) {
      const auto found = std::find_if(
          feed_settings().begin(), feed_settings().end(),
          [&, &name = key](const FeedSetting& setting) { return setting.spec.name == name.str(); });
      if (found == feed_settings().end())
        report_unknown_of_feed(key);
      else
        read_node(found->spec, value, found->slot(feed));
    }
    if (!table.contains("url"))
      report(table.source(), "feed.url", "a [[feed]] needs a URL",
             "add url = \"https://…\" below [[feed]]");
    result_.config->feeds.push_back(std::move(feed));
  }

  void report_unknown_of_feed(const toml::key& key) {
    std::vector<std::string_view> words;
    for (const FeedSetting& setting : feed_settings()) words.push_back(setting.spec.name);
    std::string suggestion = did_you_mean(closest(key.str(), words));
    if (suggestion.empty()) suggestion = suggest_elsewhere("feed", key.str());
    report(key.source(), fmt::format("feed.{}", key.str()), "unknown key", std::move(suggestion));
  }

  LoadResult& result_;
  const std::filesystem::path& file_;
  const std::filesystem::path dir_;
};

}  // namespace

void read_config_file(const std::filesystem::path& file, LoadResult& result) {
  static constexpr std::size_t kMaxFileBytes = 64 << 20;
  const Result<std::string> text = read_file(file, kMaxFileBytes);
  if (!text) {
    const bool absent = text.error().code == ErrorCode::not_found;
    result.mistakes.push_back(
        {file.native(), 0, 0, "", absent ? "there is no such file" : text.error().message,
         absent ? "make one with `feedwire config default`, or name another with --config FILE"
                : ""});
    return;
  }
  const auto first = static_cast<std::ptrdiff_t>(result.mistakes.size());
  FileReader reader(result, file);
  try {
    reader.read(toml::parse(*text));
  } catch (const toml::parse_error& error) {
    reader.report(error.source(), "", std::string(error.description()), "");
  }
  // toml++ hands out the keys of a table in the order of the alphabet.
  std::stable_sort(result.mistakes.begin() + first, result.mistakes.end(),
                   [](const Mistake& a, const Mistake& b) {
                     return std::tie(a.line, a.column) < std::tie(b.line, b.column);
                   });
}

}  // namespace feedwire::config
