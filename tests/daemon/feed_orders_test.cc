#include "daemon/feed_orders.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "feeds/keys.h"

namespace feedwire::daemon {
namespace {

using Tags = std::vector<std::string>;

storage::FeedRef ref_of(const std::string& url, Tags tags = {}, const std::string& name = "") {
  return {feeds::feed_key(url), url, name, "", std::move(tags)};
}

config::FeedConfig configured(const std::string& url, const std::string& name = "") {
  config::FeedConfig feed;
  feed.url = url;
  feed.name = name;
  feed.origin = "/etc/feedwire/feedwired.toml:7";
  return feed;
}

}  // namespace

TEST_CASE("a feed that the configuration names is not added, whatever its spelling", "[orders]") {
  storage::FeedChanges changes;
  changes.add = {ref_of("HTTP://A.example:80/feed", {"x"}), ref_of("http://b.example/")};

  const FeedsChanged changed =
      settle_changes({configured("http://a.example/feed")}, {}, changes).value();

  REQUIRE(changed.added.size() == 2);
  CHECK_FALSE(changed.added[0].is_new);
  CHECK(changed.added[0].feed == feeds::feed_key("http://a.example/feed"));
  CHECK(changed.added[0].note ==
        "it is named at /etc/feedwire/feedwired.toml:7, whose settings hold");
  CHECK(changed.added[1].is_new);
  CHECK(changes.add == std::vector{ref_of("http://b.example/")});
}

TEST_CASE("H-74 what was added before gains tags, the first settings win", "[orders]") {
  storage::FeedRef known = ref_of("http://a.example/feed", {"x"});
  known.title = "First";
  storage::FeedRef again = ref_of("http://A.example/feed", {"x", "y"});
  again.title = "Second";
  storage::FeedChanges changes;
  changes.add = {again, ref_of("http://b.example/", {"p"}), ref_of("http://b.example/", {"q"}),
                 ref_of("http://b.example/", {"q"})};

  const FeedsChanged changed = settle_changes({}, {{known, true}}, changes).value();

  REQUIRE(changed.added.size() == 4);
  CHECK(changed.added[0].feed == known.key);
  CHECK(changed.added[0].note == "it is there already; its tags are joined");
  CHECK(changed.added[1].is_new);
  CHECK_FALSE(changed.added[2].is_new);
  CHECK(changed.added[3].note == "it is there already");
  REQUIRE(changes.add.size() == 2);
  for (const storage::FeedRef& feed : changes.add) {
    if (feed.key == known.key) CHECK(feed.title == "First");
    CHECK(feed.tags == (feed.key == known.key ? Tags{"x", "y"} : Tags{"p", "q"}));
  }
}

TEST_CASE("who adds a feed again with an interval changes it, else it stays", "[orders]") {
  storage::FeedRef known = ref_of("http://a.example/feed");
  known.interval = std::chrono::minutes{30};
  storage::FeedRef again = ref_of("http://a.example/feed", {"x"});
  storage::FeedChanges changes;
  changes.add = {again};
  REQUIRE(settle_changes({}, {{known, true}}, changes));
  CHECK(changes.add.at(0).interval == std::chrono::minutes{30});
  again.interval = std::chrono::hours{6};
  changes.add = {again};
  CHECK(settle_changes({}, {{known, true}}, changes).value().added[0].note ==
        "it is there already; its settings are changed");
  CHECK(changes.add.at(0).interval == std::chrono::hours{6});
  again.interval = {};
  again.paged = true;
  changes.add = {again};
  CHECK(settle_changes({}, {{known, true}}, changes).value().added[0].note ==
        "it is there already; its settings are changed");
  CHECK(changes.add.at(0).paged);
  CHECK(changes.add.at(0).interval == std::chrono::minutes{30});
}

TEST_CASE("a name that is taken is refused, by a feed of either kind", "[orders]") {
  for (const char* name : {"alpha", "beta"}) {
    storage::FeedChanges changes;
    changes.add = {ref_of("http://new.example/", {}, name)};
    const auto changed = settle_changes({configured("http://a.example/", "alpha")},
                                        {{ref_of("http://b.example/", {}, "beta"), true}}, changes);
    REQUIRE_FALSE(changed);
    CHECK(changed.error().message.find(std::string("the name \"") + name +
                                       "\" is that of http://") == 0);
  }
}

TEST_CASE("what a file names is not removed, and the refusal says which file", "[orders]") {
  storage::FeedChanges changes;
  changes.remove = {feeds::feed_key("http://a.example/feed")};
  const auto changed = settle_changes({configured("http://a.example/feed")}, {}, changes);
  REQUIRE_FALSE(changed);
  CHECK(changed.error().code == ErrorCode::invalid_argument);
  CHECK(changed.error().message ==
        "http://a.example/feed is named at /etc/feedwire/feedwired.toml:7: remove it there, then "
        "feedwire reload");
  CHECK(settle_changes({configured("http://b.example/feed")}, {}, changes));
}

}  // namespace feedwire::daemon
