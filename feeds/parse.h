// The way in: bytes of a document -> ParsedFeed. Pure: no clock, file, socket or setting.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "feeds/parsed_feed.h"

namespace feedwire::feeds {

inline constexpr std::size_t kMaxEntries = 10'000;  // of one document; the rest is a problem
inline constexpr std::size_t kMaxDepth = 256;       // of XML elements; security S11
inline constexpr std::size_t kMaxNodes = 1'000'000;

/// What is known of a document beside its bytes. A hint each, empty where unknown.
struct Source {
  std::string url;  // after redirects; relative URLs and "//host" links are resolved with it
  std::string content_type;  // the HTTP header
  // Of dates that name none, as configured_offset() reads it; "" = not configured.
  std::string time_zone = {};
};

/// Reads RSS 0.9x/2.0, RDF, Atom 0.3/1.0, JSON Feed 1.x: whatever the first bytes say it is.
/// Errors: malformed, where it is no feed; the message says what it is instead ("an HTML page",
/// "empty", …) and for an HTML page discover_feeds() finds what it links to.
Result<ParsedFeed> parse_document(std::string_view bytes, const Source& source);

/// The costly step, apart so that an unchanged entry can skip it: fills content_html or
/// content_text, summary and image from content and abstract (P-2, P-3, P-7), then drops those.
void finish_entry(ParsedEntry& entry, const ParsedFeed& feed);

/// The feeds an HTML page links to by <link rel=alternate>, absolute, in document order (P-12).
std::vector<std::string> discover_feeds(std::string_view html, std::string_view page_url);

/// The same of the bytes of a document that parse_document() refused, if they are HTML or XHTML.
std::vector<std::string> linked_feeds(std::string_view bytes, const Source& page);

}  // namespace feedwire::feeds
