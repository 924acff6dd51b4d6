// Strangers' text on a terminal: nothing that it holds may act on the terminal or hide there
// (security S16), and columns line up whatever script it is in.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace feedwire::cli {

/// `text` with controls, bidi controls and invisible characters replaced by visible marks: ESC by
/// U+241B, U+202E by "<U+202E>", a byte that is not UTF-8 by U+FFFD.
std::string visible(std::string_view text);

/// Columns that `text`, as returned by visible(), takes on a terminal: two for a CJK character or
/// an emoji, none for a combining mark.
std::size_t display_width(std::string_view text);

/// `text`, as returned by visible(), cut to `width` columns with "…" at the end if it is longer.
std::string cut_to_width(std::string_view text, std::size_t width);

/// Columns of the terminal that `fd` is, else $COLUMNS; 0 = neither, do not cut.
std::size_t terminal_width(int fd);

}  // namespace feedwire::cli
