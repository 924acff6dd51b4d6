// Makes text from strangers fit to stand in a log line: nothing that breaks the line or moves a
// terminal's cursor (security S16, S17). The logger also takes credentials out of URLs
// (base/redact.h).

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace feedwire::daemon {

inline constexpr std::size_t kMaxLogValueBytes = 1024;  // S17
inline constexpr std::size_t kMaxLogLineBytes = 8192;   // a whole record, without time and level

/// `text` as the value of a key=value pair: as it is where that is plain, else in quotes with `"`
/// and `\` escaped. At most kMaxLogValueBytes; what is cut off is replaced by "…".
std::string log_value(std::string_view text);

/// `text` on one line: line breaks, controls, bidi controls and the like as \n, \r, \t or \uXXXX,
/// bytes that are not UTF-8 as \xXX. At most kMaxLogLineBytes; what is cut off becomes "…".
std::string log_line(std::string_view text);

}  // namespace feedwire::daemon
