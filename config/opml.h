#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.h"

namespace feedwire::config {

/// What an OPML 2.0 file subscribes to.
struct OpmlFile {
  std::vector<FeedConfig> feeds;  // url, title, tags (the folders it lies in) and origin
  std::size_t ignored = 0;        // outlines that name no http or https URL to subscribe to
  std::vector<Mistake> refused;   // those of them that name something else, and why
};

/// Takes from each outline xmlUrl, title or else text (but no URL as a title), and the folders
/// around it; nothing else, since readers have been made to run commands by the rest (security
/// S18). Of folders within folders the outer 8 count; labels are cut at 256 bytes. The Mistake, if
/// the text is no OPML, has no key. `origin` names the file in both.
std::variant<OpmlFile, Mistake> parse_opml(std::string_view text, const std::string& origin);

/// The same for a file. The Mistake, if it cannot be read, has no line.
std::variant<OpmlFile, Mistake> read_opml(const std::filesystem::path& file);

/// An OPML 2.0 file that other readers open, and that parse_opml() reads back: a feed's tags are
/// the folders it lies in, outer first.
std::string write_opml(std::vector<FeedConfig> feeds);

}  // namespace feedwire::config
