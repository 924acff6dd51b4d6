#include "daemon/settings.h"

#include <catch2/catch.hpp>
#include <optional>

namespace feedwire::daemon {

TEST_CASE("what the operator says of a feed's identity reaches the store", "[settings]") {
  config::Config config;
  config.feeds.resize(6);
  const char* const kinds[] = {"auto", "guid", "link", "enclosure", "title_date", "title_content"};
  for (std::size_t i = 0; i < config.feeds.size(); ++i) {
    config.feeds[i].url = "http://example.org/" + std::to_string(i);
    config.feeds[i].identity = kinds[i];
  }

  const std::vector<Subscription> list = subscriptions(config);

  REQUIRE(list.size() == 6);
  CHECK_FALSE(list[0].ref.identity);
  CHECK(list[1].ref.identity == feeds::KeyKind::guid);
  CHECK(list[2].ref.identity == feeds::KeyKind::link);
  CHECK(list[3].ref.identity == feeds::KeyKind::enclosure);
  CHECK(list[4].ref.identity == feeds::KeyKind::title_date);
  CHECK(list[5].ref.identity == feeds::KeyKind::title_content);
}

TEST_CASE("I-18 which feeds have numbered pages is the operator's word", "[settings]") {
  config::Config config;
  config.feeds.resize(2);
  config.feeds[1].paged = true;
  const std::vector<Subscription> list = subscriptions(config);
  CHECK_FALSE(list[0].paged);
  CHECK(list[1].paged);
  CHECK_FALSE(list[1].ref.paged);  // of those that are added at run time alone
}

TEST_CASE("feeds added at run time are polled too, but where both name one the settings hold",
          "[settings]") {
  config::Config config;
  config.feeds.resize(2);
  config.feeds[0].url = "http://a.example/";
  config.feeds[0].title = "Configured";
  config.feeds[1].url = "http://b.example/";
  std::vector<Subscription> feeds = subscriptions(config);
  storage::OperatorFeed twice{feeds[0].ref, true}, paused{feeds[1].ref, false}, added{{}, true};
  twice.ref.title = "Added";
  paused.ref.paused = true;
  added.ref.key = 7;
  added.ref.url = "http://c.example/";
  added.ref.paged = true;

  CHECK(join_operator_feeds(feeds, {twice, paused, added}) == std::vector<std::size_t>{0});

  REQUIRE(feeds.size() == 3);
  CHECK(feeds[0].ref.title == "Configured");
  CHECK_FALSE(feeds[0].ref.paused);
  CHECK(feeds[1].ref.paused);
  CHECK(feeds[2].ref == added.ref);
  CHECK(feeds[2].paged);
}

}  // namespace feedwire::daemon
