// What differs between two versions of an entry (identity rules I-13, I-14).

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace feedwire::storage {

struct Change {
  std::vector<std::string> changed;  // names of top-level members of the item, sorted
  std::string before;                // the old values of those, as an object
};

/// Compares two items as the event log has them. `link_changed` says whether the canonical link
/// differs: another spelling of the same link is no change of "url".
Change compare_items(std::string_view old_item, std::string_view new_item, bool link_changed);

}  // namespace feedwire::storage
