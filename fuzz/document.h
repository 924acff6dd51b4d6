// What must hold of any document that strangers may send.

#pragma once

#include <string>
#include <string_view>

#include "feeds/parse.h"

namespace feedwire::fuzz {

/// Reads `bytes` as a parse worker does and requires: an error that says something, or a Feed that
/// passes Feed::check(), whose entries are JSON with safe HTML and http(s) URLs; and that a second
/// reading, with all entries known, finds all of them unchanged.
void check_document(std::string_view bytes, const feeds::Source& source);

/// Requires of sanitize_html(), given valid UTF-8: safe output, the same when it is sanitised
/// again.
void check_sanitizer(std::string_view html, std::string_view base);

/// Requires valid UTF-8 of the text of `html`, which is valid itself, and http(s) URLs of the feeds
/// a page links to.
void check_text(std::string_view html);

}  // namespace feedwire::fuzz
