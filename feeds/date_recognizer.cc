#include "feeds/date_recognizer.h"

#include <algorithm>

#include "base/time_zones.h"

namespace feedwire::feeds {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_seconds;
using std::chrono::year;
using std::chrono::year_month_day;

/// Years of two digits as in RFC 2822 4.3.
int full_year(int two_digits) { return two_digits < 50 ? 2000 + two_digits : 1900 + two_digits; }

bool is_date(int y, int m, int d) {
  return y >= kMinYear && y <= kMaxYear && m >= 1 && m <= 12 && d >= 1 &&
         year_month_day(year(y), std::chrono::month(static_cast<unsigned>(m)),
                        std::chrono::day(static_cast<unsigned>(d)))
             .ok();
}

}  // namespace

std::optional<ParsedDate> DateRecognizer::run() {
  find_compact();
  find_time();
  find_meridiem();
  find_zone();
  if (!place_words() || !find_date()) return std::nullopt;
  return assemble();
}

std::size_t DateRecognizer::numbers_before(Index i) const {
  return static_cast<std::size_t>(
      std::count_if(tokens_.begin(), tokens_.begin() + static_cast<std::ptrdiff_t>(i),
                    [](const DateToken& t) { return t.kind == DateToken::Kind::number; }));
}

/// "20031231", "20031231101455", "2003365", "2003-W52-3".
void DateRecognizer::find_compact() {
  if (tokens_.empty() || tokens_[0].kind != DateToken::Kind::number) return;
  const std::int64_t value = tokens_[0].value;
  const int digits = tokens_[0].digits;
  if (digits == 12 || digits == 14) {
    const std::int64_t clock = digits == 14 ? value % 1000000 : value % 10000 * 100;
    hour_ = static_cast<int>(clock / 10000);
    minute_ = static_cast<int>(clock / 100 % 100);
    second_ = static_cast<int>(clock % 100);
    time_end_ = 1;
  }
  if (digits == 8 || digits == 12 || digits == 14) {
    std::int64_t date = value;
    for (int extra = digits; extra > 8; --extra) date /= 10;
    take(0);
    set_date(static_cast<int>(date / 10000), static_cast<int>(date / 100 % 100),
             static_cast<int>(date % 100));
  } else if (digits == 7) {
    const int number = take(0);
    set_ordinal(number / 1000, number % 1000);
  } else if (digits == 4) {
    const Index w = is_mark(1, '-') ? 2 : 1;
    if (!is_word(w, "w")) return;
    if (is_glued_number(w + 1, 3, 3)) {
      const int number = take(w + 1);
      set_week(take(0), number / 10, number % 10);
    } else if (is_glued_number(w + 1, 2, 2)) {
      const bool day = is_mark(w + 2, '-') && is_glued_number(w + 3, 1, 1);
      set_week(take(0), take(w + 1), day ? take(w + 3) : 1);
    }
    tokens_[w].used = true;
  }
}

bool DateRecognizer::place_words() {
  for (Index i = 0; i < tokens_.size(); ++i)
    if (is_word(i) && !tokens_[i].used && !place_word(i)) return false;
  if (month_ == 0) month_ = maybe_month_;
  return true;
}

bool DateRecognizer::place_word(Index i) {
  const DateToken& token = tokens_[i];
  const DateWord& word = token.word;
  if (word.filler && (i == 0 || !token.space_before)) return true;  // "1st", not Czech "st"
  if (word.month != 0 && word.weekday >= 0) {
    maybe_month_ = word.month;
  } else if (word.month != 0) {
    if (month_ != 0) return false;
    month_ = word.month;
  } else if (word.weekday >= 0) {
    weekday_ = word.weekday;
  } else if (!word.known() && (month_ != 0 || number_before(i))) {
    // An unknown zone, or a letter of the armed forces, which RFC 2822 4.3 says means nothing.
    if (time_end_ == 0 || i < time_end_ || !zone_.empty() || token.text.size() > 5) return false;
    zone_ = token.text;
  }
  return true;
}

bool DateRecognizer::find_date() {
  Indexes numbers;
  for (Index i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].kind != DateToken::Kind::number || tokens_[i].used) continue;
    if (tokens_[i].unit == 'M' && tokens_[i].digits <= 2) {
      if (month_ != 0 && month_ != maybe_month_) return false;
      month_ = take(i);
    } else {
      numbers.push_back(i);
    }
  }
  if (date_) return numbers.empty();
  return month_ != 0 ? date_with_month(numbers) : date_of_numbers(numbers);
}

bool DateRecognizer::date_with_month(const Indexes& numbers) {
  const auto is_year = [this](Index i) { return tokens_[i].digits == 4 || tokens_[i].unit == 'Y'; };
  if (numbers.size() == 1 && is_year(numbers[0])) return set_date(take(numbers[0]), month_, 1);
  if (numbers.size() != 2) return false;
  Index day = numbers[0], year_at = numbers[1];
  if (is_year(day)) std::swap(day, year_at);
  const int digits = tokens_[year_at].digits;
  if (is_year(day) || tokens_[day].digits > 2 || digits == 3 || digits > 4) return false;
  const int year_number = take(year_at);
  return set_date(digits <= 2 ? full_year(year_number) : year_number, month_, take(day));
}

bool DateRecognizer::date_of_numbers(const Indexes& numbers) {
  const auto digits = [&](Index i) { return tokens_[numbers[i]].digits; };
  if (numbers.size() == 3) return date_of_three(numbers);
  if (numbers.empty() || digits(0) != 4) return false;
  const bool whole = tokens_.size() == numbers.size() * 2 - 1;  // nothing beside them
  const int first = take(numbers[0]);
  if (numbers.size() == 1 && whole) return set_date(first, 1, 1);
  if (numbers.size() != 2 || !is_mark(numbers[0] + 1, '-')) return false;
  if (digits(1) == 3) return set_ordinal(first, take(numbers[1]));
  return digits(1) == 2 && whole && set_date(first, take(numbers[1]), 1);
}

/// "2003-12-31", "31.12.2003", "12/31/2003": the separator tells the habit, an impossible month or
/// the weekday that it was not followed.
bool DateRecognizer::date_of_three(const Indexes& numbers) {
  const int digits[] = {tokens_[numbers[0]].digits, tokens_[numbers[1]].digits,
                        tokens_[numbers[2]].digits};
  const DateToken& next = tokens_[numbers[0] + 1];
  const char separator = next.kind == DateToken::Kind::mark ? next.mark : ' ';
  const int a = take(numbers[0]), b = take(numbers[1]), c = take(numbers[2]);
  if (digits[1] > 2) return false;
  if (digits[0] == 4) return digits[2] <= 2 && set_date(a, b, c);
  if (digits[0] > 2 || (digits[2] != 4 && digits[2] > 2)) return false;
  if (digits[2] == 2 && separator == '-' && is_date(full_year(a), b, c))
    return set_date(full_year(a), b, c);

  const int y = digits[2] == 4 ? c : full_year(c);
  const bool day_first = is_date(y, b, a), month_first = is_date(y, a, b);
  if (!day_first || !month_first) return day_first ? set_date(y, b, a) : set_date(y, a, b);
  set_date(y, separator == '/' ? a : b, separator == '/' ? b : a);
  const int weekday = static_cast<int>(std::chrono::weekday(*date_).c_encoding());
  if (weekday_ >= 0 && weekday != weekday_)
    set_date(y, separator == '/' ? b : a, separator == '/' ? a : b);
  return true;
}

bool DateRecognizer::set_date(int y, int m, int d) {
  if (!is_date(y, m, d)) return false;
  date_ = local_days(year(y) / m / d);
  return true;
}

bool DateRecognizer::set_ordinal(int y, int day_of_year) {
  if (day_of_year < 1 || day_of_year > (year(y).is_leap() ? 366 : 365) || !set_date(y, 1, 1))
    return false;
  *date_ += days(day_of_year - 1);
  return true;
}

/// ISO 8601: week 1 is that of 4 January, day 1 is Monday.
bool DateRecognizer::set_week(int y, int week, int day) {
  if (week < 1 || week > 53 || day < 1 || day > 7 || !set_date(y, 1, 4)) return false;
  *date_ -= std::chrono::weekday(*date_) - std::chrono::Monday;
  *date_ += days((week - 1) * 7 + day - 1);
  return true;
}

std::optional<ParsedDate> DateRecognizer::assemble() const {
  if (hour_ > 24 || minute_ > 59 || second_ > 60) return std::nullopt;  // 60: a leap second
  if (hour_ == 24 && (minute_ > 0 || second_ > 0)) return std::nullopt;
  const local_seconds local = *date_ + hours(hour_) + minutes(minute_) + seconds(second_);
  std::optional<minutes> offset = offset_;
  if (!offset && !zone_.empty()) offset = zone_offset(zone_, local);
  ParsedDate parsed;
  parsed.time = sys_seconds((local - offset.value_or(minutes(0))).time_since_epoch());
  parsed.zone_given = offset.has_value();
  // The zone may carry New Year's Eve over to a year that is none.
  if (!is_feed_date(parsed.time)) return std::nullopt;
  return parsed;
}

}  // namespace feedwire::feeds
