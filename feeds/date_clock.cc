// The time of day and the zone of DateRecognizer.

#include <algorithm>

#include "base/time_zones.h"
#include "feeds/ascii.h"
#include "feeds/date_recognizer.h"

namespace feedwire::feeds {
namespace {

using std::chrono::hours;
using std::chrono::local_seconds;
using std::chrono::minutes;

constexpr int kMaxZoneHours = 15;

}  // namespace

void DateRecognizer::find_time() {
  if (time_end_ != 0) return;
  for (Index i = 0; i < tokens_.size(); ++i)
    if (take_clock(i)) return;
  for (Index i = 0; i < tokens_.size(); ++i)
    if (take_iso_time(i) || take_spoken_time(i)) return;
}

/// "10:14", "10:14:55", "10:14:55.123". "-08:00" behind a date is a zone, not a time.
bool DateRecognizer::take_clock(Index i) {
  if (!is_number(i, 1, 2) || !is_mark(i + 1, ':') || !is_number(i + 2, 1, 2)) return false;
  const bool more = is_mark(i + 3, ':') && is_glued_number(i + 4, 1, 2);
  if (i > 0 && !more && !tokens_[i].space_before && (numbers_before(i) == 3 || date_) &&
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
bool DateRecognizer::take_iso_time(Index i) {
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
bool DateRecognizer::take_spoken_time(Index i) {
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
void DateRecognizer::find_meridiem() {
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
void DateRecognizer::find_zone() {
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
void DateRecognizer::take_offset(Index i, bool inverted) {
  const int digits = tokens_[i + 1].digits;
  int number = take(i + 1);
  if (digits <= 2) number *= 100;
  if (digits <= 2 && is_mark(i + 2, ':') && is_glued_number(i + 3, 2, 2)) number += take(i + 3);
  if (number / 100 > kMaxZoneHours || number % 100 > 59) return;
  const minutes offset = hours(number / 100) + minutes(number % 100);
  offset_ = tokens_[i].is_mark('-') != inverted ? -offset : offset;
}

}  // namespace feedwire::feeds
