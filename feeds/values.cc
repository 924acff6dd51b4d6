#include "feeds/values.h"

#include <algorithm>

#include "base/byte_scan.h"
#include "feeds/ascii.h"
#include "feeds/html.h"

namespace feedwire::feeds {
namespace {

bool is_address(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != text.npos && at > 0 && at + 1 < text.size() &&
         text.find_first_of(" \t\r\n<>()\"", 0) == text.npos;
}

bool is_web_url(std::string_view text) {
  return istarts_with_ascii(text, "http://") || istarts_with_ascii(text, "https://");
}

std::string_view without_mailto(std::string_view text) {
  text = trim(text);
  return istarts_with_ascii(text, "mailto:") ? text.substr(7) : text;
}

std::string name_of(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  return plain_text(text);
}

// "outside OPEN inside CLOSE": one of the two is an address or a URL, the other is the name.
std::optional<Person> parse_bracketed(std::string_view text, char open, char close) {
  const std::size_t begin = text.find(open);
  const std::size_t end = text.rfind(close);
  if (begin == text.npos || end == text.npos || end < begin) return std::nullopt;
  const std::string_view outside = without_mailto(text.substr(0, begin));
  const std::string_view inside = without_mailto(text.substr(begin + 1, end - begin - 1));
  Person person;
  if (is_address(inside)) {
    person.email = inside;
    person.name = name_of(outside);
  } else if (is_address(outside)) {
    person.email = outside;
    person.name = name_of(inside);
  } else if (is_web_url(inside)) {
    person.url = inside;
    person.name = name_of(outside);
  } else {
    return std::nullopt;
  }
  return person;
}

}  // namespace

Person parse_person(std::string_view text) {
  text = without_mailto(text);
  if (std::optional<Person> person = parse_bracketed(text, '<', '>')) return *std::move(person);
  if (std::optional<Person> person = parse_bracketed(text, '(', ')')) return *std::move(person);
  Person person;
  const std::size_t first_space = std::min(text.find_first_of(kHtmlSpaces), text.size());
  const std::size_t last_space = text.find_last_of(kHtmlSpaces);
  if (is_address(text.substr(0, first_space))) {
    person.email = text.substr(0, first_space);
    person.name = name_of(text.substr(first_space));
  } else if (last_space != text.npos && is_address(text.substr(last_space + 1))) {
    person.email = text.substr(last_space + 1);
    person.name = name_of(text.substr(0, last_space));
  } else {
    person.name = name_of(text);
  }
  return person;
}

std::optional<bool> parse_flag(std::string_view text) {
  text = trim(text);
  for (const std::string_view yes : {"yes", "true", "explicit", "1"})
    if (iequals_ascii(text, yes)) return true;
  for (const std::string_view no : {"no", "false", "clean", "0"})
    if (iequals_ascii(text, no)) return false;
  return std::nullopt;
}

std::string_view version_number(std::string_view text) {
  constexpr std::size_t kMaxChars = 8;
  text = text.substr(0, kMaxChars);
  return text.substr(0, text.find_first_not_of("0123456789."));
}

std::optional<std::uint64_t> parse_duration(std::string_view text) {
  constexpr std::uint64_t kLongest = 1'000'000'000;  // of one part; keeps the sum from overflowing
  text = trim(text);
  text = text.substr(0, text.find('.'));
  std::uint64_t seconds = 0;
  for (int parts = 0; parts < 3; ++parts) {
    const std::size_t colon = text.find(':');
    const std::optional<std::uint64_t> part = parse_number<std::uint64_t>(text.substr(0, colon));
    if (!part || *part > kLongest) return std::nullopt;
    seconds = seconds * 60 + *part;
    if (colon == text.npos) return seconds;
    text.remove_prefix(colon + 1);
  }
  return std::nullopt;
}

std::string one_line(const RichText& text) {
  return text.kind == RichText::Kind::plain ? collapse_space(text.body) : plain_text(text.body);
}

std::string plain_text(std::string_view html) {
  const auto is_markup = [](auto c) {
    constexpr std::uint8_t kTag = '<', kReference = '&';
    return (c == kTag) | (c == kReference);
  };
  if (find_byte(html, 0, is_markup) == html.size()) return collapse_space(html);
  return html_to_text(html, true);
}

std::vector<std::string> split_keywords(std::string_view html) {
  std::vector<std::string> keywords;
  while (!html.empty()) {
    const std::size_t comma = std::min(html.find(','), html.size());
    if (std::string keyword = plain_text(html.substr(0, comma)); !keyword.empty())
      keywords.push_back(std::move(keyword));
    html.remove_prefix(std::min(comma + 1, html.size()));
  }
  return keywords;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : text) {
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z')
      value = static_cast<std::uint32_t>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      value = static_cast<std::uint32_t>(c - 'a' + 26);
    else if (is_ascii_digit(c))
      value = static_cast<std::uint32_t>(c - '0' + 52);
    else if (c == '+' || c == '-')
      value = 62;
    else if (c == '/' || c == '_')
      value = 63;
    else if (is_html_space(c) || c == '=')
      continue;
    else
      return std::nullopt;
    bits = bits << 6 | value;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    bytes += static_cast<char>(bits >> bit_count & 0xff);
  }
  if (bit_count >= 6) return std::nullopt;  // one character over
  return bytes;
}

}  // namespace feedwire::feeds
