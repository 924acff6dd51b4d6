// Finds the time, the zone and the date among the tokens of a text.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "feeds/date.h"
#include "feeds/date_lexer.h"

namespace feedwire::feeds {

inline constexpr int kMinYear = 1970, kMaxYear = 2200;

/// Takes a date apart: first what is surely a time, then the zone behind it, and of the numbers
/// left over the date. Whatever finds no place makes the whole no date.
class DateRecognizer {
 public:
  explicit DateRecognizer(std::vector<DateToken> tokens) : tokens_(std::move(tokens)) {}

  /// To be called once.
  std::optional<ParsedDate> run();

 private:
  using Index = std::size_t;
  using Indexes = std::vector<Index>;

  bool is_mark(Index i, char c) const { return i < tokens_.size() && tokens_[i].is_mark(c); }
  bool is_word(Index i) const {
    return i < tokens_.size() && tokens_[i].kind == DateToken::Kind::word;
  }
  bool is_word(Index i, std::string_view text) const {
    return is_word(i) && tokens_[i].text == text;
  }
  bool is_number(Index i, int min_digits, int max_digits) const {
    return i < tokens_.size() && tokens_[i].is_number(min_digits, max_digits) && !tokens_[i].used;
  }
  bool is_glued_number(Index i, int min_digits, int max_digits) const {
    return is_number(i, min_digits, max_digits) && !tokens_[i].space_before;
  }
  bool number_before(Index i) const { return numbers_before(i) > 0; }
  std::size_t numbers_before(Index i) const;
  int take(Index i) {
    tokens_[i].used = true;
    return static_cast<int>(tokens_[i].value);
  }

  void find_compact();
  void find_time();
  bool take_clock(Index i);
  bool take_iso_time(Index i);
  bool take_spoken_time(Index i);
  void find_meridiem();
  void find_zone();
  void take_offset(Index i, bool inverted);
  bool place_words();
  bool place_word(Index i);
  bool find_date();
  bool date_with_month(const Indexes& numbers);
  bool date_of_numbers(const Indexes& numbers);
  bool date_of_three(const Indexes& numbers);
  bool set_date(int y, int m, int d);
  bool set_ordinal(int y, int day_of_year);
  bool set_week(int y, int week, int day);
  std::optional<ParsedDate> assemble() const;

  std::vector<DateToken> tokens_;
  Index time_end_ = 0;  // behind the last token of the time; 0 without one
  int month_ = 0, maybe_month_ = 0, weekday_ = -1;
  std::optional<std::chrono::local_days> date_;
  int hour_ = 0, minute_ = 0, second_ = 0;
  Meridiem meridiem_ = Meridiem::none;
  std::optional<std::chrono::minutes> offset_;
  std::string zone_;
};

}  // namespace feedwire::feeds
