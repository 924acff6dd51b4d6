#include "config/schema.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "config/show.h"
#include "tests/support/temp_dir.h"

namespace feedwire::config {
namespace {

// The row of config/README.md that documents a key.
std::string reference_row(const KeySpec& spec, const std::string& default_value) {
  std::string value = describe(spec);
  value = value.substr(0, value.find(" such as "));
  if (spec.range.most != Range{}.most)
    value += fmt::format(", {} to {}", shown_limit(spec, spec.range.least),
                         shown_limit(spec, spec.range.most));
  return fmt::format("| `{}` | {} | `{}` | {} |\n", spec.name, value, default_value, spec.doc);
}

std::string reference() {
  Config config;
  FeedConfig feed;
  std::string text;
  std::string_view section = "none";
  const auto head = [&](std::string_view title) {
    text += fmt::format("\n### {}\n\n| key | value | default | |\n|---|---|---|---|\n", title);
  };
  for (const Setting& setting : settings()) {
    if (setting.spec.section != section) {
      section = setting.spec.section;
      head(section.empty() ? "At the top of the file" : fmt::format("[{}]", section));
    }
    text += reference_row(setting.spec, shown_value(setting.spec, setting.slot(config)));
  }
  head("[[feed]]");
  for (const FeedSetting& setting : feed_settings())
    text += reference_row(setting.spec, shown_value(setting.spec, setting.slot(feed)));
  return text;
}

}  // namespace

TEST_CASE("OP-16 the reference documents every key as the table has it", "[schema]") {
  std::ifstream file(FEEDWIRE_SOURCE_DIR "/config/README.md");
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  INFO("config/README.md must contain:\n" << reference());
  CHECK((readme.find(reference()) != readme.npos));
}

TEST_CASE("OP-16 the default file is read without a word and changes nothing", "[schema]") {
  const tests::TempDir dir;
  dir.write("feedwired.toml", default_file());

  const LoadResult result = load(dir.path() / "feedwired.toml", {});

  REQUIRE(result.mistakes.empty());
  CHECK(show(*result.config, nullptr) == show(Config{}, nullptr));
  CHECK(result.config->feeds.empty());
  CHECK(result.config->notices.empty());
}

TEST_CASE("what is shown hides secrets and says where a value was set", "[schema]") {
  const tests::TempDir dir;
  dir.write("feedwired.toml", R"(
fetch.proxy = "http://me:hush@10.1.2.3:3128"
[[feed]]
url = "https://example.org/feed"
headers = { Authorization = "Bearer hush", Cookie = "credential:paper" }
)");
  const std::string file = (dir.path() / "feedwired.toml").native();

  const LoadResult result = load(file, {{"FEEDWIRE_LOG_LEVEL", "debug"}});
  REQUIRE(result.mistakes.empty());
  const std::string text = show(*result.config, &result.origins);

  CHECK(text.find("hush") == text.npos);
  CHECK(text.find("proxy = \"http://***@10.1.2.3:3128\"  # " + file + ":2\n") != text.npos);
  CHECK(text.find("level = \"debug\"  # $FEEDWIRE_LOG_LEVEL\n") != text.npos);
  CHECK(text.find("timeout = \"1m\"  # default\n") != text.npos);
  CHECK(text.find("headers = { \"Authorization\" = \"***\", \"Cookie\" = \"credential:paper\" }") !=
        text.npos);
  CHECK(text.find("[[feed]]  # " + file + ":3\n") != text.npos);
}

}  // namespace feedwire::config
