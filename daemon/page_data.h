// The page at "/", as page/embed.py puts it together out of the files in page/ when we are built.

#pragma once

#include <string_view>

namespace feedwire::daemon {

extern const std::string_view kPageHtml;    // all of it: style and script are within
extern const std::string_view kPageEtag;    // with its quotes
extern const std::string_view kPagePolicy;  // of Content-Security-Policy

}  // namespace feedwire::daemon
