// Documents of which only dates matter, for tests of the schedule.

#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "feeds/feed.h"

namespace feedwire::tests {

struct Shown {
  std::optional<WallTime> published = {};
  bool unchanged = false;  // it was in the last document
};

inline feeds::Feed document_of(const std::vector<Shown>& shown, feeds::FeedInfo info = {}) {
  info.json = R"({"_feedwire":{}})";
  std::vector<feeds::Entry> entries(shown.size());
  for (std::size_t i = 0; i < shown.size(); ++i) {
    entries[i].unchanged = shown[i].unchanged;
    if (!shown[i].unchanged) entries[i].json = R"({"_feedwire":{}})";
    if (shown[i].published)
      entries[i].published = std::chrono::floor<std::chrono::seconds>(*shown[i].published);
  }
  return feeds::Feed::check(feeds::flatten(info, entries)).value();
}

}  // namespace feedwire::tests
