// How much an update means to a reader (identity rules I-9 and I-14).

#pragma once

#include <cstddef>
#include <string_view>

#include "storage/change.h"

namespace feedwire::storage {

/// Characters of visible text that an update may touch and still be minor, and their share of the
/// text before it.
inline constexpr std::size_t kMinorChars = 50;
inline constexpr double kMinorShare = 0.05;

/// "minor" where nothing but tags, authors, language, images, dates or the parameters of the link
/// changed, or the visible text by at most kMinorChars and kMinorShare; "major" for all else.
/// `change` is compare_items() of the two.
std::string_view significance(const Change& change, std::string_view old_item,
                              std::string_view new_item);

/// Whether a guid was given to something else (I-9): the declared date moved by more than a week,
/// the titles have little in common and the texts differ.
bool is_reissued(std::string_view old_item, std::string_view new_item);

/// How many characters of valid UTF-8 must be put in or taken out, whichever is more, to make one
/// text of the other; more than `limit` for any larger number.
std::size_t changed_chars(std::string_view old_text, std::string_view new_text, std::size_t limit);

}  // namespace feedwire::storage
