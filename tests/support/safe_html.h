// A judge of what the sanitiser writes (security S13). It shares nothing with the sanitiser: its
// lists are its own, and its grammar is so narrow that no two parsers can disagree about it.

#pragma once

#include <string>
#include <string_view>

namespace feedwire::tests {

/// What is wrong with `html` as output of sanitize_html(); empty if nothing is. Allowed are
/// <name attribute="value">, </name> and text, with the names of the allow-list in lower case, each
/// attribute where it belongs and at most once, absolute http(s) URLs, and "&" only as &amp; &lt;
/// &gt; &quot; &nbsp;. What is open is closed in order, at most 256 deep.
std::string html_fault(std::string_view html);

/// Whether `url` is an absolute http(s) URL with a host, in ASCII, with nothing in it that could
/// end an attribute or an item of a srcset.
bool is_safe_url(std::string_view url);

}  // namespace feedwire::tests
