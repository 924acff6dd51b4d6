// Cuts the text of a date into numbers, words and marks, whatever its script.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/date_names.h"

namespace feedwire::feeds {

struct DateToken {
  enum class Kind : std::uint8_t { number, word, mark };

  Kind kind = Kind::mark;
  bool space_before = false;
  bool used = false;  // by the recogniser
  char mark = 0;      // of a mark, in ASCII
  char unit = 0;   // of a number before 年月日时分秒 or 년월일시분초: one of "YMDhms"
  int digits = 0;  // of a number: how many
  std::int64_t value = 0;  // of a number
  std::string text;        // of a word: folded letters
  DateWord word;           // what it may mean

  bool is_mark(char c) const { return kind == Kind::mark && mark == c; }
  bool is_number(int min_digits, int max_digits) const {
    return kind == Kind::number && digits >= min_digits && digits <= max_digits;
  }
};

/// What stands in parentheses is left out. Nothing for text that is too long, or that holds
/// characters which no date has.
std::optional<std::vector<DateToken>> lex_date(std::string_view text);

}  // namespace feedwire::feeds
