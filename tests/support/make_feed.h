// Documents for tests of what stands above the parser: entries made by hand, keys by the real hash.

#pragma once

#include <string>
#include <vector>

#include "feeds/feed.h"
#include "feeds/keys.h"

namespace feedwire::tests {

/// An entry as a test wants to write it; empty means absent.
struct Item {
  std::string guid{}, link{}, title{};
  std::string content = "text";
  std::string date{};  // RFC 3339, as parse_date() reads it, or the same without a zone
  std::vector<std::string> tags{};
  bool own_domain = false;
};

/// What a parse worker would hand over for these items in a document of `feed`. Facts that depend
/// on the whole document (repeated guids, unique links) are filled in; a link is trusted if it is
/// unique. Links need to be canonical.
feeds::Feed make_feed(feeds::FeedKey feed, const std::vector<Item>& items);

/// `count` items with guids, links and titles of their own, numbered from `first`.
std::vector<Item> make_items(int count, int first = 1);

}  // namespace feedwire::tests
