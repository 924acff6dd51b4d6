// Prints the parsed feed: JSON Feed 1.1 with what it has no field for under "_feedwire", and the
// markdown of static-site generators. Field names: feeds/README.md.

#pragma once

#include <string>

#include "feeds/parsed_feed.h"

namespace feedwire::feeds {

/// Appends one finished entry as a JSON Feed item on one line; "_feedwire" is always there, last.
void append_item_json(std::string& out, const ParsedEntry& entry);

/// Appends the feed without "items" as one object; "_feedwire" is always there, last.
void append_feed_json(std::string& out, const ParsedFeed& feed);

/// The whole document, "items" after the feed's own fields and before "_feedwire".
std::string feed_json(const ParsedFeed& feed);

/// item.id: guid, else url, else "sha256:" of title and content.
std::string item_id(const ParsedEntry& entry);

/// One entry with YAML front matter and its HTML.
std::string entry_markdown(const ParsedEntry& entry, const ParsedFeed& feed);

}  // namespace feedwire::feeds
