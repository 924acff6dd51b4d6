#include "feeds/date_common.h"

#include "feeds/ascii.h"
#include "feeds/date_recognizer.h"

namespace feedwire::feeds {
namespace {

using std::chrono::day;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::month;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr int kMaxZoneHours = 14;

/// Reads a text of fixed shape from its start. Once something is missing, all else is too.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool failed() const { return failed_; }
  bool at_end() const { return text_.empty(); }

  bool accept(std::string_view expected) {
    if (!text_.starts_with(expected)) return false;
    text_.remove_prefix(expected.size());
    return true;
  }
  void expect(std::string_view expected) { failed_ |= !accept(expected); }

  /// A number of exactly so many digits.
  int number(std::size_t digits) {
    if (text_.size() < digits) failed_ = true;
    if (failed_) return 0;
    int value = 0;
    for (const char c : text_.substr(0, digits)) {
      failed_ |= !is_ascii_digit(c);
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(digits);
    return value;
  }

  /// The place of the next three letters in `names`, three letters each, from 1.
  int name_of(std::string_view names) {
    const std::size_t at = text_.size() < 3 ? names.npos : names.find(text_.substr(0, 3));
    if (at == names.npos || at % 3 != 0) failed_ = true;
    if (failed_) return 0;
    text_.remove_prefix(3);
    return static_cast<int>(at / 3) + 1;
  }

 private:
  std::string_view text_;
  bool failed_ = false;
};

struct Fields {
  int y = 0, mon = 0, d = 0, h = 0, min = 0, s = 0;
  int zone = 0;  // minutes east
};

void read_clock(Cursor& text, Fields& fields) {
  fields.h = text.number(2);
  text.expect(":");
  fields.min = text.number(2);
  text.expect(":");
  fields.s = text.number(2);
}

// "+0800", or with `colon` between hours and minutes. False for another zone.
bool read_offset(Cursor& text, std::string_view colon, Fields& fields) {
  const int sign = text.accept("+") ? 1 : text.accept("-") ? -1 : 0;
  const int zone_hours = text.number(2);
  text.expect(colon);
  const int zone_minutes = text.number(2);
  fields.zone = sign * (zone_hours * 60 + zone_minutes);
  // "-0000" says that the zone is not known.
  return zone_hours <= kMaxZoneHours && zone_minutes < 60 && (sign > 0 || fields.zone < 0);
}

bool read_rfc2822(Cursor text, Fields& fields) {
  text.name_of("MonTueWedThuFriSatSun");
  text.expect(", ");
  fields.d = text.number(2);
  text.expect(" ");
  fields.mon = text.name_of("JanFebMarAprMayJunJulAugSepOctNovDec");
  text.expect(" ");
  fields.y = text.number(4);
  text.expect(" ");
  read_clock(text, fields);
  text.expect(" ");
  const bool zone = text.accept("GMT") || read_offset(text, "", fields);
  return zone && !text.failed() && text.at_end();
}

bool read_rfc3339(Cursor text, Fields& fields) {
  fields.y = text.number(4);
  text.expect("-");
  fields.mon = text.number(2);
  text.expect("-");
  fields.d = text.number(2);
  text.expect("T");
  read_clock(text, fields);
  const bool zone = text.accept("Z") || read_offset(text, ":", fields);
  return zone && !text.failed() && text.at_end();
}

}  // namespace

std::optional<ParsedDate> parse_common_date(std::string_view text) {
  if (text.size() < 20) return std::nullopt;
  const Cursor cursor(text);
  Fields f;
  if (is_ascii_digit(text[0]) ? !read_rfc3339(cursor, f) : !read_rfc2822(cursor, f))
    return std::nullopt;
  const year_month_day date(year(f.y), month(static_cast<unsigned>(f.mon)),
                            day(static_cast<unsigned>(f.d)));
  if (!date.ok() || f.y <= kMinYear || f.y >= kMaxYear) return std::nullopt;
  if (f.h > 23 || f.min > 59 || f.s > 59) return std::nullopt;
  return ParsedDate{sys_days(date) + hours(f.h) + minutes(f.min) + seconds(f.s) - minutes(f.zone),
                    true};
}

}  // namespace feedwire::feeds
