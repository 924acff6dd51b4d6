#pragma once

#include <string>
#include <string_view>

namespace feedwire::cli {

/// One event as a line for people, without the LF: time, type, feed, what it is about. Made visible
/// (S16), cut to `width` columns (0 = not), with colours of the terminal where asked for.
std::string event_text(std::string_view line, std::size_t width, bool coloured);

}  // namespace feedwire::cli
