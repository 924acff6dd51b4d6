// Names of months and weekdays, halves of the day, and the small words around them, in the
// languages of feeds: de en es fr it nl pl pt ru el hu, and cs da fi id no ro sv tr uk; zh ja ko.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace feedwire::feeds {

enum class Meridiem { none, am, pm, noon };

/// What a word may mean in a date. "mar" is both March and Tuesday (mardi); the rest of the date
/// tells.
struct DateWord {
  int month = 0;     // 1 to 12
  int weekday = -1;  // Sunday = 0
  Meridiem meridiem = Meridiem::none;
  bool filler = false;  // "at", "de", "th": means nothing

  bool known() const { return month != 0 || weekday >= 0 || meridiem != Meridiem::none || filler; }
};

/// A letter in lower case and without its accent, so that "Février" is "fevrier"; 0 for a combining
/// accent, which is dropped.
char32_t fold_letter(char32_t c);

/// The meaning of a word of folded letters; four letters or more may be the start of a name.
DateWord find_date_word(std::string_view folded);

/// The longest Chinese, Japanese or Korean word at the start of `text`; `size` gets its bytes, 0 if
/// there is none.
DateWord find_cjk_date_word(std::string_view text, std::size_t& size);

}  // namespace feedwire::feeds
