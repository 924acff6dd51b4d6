// ASCII without locale: what protocols mean by letters, digits and case.

#pragma once

#include <string>
#include <string_view>

namespace feedwire::feeds {

constexpr bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char to_lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 0x20) : c;
}
constexpr bool is_ascii_alpha(char c) {
  return to_lower_ascii(c) >= 'a' && to_lower_ascii(c) <= 'z';
}
constexpr bool is_ascii_alnum(char c) { return is_ascii_alpha(c) || is_ascii_digit(c); }

/// HTML's white space: space, tab, LF, FF, CR.
constexpr bool is_html_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/// The value of a hexadecimal digit, -1 for another character.
constexpr int hex_digit(char c) {
  if (is_ascii_digit(c)) return c - '0';
  const char lower = to_lower_ascii(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

constexpr bool iequals_ascii(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (to_lower_ascii(a[i]) != to_lower_ascii(b[i])) return false;
  return true;
}

constexpr bool istarts_with_ascii(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && iequals_ascii(text.substr(0, start.size()), start);
}

inline constexpr std::string_view kHtmlSpaces = " \t\n\f\r";

/// Without HTML's white space at both ends.
constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && is_html_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_html_space(text.back())) text.remove_suffix(1);
  return text;
}

inline std::string to_lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = to_lower_ascii(c);
  return out;
}

}  // namespace feedwire::feeds
