// Headers whose values are credentials of the service.

#include "daemon/credentials.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace feedwire::daemon {
namespace {

using Headers = std::map<std::string, std::string>;

config::Config config_with(Headers headers) {
  config::Config config;
  config.feeds.resize(2);
  config.feeds[0].headers = {{"Accept-Language", "de"}};
  config.feeds[1].origin = "feedwired.toml:7";
  config.feeds[1].headers = std::move(headers);
  return config;
}

}  // namespace

TEST_CASE("OP-3 a header's value may be a credential of the service", "[credentials]") {
  const tests::TempDir dir;
  dir.write("paper", "Bearer abc=\r\n");
  config::Config config =
      config_with({{"Authorization", "credential:paper"}, {"X-Plain", "credentials"}});
  CHECK(take_credentials(config, dir.path()).empty());
  CHECK(config.feeds[0].headers == Headers{{"Accept-Language", "de"}});
  CHECK(config.feeds[1].headers ==
        Headers{{"Authorization", "Bearer abc="}, {"X-Plain", "credentials"}});
}

TEST_CASE("OP-3 a credential that cannot be had is a mistake that says what to do",
          "[credentials]") {
  const tests::TempDir dir;
  dir.write("lines", "one\ntwo");
  dir.write("empty", "\n");
  const auto mistakes = [&](const std::string& name, const std::filesystem::path& folder) {
    config::Config config = config_with({{"Cookie", "credential:" + name}});
    std::vector<std::string> all = take_credentials(config, folder);
    CHECK(config.feeds[1].headers.at("Cookie") == "credential:" + name);
    REQUIRE(all.size() == 1);
    return all.front();
  };
  const std::string advice =
      "put it into /etc/feedwire/credentials/paper, add LoadCredential=paper:"
      "/etc/feedwire/credentials/paper to the unit (systemctl edit feedwired) and restart "
      "feedwired";
  CHECK(mistakes("paper", dir.path()) ==
        "feedwired.toml:7: feed.headers: Cookie: " + (dir.path() / "paper").native() +
            " is not there; " + advice);
  CHECK(mistakes("paper", "") ==
        "feedwired.toml:7: feed.headers: Cookie: feedwired was started without credentials "
        "($CREDENTIALS_DIRECTORY is not set); " +
            advice);
  for (const char* name : {"lines", "empty"})
    CHECK(mistakes(name, dir.path()) ==
          "feedwired.toml:7: feed.headers: Cookie: " + (dir.path() / name).native() +
              ": a header field's value is one line of text");
}

}  // namespace feedwire::daemon
