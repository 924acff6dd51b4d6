// Small values that publishers write in many ways.

#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/ascii.h"
#include "feeds/parsed_feed.h"

namespace feedwire::feeds {

/// "mail@example.org (Name)", "Name <mail@example.org>", "Name (https://…)", "mail@example.org
/// Name", an address or a name. Entities in the name are decoded once.
Person parse_person(std::string_view text);

/// "yes", "true", "explicit", "1" / "no", "false", "clean", "0".
std::optional<bool> parse_flag(std::string_view text);

/// The digits and dots at the start of a format's version, a few at most: "2.0" of "2.0 (draft)".
std::string_view version_number(std::string_view text);

/// "3601", "1:00:01", "60:01", "12.5": whole seconds.
std::optional<std::uint64_t> parse_duration(std::string_view text);

/// P-1: markup stripped, or plain text with its white space collapsed.
std::string one_line(const RichText& text);

/// P-1 for text that is HTML by custom, as all of RSS is: entities decoded once, tags stripped.
std::string plain_text(std::string_view html);

/// A number that fills the trimmed text; nothing for a sign "+", other text or an overflow.
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  text = trim(text);
  Number value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The plain texts between commas.
std::vector<std::string> split_keywords(std::string_view html);

/// The bytes of RFC 4648 base64, white space ignored; nothing if it is something else.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace feedwire::feeds
