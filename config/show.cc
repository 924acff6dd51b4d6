#include "config/show.h"

#include <fmt/format.h>

#include "config/schema.h"

namespace feedwire::config {
namespace {

std::string comment(const KeySpec& spec) { return fmt::format("# {}\n", spec.doc); }

}  // namespace

std::string default_file() {
  std::string out = "# feedwired.toml: every key with its default. See config/README.md.\n";
  Config defaults;
  std::string_view section;
  for (const Setting& setting : settings()) {
    if (setting.spec.section != section) {
      section = setting.spec.section;
      out += fmt::format("\n[{}]\n", section);
    }
    out += comment(setting.spec);
    out += fmt::format("{} = {}\n", setting.spec.name,
                       shown_value(setting.spec, setting.slot(defaults)));
  }
  out += "\n# One table for each feed:\n# [[feed]]\n";
  FeedConfig feed;
  feed.url = "https://example.org/feed";
  for (const FeedSetting& setting : feed_settings()) {
    out += "# " + comment(setting.spec);
    out += fmt::format("# {} = {}\n", setting.spec.name,
                       shown_value(setting.spec, setting.slot(feed)));
  }
  return out;
}

std::string show(Config config, const std::map<std::string, Origin>* origins) {
  std::string out;
  std::string_view section;
  for (const Setting& setting : settings()) {
    if (setting.spec.section != section) {
      section = setting.spec.section;
      out += fmt::format("\n[{}]\n", section);
    }
    out +=
        fmt::format("{} = {}", setting.spec.name, shown_value(setting.spec, setting.slot(config)));
    if (origins != nullptr) {
      const auto origin = origins->find(setting.spec.path());
      out += "  # " + (origin == origins->end() ? "default" : origin->second.text());
    }
    out += '\n';
  }
  FeedConfig defaults;
  for (FeedConfig& feed : config.feeds) {
    out += "\n[[feed]]";
    if (origins != nullptr) out += "  # " + feed.origin;
    out += '\n';
    for (const FeedSetting& setting : feed_settings()) {
      std::string value = shown_value(setting.spec, setting.slot(feed));
      if (value == shown_value(setting.spec, setting.slot(defaults))) continue;
      out += fmt::format("{} = {}\n", setting.spec.name, value);
    }
  }
  return out;
}

}  // namespace feedwire::config
