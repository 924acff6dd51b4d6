#include "feeds/date.h"

#include <algorithm>
#include <vector>

#include "feeds/ascii.h"
#include "feeds/date_lexer.h"
#include "feeds/time_zones.h"

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

constexpr int kMinYear = 1970, kMaxYear = 2200;
constexpr int kMaxZoneHours = 15;

/// Years of two digits as in RFC 2822 4.3.
int full_year(int two_digits) { return two_digits < 50 ? 2000 + two_digits : 1900 + two_digits; }

bool is_date(int y, int m, int d) {
  return y >= kMinYear && y <= kMaxYear && m >= 1 && m <= 12 && d >= 1 &&
         year_month_day(year(y), std::chrono::month(static_cast<unsigned>(m)),
                        std::chrono::day(static_cast<unsigned>(d)))
             .ok();
}

/// Takes a date apart: first what is surely a time, then the zone behind it, and of the numbers
/// left over the date. Whatever finds no place makes the whole no date.
class Recognizer {
 public:
  explicit Recognizer(std::vector<DateToken> tokens) : tokens_(std::move(tokens)) {}

  std::optional<ParsedDate> run() {
    find_compact();
    find_time();
    find_meridiem();
    find_zone();
    if (!place_words() || !find_date()) return std::nullopt;
    return assemble();
  }

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
  bool number_before(Index i) const {
    return std::any_of(tokens_.begin(), tokens_.begin() + static_cast<std::ptrdiff_t>(i),
                       [](const DateToken& t) { return t.kind == DateToken::Kind::number; });
  }
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
  std::optional<local_days> date_;
  int hour_ = 0, minute_ = 0, second_ = 0;
  Meridiem meridiem_ = Meridiem::none;
  std::optional<minutes> offset_;
  std::string zone_;
};

/// "20031231", "20031231101455", "2003365", "2003-W52-3".
void Recognizer::find_compact() {
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

void Recognizer::find_time() {
  if (time_end_ != 0) return;
  for (Index i = 0; i < tokens_.size(); ++i)
    if (take_clock(i)) return;
  for (Index i = 0; i < tokens_.size(); ++i)
    if (take_iso_time(i) || take_spoken_time(i)) return;
}

/// "10:14", "10:14:55", "10:14:55.123". "-08:00" behind a date is a zone, not a time.
bool Recognizer::take_clock(Index i) {
  if (!is_number(i, 1, 2) || !is_mark(i + 1, ':') || !is_number(i + 2, 1, 2)) return false;
  const bool more = is_mark(i + 3, ':') && is_glued_number(i + 4, 1, 2);
  const auto numbers =
      std::count_if(tokens_.begin(), tokens_.begin() + static_cast<std::ptrdiff_t>(i),
                    [](const DateToken& t) { return t.kind == DateToken::Kind::number; });
  if (i > 0 && !more && !tokens_[i].space_before && (numbers == 3 || date_) &&
      (is_mark(i - 1, '-') || is_mark(i - 1, '+'))) {
    take_offset(i - 1, false);
    return true;
  }
  hour_ = take(i);
  minute_ = take(i + 2);
  time_end_ = i + 3;
  if (more) {
    second_ = take(i + 4);
    time_end_ = i + 5;
  }
  const bool fraction =
      is_mark(time_end_, '.') || is_mark(time_end_, ',') || (more && is_mark(time_end_, ':'));
  if (fraction && is_glued_number(time_end_ + 1, 1, 18)) {
    take(time_end_ + 1);
    time_end_ += 2;
  }
  return true;
}

/// "T10", "T1014", "T101455".
bool Recognizer::take_iso_time(Index i) {
  if (!is_word(i, "t") || !number_before(i) || !is_glued_number(i + 1, 2, 6)) return false;
  const int digits = tokens_[i + 1].digits;
  if (digits % 2 != 0) return false;
  int clock = take(i + 1);
  for (int missing = digits; missing < 6; missing += 2) clock *= 100;
  hour_ = clock / 10000;
  minute_ = clock / 100 % 100;
  second_ = clock % 100;
  time_end_ = i + 2;
  if ((is_mark(time_end_, '.') || is_mark(time_end_, ',')) &&
      is_glued_number(time_end_ + 1, 1, 18)) {
    take(time_end_ + 1);
    time_end_ += 2;
  }
  return true;
}

/// "5 pm", "14h05", "14 Uhr", "22时05分", "오후 1시 31분 15초".
bool Recognizer::take_spoken_time(Index i) {
  if (!is_number(i, 1, 2)) return false;
  if (tokens_[i].unit == 'h') {
    hour_ = take(i);
    time_end_ = i + 1;
    for (Index next = i + 1; next <= i + 2 && is_number(next, 1, 2); ++next) {
      if (tokens_[next].unit == 's')
        second_ = take(next);
      else if (tokens_[next].unit == 'm' || (tokens_[next].unit == 0 && next == i + 1))
        minute_ = take(next);
      else
        break;
      time_end_ = next + 1;
    }
    return true;
  }
  if (!is_word(i + 1)) return false;
  const DateToken& word = tokens_[i + 1];
  const bool half = word.word.meridiem != Meridiem::none && is_ascii_alpha(word.text[0]);
  if (!half && word.text != "h" && word.text != "uhr") return false;
  hour_ = take(i);
  time_end_ = i + (half ? 1 : 2);
  if (word.text == "h" && is_glued_number(i + 2, 2, 2)) {
    minute_ = take(i + 2);
    time_end_ = i + 3;
  }
  return true;
}

/// In European scripts it follows the time ("am 3. Mai" is none), in Asian ones it goes before.
void Recognizer::find_meridiem() {
  for (Index i = 0; i < tokens_.size() && time_end_ != 0; ++i) {
    DateToken& token = tokens_[i];
    const bool asian = !token.text.empty() && (token.text[0] & 0xf0) == 0xe0;
    if (token.word.meridiem == Meridiem::none || (!asian && i != time_end_)) continue;
    meridiem_ = token.word.meridiem;
    token.used = true;
    if (i == time_end_) ++time_end_;
    break;
  }
  if (meridiem_ == Meridiem::am && hour_ == 12) hour_ = 0;
  if (meridiem_ == Meridiem::pm && hour_ < 12) hour_ += 12;
  if (meridiem_ == Meridiem::noon && hour_ <= 3) hour_ += 12;
}

/// A number beats a name: "-0700 PDT", "GMT+8".
void Recognizer::find_zone() {
  for (Index i = std::max<Index>(time_end_, 1); i < tokens_.size(); ++i) {
    const DateToken& token = tokens_[i];
    const bool behind_name = is_word(i - 1) && tokens_[i - 1].used;
    if (token.is_mark('+') || token.is_mark('-')) {
      const bool apart = i == time_end_ || token.space_before || behind_name;
      const bool sure = time_end_ != 0 || token.is_mark('+');
      if (sure && apart && !offset_ && is_glued_number(i + 1, 1, 4))
        take_offset(i, zone_ == "etc/gmt");
    } else if (is_word(i) && !token.used && zone_.empty() &&
               (!token.word.known() || i == time_end_) && number_before(i) &&
               zone_offset(token.text, local_seconds())) {
      zone_ = token.text;
      tokens_[i].used = true;
    }
  }
}

/// Reads "+08:00", "+0800" or "+8", whose sign is at `i`. One of more hours than the earth has is
/// passed over.
void Recognizer::take_offset(Index i, bool inverted) {
  const int digits = tokens_[i + 1].digits;
  int number = take(i + 1);
  if (digits <= 2) number *= 100;
  if (digits <= 2 && is_mark(i + 2, ':') && is_glued_number(i + 3, 2, 2)) number += take(i + 3);
  if (number / 100 > kMaxZoneHours || number % 100 > 59) return;
  const minutes offset = hours(number / 100) + minutes(number % 100);
  offset_ = tokens_[i].is_mark('-') != inverted ? -offset : offset;
}

bool Recognizer::place_words() {
  for (Index i = 0; i < tokens_.size(); ++i)
    if (is_word(i) && !tokens_[i].used && !place_word(i)) return false;
  if (month_ == 0) month_ = maybe_month_;
  return true;
}

bool Recognizer::place_word(Index i) {
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

bool Recognizer::find_date() {
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

bool Recognizer::date_with_month(const Indexes& numbers) {
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

bool Recognizer::date_of_numbers(const Indexes& numbers) {
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
bool Recognizer::date_of_three(const Indexes& numbers) {
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

bool Recognizer::set_date(int y, int m, int d) {
  if (!is_date(y, m, d)) return false;
  date_ = local_days(year(y) / m / d);
  return true;
}

bool Recognizer::set_ordinal(int y, int day_of_year) {
  if (day_of_year < 1 || day_of_year > (year(y).is_leap() ? 366 : 365) || !set_date(y, 1, 1))
    return false;
  *date_ += days(day_of_year - 1);
  return true;
}

/// ISO 8601: week 1 is that of 4 January, day 1 is Monday.
bool Recognizer::set_week(int y, int week, int day) {
  if (week < 1 || week > 53 || day < 1 || day > 7 || !set_date(y, 1, 4)) return false;
  *date_ -= std::chrono::weekday(*date_) - std::chrono::Monday;
  *date_ += days((week - 1) * 7 + day - 1);
  return true;
}

std::optional<ParsedDate> Recognizer::assemble() const {
  if (hour_ > 24 || minute_ > 59 || second_ > 60) return std::nullopt;  // 60: a leap second
  if (hour_ == 24 && (minute_ > 0 || second_ > 0)) return std::nullopt;
  const local_seconds local = *date_ + hours(hour_) + minutes(minute_) + seconds(second_);
  std::optional<minutes> offset = offset_;
  if (!offset && !zone_.empty()) offset = zone_offset(zone_, local);
  ParsedDate parsed;
  parsed.time = sys_seconds((local - offset.value_or(minutes(0))).time_since_epoch());
  parsed.zone_given = offset.has_value();
  if (parsed.time < sys_seconds()) return std::nullopt;
  return parsed;
}

/// Unix time: 9 or 10 digits of seconds, 13 of milliseconds, 16 of microseconds, a fraction.
std::optional<ParsedDate> parse_unix_time(std::string_view text) {
  const std::string_view whole = text.substr(0, text.find('.'));
  const std::string_view fraction = text.substr(std::min(whole.size() + 1, text.size()));
  const auto is_digits = [](std::string_view s) {
    return std::all_of(s.begin(), s.end(), is_ascii_digit);
  };
  if (!is_digits(whole) || !is_digits(fraction)) return std::nullopt;
  std::size_t keep = 0;
  switch (whole.size()) {
    case 9:
    case 10:
      keep = whole.size();
      break;
    case 13:
    case 16:
      keep = 10;
      break;
    default:
      return std::nullopt;
  }
  std::int64_t value = 0;
  for (const char c : whole.substr(0, keep)) value = value * 10 + (c - '0');
  const sys_seconds time{seconds(value)};
  const int y = static_cast<int>(year_month_day(std::chrono::floor<days>(time)).year());
  if (y > kMaxYear) return std::nullopt;
  return ParsedDate{time, true};
}

}  // namespace

std::optional<ParsedDate> parse_date(std::string_view text) {
  while (!text.empty() && is_html_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_html_space(text.back())) text.remove_suffix(1);
  if (std::optional<ParsedDate> unix_time = parse_unix_time(text)) return unix_time;
  std::optional<std::vector<DateToken>> tokens = lex_date(text);
  if (!tokens) return std::nullopt;
  return Recognizer(std::move(*tokens)).run();
}

}  // namespace feedwire::feeds
