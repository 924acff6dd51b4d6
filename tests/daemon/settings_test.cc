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

}  // namespace feedwire::daemon
