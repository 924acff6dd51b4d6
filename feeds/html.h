// HTML from strangers: made safe, or made text. One pass over the bytes, no tree.

#pragma once

#include <string>
#include <string_view>

namespace feedwire::feeds {

/// The allow-listed subset of `html` (parsed-feed P-3, security S13): well nested, attributes
/// quoted and escaped, every URL absolute http(s) against `base`. Sanitising the result again gives
/// the same. `first_image`, if given, gets the URL of the first image that is not a pixel.
std::string sanitize_html(std::string_view html, std::string_view base,
                          std::string* first_image = nullptr);

/// What a reader sees of `html`: tags gone, block elements break lines, entities decoded once,
/// white space collapsed, no script or style. A lone "<" keeps the text after it. With
/// `one_line`, line breaks are spaces (titles, summaries); CJK text keeps no stray spaces there.
std::string html_to_text(std::string_view html, bool one_line);

/// The first `max_chars` characters of html_to_text() on one line. Costs no more for a long
/// document than for a short one.
std::string html_start(std::string_view html, std::size_t max_chars);

/// The same, cut as by truncate_text().
std::string html_excerpt(std::string_view html, std::size_t max_chars);

/// html_to_text() without any white space: what stays the same when only markup changes.
std::string visible_characters(std::string_view html);

/// Character references (HTML 4 names and the common HTML 5 ones, decimal, hex) decoded once.
std::string decode_entities(std::string_view text);

/// Plain text of a title or name: white space collapsed, ends trimmed, controls dropped.
std::string collapse_space(std::string_view text);

/// At most `max_chars` characters of `text`, cut between characters, at a space if one is near.
std::string truncate_text(std::string_view text, std::size_t max_chars);

}  // namespace feedwire::feeds
