// HTML as the text a reader sees, and the white space of plain text.

#include <algorithm>
#include <utility>

#include "base/appender.h"
#include "base/byte_scan.h"
#include "base/utf8.h"
#include "feeds/ascii.h"
#include "feeds/entities.h"
#include "feeds/html.h"
#include "feeds/html_tokenizer.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kNearSpace = 20;  // characters that a cut moves back to end with a word

bool is_space(char32_t c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0d) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

/// Written without spaces between words: a line break between two of these is none.
bool is_cjk(char32_t c) {
  return (c >= 0x2e80 && c <= 0x30ff) || (c >= 0x31f0 && c <= 0x9fff) ||
         (c >= 0xf900 && c <= 0xfaff) || (c >= 0xff00 && c <= 0xff60) ||
         (c >= 0x20000 && c <= 0x3ffff);
}

/// Punctuation that brings its own space.
bool is_cjk_punctuation(char32_t c) {
  return (c >= 0x3001 && c <= 0x3003) || (c >= 0x3008 && c <= 0x301f) ||
         (c >= 0xff00 && c <= 0xff0f) || (c >= 0xff1a && c <= 0xff20) || c == 0x2026;
}

bool is_continuation(char c) { return (c & 0xc0) == 0x80; }

constexpr bool is_plain_ascii(char c) { return c > 0x20 && c < 0x7f; }

/// May be the first byte of white space or of an unsafe character.
constexpr auto is_notable = [](auto c) {
  constexpr std::uint8_t kSpace = ' ', kDel = 0x7f, kC1 = 0xc2, kOgham = 0xe1, kGeneral = 0xe2,
                         kIdeographic = 0xe3, kMarks = 0xef;
  return (c <= kSpace) | (c == kDel) | (c == kC1) | (c == kOgham) | (c == kGeneral) |
         (c == kIdeographic) | (c >= kMarks);
};

/// Whether the character at `at`, where is_notable() holds, is white space, unsafe or broken.
bool is_left_out(std::string_view text, std::size_t at) {
  if (text[at] == ' ') return true;
  // By far the most frequent: kana and "、。", "，：" and other wide forms.
  const std::string_view start = text.substr(at, 3);
  if (start[0] == '\xe3') return start == "\u3000";
  if (start.starts_with("\xef\xbc")) return false;
  const char32_t c = decode_utf8(text, at);
  return c == kInvalid || is_space(c) || is_unsafe_char(c);
}

/// The size of the run at the start of visible characters and single spaces between words: what can
/// be copied as it is.
std::size_t plain_run(std::string_view text) {
  const auto ends_run = [text](std::size_t at) {
    const bool between_words =
        text[at] == ' ' && at > 0 && at + 1 < text.size() && is_plain_ascii(text[at + 1]);
    return !between_words && is_left_out(text, at);
  };
  return find_byte(text, 0, is_notable, ends_run);
}

/// Collects characters; white space is written only between two of them.
class TextBuilder {
 public:
  /// It is full_enough() soon after so many characters.
  TextBuilder(bool one_line, std::size_t enough_chars)
      : one_line_(one_line), enough_chars_(enough_chars), next_count_(enough_chars) {}

  void expect(std::size_t bytes) { out_.reserve(bytes); }

  bool full_enough() {
    if (out_.size() < next_count_) return false;
    const std::size_t chars = count_chars(out_);
    if (chars >= enough_chars_) return true;
    const std::size_t bytes_of_char = out_.size() / std::max<std::size_t>(chars, 1);
    next_count_ = out_.size() + (enough_chars_ - chars) * bytes_of_char;
    return false;
  }

  /// What is a control is left out.
  void add_char(char32_t c) {
    if (c == kInvalid) c = kReplacement;
    if (c != 0 && (is_space(c) || !is_unsafe_char(c))) add(c);
  }

  void add_text(std::string_view text) {
    for (std::size_t at = 0; at < text.size() && !full_enough();) {
      const std::size_t size = plain_run(first_utf8_bytes(text.substr(at), kMaxRun));
      if (size > 0) {
        add_run(text.substr(at, size));
        at += size;
      } else {
        add_char(decode_utf8(text, at));
      }
    }
  }

  void break_line() { gap_ = Gap::line; }

  std::string take() { return std::move(out_); }

 private:
  enum class Gap { none, space, wrap, line };  // the stronger is the later

  void add(char32_t c) {
    if (is_space(c)) {
      gap_ = std::max(gap_, c == '\n' ? Gap::wrap : Gap::space);
      return;
    }
    write_gap(c);
    append_utf8(out_, c);
    last_ = c;
  }

  /// As add() for each character; neither the first nor the last is white space.
  void add_run(std::string_view run) {
    std::size_t first = 0;
    write_gap(decode_utf8(run, first));
    out_ += run;
    std::size_t last = run.size() - 1;
    while (is_continuation(run[last])) --last;
    last_ = decode_utf8(run, last);
  }

  void write_gap(char32_t next) {
    const Gap gap = std::exchange(gap_, Gap::none);
    if (gap == Gap::none || out_.empty()) return;
    if (gap == Gap::line && !one_line_) {
      out_ += '\n';
      return;
    }
    if (gap == Gap::wrap && is_cjk(last_) && is_cjk(next)) return;
    if (gap == Gap::line && (is_cjk_punctuation(last_) || is_cjk_punctuation(next))) return;
    out_ += ' ';
  }

  static constexpr std::size_t kMaxRun = 512;  // bytes; how much more than enough it may hold

  std::string out_;
  bool one_line_;
  std::size_t enough_chars_;
  std::size_t next_count_;  // bytes of out_ when its characters are to be counted
  Gap gap_ = Gap::none;
  char32_t last_ = 0;
};

/// Collects characters other than white space.
class DenseBuilder {
 public:
  DenseBuilder(std::string& out, std::size_t expected) : out_(out, expected) {}

  bool full_enough() const { return false; }
  void add_char(char32_t c) {
    if (c == kInvalid) c = kReplacement;
    if (is_space(c) || is_unsafe_char(c)) return;
    std::string bytes;
    append_utf8(bytes, c);
    out_ += bytes;
  }
  void add_text(std::string_view text) {
    const auto confirm = [text](std::size_t at) { return is_left_out(text, at); };
    for (std::size_t at = 0; (at = out_.copy_until(text, at, is_notable, confirm)) < text.size();)
      add_char(decode_utf8(text, at));
  }
  void break_line() {}

 private:
  Appender out_;
};

/// Adds the text of one text token, its references decoded.
template <typename Builder>
void add_markup_text(Builder& builder, std::string_view text) {
  while (!text.empty() && !builder.full_enough()) {
    const std::size_t amp = std::min(text.find('&'), text.size());
    builder.add_text(text.substr(0, amp));
    text.remove_prefix(amp);
    if (text.empty()) return;
    const CharRef ref = read_char_ref(text, false);
    if (ref.size == 0)
      builder.add_char('&');
    else
      builder.add_char(ref.value);
    text.remove_prefix(std::max<std::size_t>(ref.size, 1));
  }
}

/// Elements that hold no text of their own, and raw text, which the tokenizer hands out apart.
bool drops_content(const HtmlElement& element) {
  return element.has(HtmlElement::kDropped) && !element.has(HtmlElement::kVoid) &&
         !element.has(HtmlElement::kRawText);
}

/// Where a cut after `end` would split what is read as one character.
bool continues_character(std::string_view text, std::size_t end) {
  if (end >= text.size()) return false;
  const char32_t c = decode_utf8(text, end);
  return (c >= 0x300 && c <= 0x36f) || c == 0x200d || (c >= 0xfe00 && c <= 0xfe0f) ||
         (c >= 0x1f3fb && c <= 0x1f3ff) || (c >= 0xe0020 && c <= 0xe007f);
}

/// Adds what a reader sees of `html`, until the builder has enough.
template <typename Builder>
void add_visible_text(Builder& builder, std::string_view html) {
  HtmlTokenizer tokenizer(html);
  HtmlTag dropped = HtmlTag::unknown;  // the element whose content is being left out
  int depth = 0;                       // of elements of that name
  for (HtmlToken token = tokenizer.next();
       token.kind != HtmlToken::Kind::end && !builder.full_enough(); token = tokenizer.next()) {
    const HtmlElement& element = html_element(token.tag);
    const bool start = token.kind == HtmlToken::Kind::start_tag;
    if (dropped != HtmlTag::unknown) {
      if (token.tag == dropped && !token.self_closing) depth += start ? 1 : -1;
      if (depth == 0) dropped = HtmlTag::unknown;
    } else if (token.kind == HtmlToken::Kind::text) {
      add_markup_text(builder, token.text);
    } else if (element.has(HtmlElement::kBlock) || token.tag == HtmlTag::br) {
      builder.break_line();
    } else if (start && drops_content(element) && !token.self_closing) {
      dropped = token.tag;
      depth = 1;
    }
  }
}

}  // namespace

std::string html_to_text(std::string_view html, bool one_line) {
  TextBuilder builder(one_line, html.npos);
  add_visible_text(builder, html);
  return builder.take();
}

std::string html_start(std::string_view html, std::size_t max_chars) {
  TextBuilder builder(true, max_chars);
  builder.expect(std::min(html.size(), 2 * max_chars));
  add_visible_text(builder, html);
  std::string text = builder.take();
  text.resize(size_of_chars(text, max_chars));
  return text;
}

std::string html_excerpt(std::string_view html, std::size_t max_chars) {
  constexpr std::size_t kLookAhead = 16;  // characters that tell where it may be cut
  return truncate_text(html_start(html, max_chars + kLookAhead), max_chars);
}

std::string visible_characters(std::string_view html) {
  std::string out;
  {
    DenseBuilder builder(out, html.size());
    add_visible_text(builder, html);
  }
  return out;
}

std::string collapse_space(std::string_view text) {
  if (plain_run(text) == text.size()) return std::string(text);
  TextBuilder builder(true, text.npos);
  builder.add_text(text);
  return builder.take();
}

std::string truncate_text(std::string_view text, std::size_t max_chars) {
  std::size_t at = size_of_chars(text, max_chars);
  if (at >= text.size()) return std::string(text);
  if (text[at] != ' ' && text[at] != '\n') {
    const std::size_t space = text.substr(0, at).find_last_of(" \n");
    if (space != text.npos && space > 0 &&
        count_chars(text.substr(space, at - space)) <= kNearSpace)
      at = space;
  }
  while (at > 0 && continues_character(text, at)) {
    do --at;
    while (at > 0 && is_continuation(text[at]));
  }
  return std::string(text.substr(0, at));
}

}  // namespace feedwire::feeds
