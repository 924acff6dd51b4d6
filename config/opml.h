#pragma once

#include <filesystem>
#include <variant>
#include <vector>

#include "config/config.h"

namespace feedwire::config {

/// What an OPML 2.0 file subscribes to.
struct OpmlFile {
  std::vector<FeedConfig> feeds;  // url, title, tags (the folders it lies in) and origin
  std::size_t ignored = 0;        // outlines that name no http or https URL to subscribe to
};

/// Takes from each outline xmlUrl, title or else text, and the folders around it; nothing else,
/// since readers have been made to run commands by the rest (security S18).
/// The Mistake, if the file cannot be read or is no OPML, has no key.
std::variant<OpmlFile, Mistake> read_opml(const std::filesystem::path& file);

}  // namespace feedwire::config
