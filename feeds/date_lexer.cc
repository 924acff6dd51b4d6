#include "feeds/date_lexer.h"

#include <utility>

#include "base/utf8.h"
#include "feeds/ascii.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kMaxText = 200;  // bytes
constexpr int kMaxDigits = 18;         // fits std::int64_t

struct Unit {
  std::string_view text;
  char unit;
};
constexpr Unit kUnits[] = {
    {"年", 'Y'}, {"月", 'M'}, {"日", 'D'}, {"号", 'D'}, {"號", 'D'}, {"时", 'h'},
    {"時", 'h'}, {"点", 'h'}, {"點", 'h'}, {"分", 'm'}, {"秒", 's'}, {"년", 'Y'},
    {"월", 'M'}, {"일", 'D'}, {"시", 'h'}, {"분", 'm'}, {"초", 's'},
};

bool is_letter(char32_t c) {
  if (c < 0x80) return is_ascii_alpha(static_cast<char>(c));
  return (c >= 0xc0 && c <= 0x24f && c != 0xd7 && c != 0xf7) || (c >= 0x300 && c <= 0x52f);
}

bool is_cjk_letter(char32_t c) {
  return (c >= 0x3041 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) ||
         (c >= 0xac00 && c <= 0xd7a3);
}

/// The ASCII sign that `c` is another form of, or `c`.
char32_t plain_sign(char32_t c) {
  if (c >= 0xff01 && c <= 0xff5e) return c - 0xfee0;            // full width
  if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212) return '-';  // dashes, minus
  if (c == 0x3001 || c == 0x3002 || c == 0xb7) return ',';      // 、 。 ·
  if (c == 0xa0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200b) || c == 0x202f || c == 0xfeff)
    return ' ';
  return c == 0x2019 || c == 0x2bc ? '\'' : c;
}

class DateLexer {
 public:
  explicit DateLexer(std::string_view text) : text_(text) {}

  std::optional<std::vector<DateToken>> run();

 private:
  char32_t peek(std::size_t at, std::size_t* after = nullptr) const {
    if (at >= text_.size()) return 0;
    const char32_t c = plain_sign(decode_utf8(text_, at));
    if (after != nullptr) *after = at;
    return c;
  }
  void skip_parentheses();
  void read_number();
  void read_word();
  void read_cjk();
  DateToken& add(DateToken::Kind kind);

  std::string_view text_;
  std::size_t at_ = 0;
  bool space_ = false;
  std::vector<DateToken> tokens_;
};

std::optional<std::vector<DateToken>> DateLexer::run() {
  if (text_.size() > kMaxText) return std::nullopt;
  tokens_.reserve(text_.size() / 2 + 1);
  while (at_ < text_.size()) {
    std::size_t after = at_;
    const char32_t c = peek(at_, &after);
    if (c == ' ' || (c >= 0x09 && c <= 0x0d)) {
      space_ = true;
      at_ = after;
    } else if (c == '(') {
      skip_parentheses();
    } else if (c >= '0' && c <= '9') {
      read_number();
    } else if (is_letter(c)) {
      read_word();
    } else if (is_cjk_letter(c)) {
      read_cjk();
    } else if (c > 0x20 && c < 0x7f) {
      add(DateToken::Kind::mark).mark = static_cast<char>(c);
      at_ = after;
    } else if (c == 0xaa || c == 0xba) {  // ª º
      at_ = after;
    } else {
      return std::nullopt;
    }
  }
  return std::move(tokens_);
}

DateToken& DateLexer::add(DateToken::Kind kind) {
  DateToken& token = tokens_.emplace_back();
  token.kind = kind;
  token.space_before = std::exchange(space_, false);
  return token;
}

void DateLexer::skip_parentheses() {
  int depth = 0;
  do {
    const char32_t c = peek(at_, &at_);
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
  } while (depth > 0 && at_ < text_.size());
  space_ = true;
}

void DateLexer::read_number() {
  DateToken& token = add(DateToken::Kind::number);
  for (std::size_t after = at_;; at_ = after) {
    const char32_t c = peek(at_, &after);
    if (c < '0' || c > '9') break;
    if (++token.digits <= kMaxDigits) token.value = token.value * 10 + static_cast<int>(c - '0');
  }
  std::size_t unit_at = at_;
  while (unit_at < text_.size() && text_[unit_at] == ' ') ++unit_at;
  std::size_t word_size = 0;
  find_cjk_date_word(text_.substr(unit_at), word_size);
  if (word_size > 0) return;  // "28 월요일" is no month
  for (const Unit& unit : kUnits) {
    if (!text_.substr(unit_at).starts_with(unit.text)) continue;
    token.unit = unit.unit;
    at_ = unit_at + unit.text.size();
    return;
  }
}

/// Letters, and what joins them in "a.m.", "Etc/GMT" and "America/Port-au-Prince".
void DateLexer::read_word() {
  DateToken& token = add(DateToken::Kind::word);
  std::string& word = token.text;
  bool place = false;
  int letters = 0;
  for (std::size_t after = at_; at_ < text_.size(); at_ = after) {
    const char32_t c = peek(at_, &after);
    if (is_letter(c)) {
      if (const char32_t folded = fold_letter(c); folded != 0) append_utf8(word, folded);
      ++letters;
      continue;
    }
    const bool joins = c == '/' || (c == '.' && letters == 1) || (place && (c == '-' || c == '_'));
    if (!joins || !is_letter(peek(after))) {
      if (c == '.') at_ = after;  // of an abbreviation
      break;
    }
    place = place || c == '/';
    word += static_cast<char>(c);
  }
  token.word = find_date_word(word);
}

void DateLexer::read_cjk() {
  DateToken& token = add(DateToken::Kind::word);
  std::size_t size = 0;
  token.word = find_cjk_date_word(text_.substr(at_), size);
  if (size == 0) {
    std::size_t after = at_;
    decode_utf8(text_, after);
    size = after - at_;
  }
  token.text = text_.substr(at_, size);
  at_ += size;
}

}  // namespace

std::optional<std::vector<DateToken>> lex_date(std::string_view text) {
  return DateLexer(text).run();
}

}  // namespace feedwire::feeds
