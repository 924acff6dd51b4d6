#include <catch2/catch.hpp>

#include "config/config.h"
#include "tests/support/temp_dir.h"

namespace feedwire::config {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

// A folder with a configuration that has no mistakes.
struct Files {
  tests::TempDir dir;

  Files() { std::filesystem::create_directory(dir.path() / "conf.d"); }
  Config load(const std::map<std::string, std::string>& environment = {}) const {
    LoadResult result = config::load(dir.path() / "feedwired.toml", environment);
    for (const Mistake& mistake : result.mistakes) UNSCOPED_INFO(mistake.text());
    REQUIRE(result.config);
    return std::move(*result.config);
  }
};

}  // namespace

TEST_CASE("an empty file gives the defaults of the design", "[load]") {
  Files files;
  files.dir.write("feedwired.toml", "");

  const Config config = files.load();

  CHECK(config.state_dir == "/var/lib/feedwire");
  CHECK(config.fetch.max_body == 16u << 20);
  CHECK(config.schedule.floor == 60min);
  CHECK(config.events.keep_size == 10ull << 30);
  CHECK(config.feeds.empty());
  CHECK(config.notices.empty());
}

TEST_CASE("floor and intervals of a second are the operator's right", "[load]") {
  Files files;
  files.dir.write("feedwired.toml", R"(
[schedule]
floor = "1s"
max_interval = "1s"
[[feed]]
url = "http://127.0.0.1:8000/feed"
interval = "1s"
[[feed]]
url = "http://127.0.0.1:8000/other"
interval = ""
)");

  const Config config = files.load();

  CHECK(config.schedule.floor == 1s);
  CHECK(config.feeds.at(0).interval == 1s);
  CHECK_FALSE(config.feeds.at(1).interval);
}

TEST_CASE("hubs are told a URL of https, or one on loopback", "[load]") {
  Files files;
  const auto accepts = [&](const std::string& callback) {
    files.dir.write("feedwired.toml",
                    "[websub]\nlisten = \"[::1]:8081\"\ncallback = \"" + callback + "\"\n");
    return config::load(files.dir.path() / "feedwired.toml", {}).config.has_value();
  };
  for (const char* const url :
       {"https://feeds.example.org", "https://feeds.example.org:8443/a/b/",
        "http://127.0.0.1:8081/websub", "http://[::1]:8081", "http://localhost/x"}) {
    INFO(url);
    CHECK(accepts(url));
  }
  for (const char* const url :
       {"http://feeds.example.org/websub", "http://127.example.org/", "https://a.example/?x=1",
        "https://a.example/#x", "https://user:word@a.example/", "ftp://a.example/", "feeds"}) {
    INFO(url);
    CHECK_FALSE(accepts(url));
  }
}

TEST_CASE("conf.d is read by name: tables merge, scalars and lists replace, feeds add up",
          "[load]") {
  Files files;
  files.dir.write("feedwired.toml", R"(
opml = ["a.opml"]
[fetch]
timeout = "30s"
contact = "main"
allow = ["10.0.0.0/8"]
[identity]
host_aliases = { "m.example.org" = "www.example.org" }
[[feed]]
url = "https://example.org/main"
)");
  files.dir.write("a.opml",
                  R"(<opml><body><outline xmlUrl="https://example.org/a"/></body></opml>)");
  files.dir.write("conf.d/20.toml", "fetch.contact = \"twenty\"\n");
  files.dir.write("conf.d/10.toml", R"(
opml = ["b.opml"]
[fetch]
contact = "ten"
allow = ["192.168.0.0/16"]
[identity]
host_aliases = { "m.example.net" = "example.net" }
[[feed]]
url = "https://example.org/ten"
)");
  files.dir.write("conf.d/b.opml",
                  R"(<opml><body><outline xmlUrl="https://example.org/b"/></body></opml>)");
  files.dir.write("conf.d/99.toml.bak", "this is no TOML");

  const Config config = files.load();

  CHECK(config.fetch.timeout == 30s);
  CHECK(config.fetch.contact == "twenty");
  CHECK(config.fetch.allow == Texts{"192.168.0.0/16"});
  CHECK(config.identity.host_aliases.size() == 2);
  Texts urls;
  for (const FeedConfig& feed : config.feeds) urls.push_back(feed.url);
  CHECK(urls == Texts{"https://example.org/main", "https://example.org/ten",
                      "https://example.org/a", "https://example.org/b"});
}

TEST_CASE("paths are relative to the file that names them", "[load]") {
  Files files;
  files.dir.write("feedwired.toml", "state_dir = \"state\"\n");
  files.dir.write("conf.d/a.toml", "runtime_dir = \"../run\"\n");

  const Config config = files.load();

  CHECK(config.state_dir == files.dir.path() / "state");
  CHECK(config.runtime_dir == files.dir.path() / "run");
}

TEST_CASE("the environment overrides the files, and what names no key is ignored", "[load]") {
  Files files;
  files.dir.write("feedwired.toml", "log.level = \"warn\"\n");

  const Config config = files.load({{"FEEDWIRE_LOG_LEVEL", "debug"},
                                    {"FEEDWIRE_STATE_DIR", "/tmp/x"},
                                    {"FEEDWIRE_FETCH_MAX_CONCURRENT", "7"},
                                    {"FEEDWIRE_SCHEDULE_BUDGET", "2.5"},
                                    {"FEEDWIRE_FETCH_ALLOW", "127.0.0.0/8,::1"},
                                    {"FEEDWIRE_IDENTITY_HOST_ALIASES", "m.a.example=a.example"},
                                    {"FEEDWIRE_BUILD", "build"},
                                    {"FEEDWIRE_CONFIG", "elsewhere"}});

  CHECK(config.log.level == "debug");
  CHECK(config.state_dir == "/tmp/x");
  CHECK(config.fetch.max_concurrent == 7);
  CHECK(config.schedule.budget == 2.5);
  CHECK(config.fetch.allow == Texts{"127.0.0.0/8", "::1"});
  CHECK(config.identity.host_aliases.at("m.a.example") == "a.example");
}

TEST_CASE("a mistake in the environment names the variable", "[load]") {
  Files files;
  files.dir.write("feedwired.toml", "");

  const LoadResult result =
      load(files.dir.path() / "feedwired.toml",
           {{"FEEDWIRE_FETCH_TIMEOUT", "60"}, {"FEEDWIRE_FETCH_MAX_CONCURRENT", "many"}});

  REQUIRE(result.mistakes.size() == 2);
  CHECK(result.mistakes[0].text() ==
        "$FEEDWIRE_FETCH_MAX_CONCURRENT: fetch.max_concurrent: expected a whole number");
  CHECK(result.mistakes[1].text() ==
        "$FEEDWIRE_FETCH_TIMEOUT: fetch.timeout: expected a duration such as \"90s\", \"15m\", "
        "\"6h\" or \"7d\" (did you mean \"60s\"?)");
}

TEST_CASE("H-74 a URL listed twice is one feed: tags join, the first settings win, a notice",
          "[load]") {
  Files files;
  files.dir.write("feedwired.toml", R"(
opml = ["a.opml"]
[[feed]]
url = "https://example.org/feed"
name = "first"
tags = ["a", "b"]
[[feed]]
url = "HTTPS://Example.org:443/feed#again"
name = "second"
tags = ["b", "c"]
)");
  files.dir.write("a.opml", R"(<opml><body><outline text="d">
      <outline xmlUrl="https://example.org/feed"/></outline></body></opml>)");

  const Config config = files.load();

  REQUIRE(config.feeds.size() == 1);
  CHECK(config.feeds[0].url == "https://example.org/feed");
  CHECK(config.feeds[0].name == "first");
  CHECK(config.feeds[0].tags == Texts{"a", "b", "c", "d"});
  REQUIRE(config.notices.size() == 2);
  CHECK(config.notices[0].find("is already listed at") != std::string::npos);
}

}  // namespace feedwire::config
