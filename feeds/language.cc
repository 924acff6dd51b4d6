#include "feeds/language.h"

#include <algorithm>

#include "feeds/ascii.h"

namespace feedwire::feeds {
namespace {

bool all(std::string_view text, bool (*is)(char)) {
  return std::all_of(text.begin(), text.end(), is);
}

/// RFC 5646 2.1.1: regions in upper case, scripts in title case, but not behind a singleton.
std::string subtag_case(std::string_view subtag, bool extension) {
  std::string out = to_lower_ascii(subtag);
  const auto upper = [&out](std::size_t i) { out[i] = static_cast<char>(out[i] - 0x20); };
  if (extension || !all(subtag, is_ascii_alpha)) return out;
  if (out.size() == 2) upper(1);
  if (out.size() == 2 || out.size() == 4) upper(0);
  return out;
}

}  // namespace

std::string normalize_language(std::string_view tag) {
  const std::size_t start = tag.find_first_not_of(" \t\r\n");
  if (start == tag.npos) return {};
  tag.remove_prefix(start);
  // "en-US,en;q=0.8" is a header's list, "zh_CN.UTF-8@x" a POSIX locale.
  tag = tag.substr(0, tag.find_first_of(" \t\r\n,;.@"));

  std::string out;
  bool extension = false;
  while (!tag.empty()) {
    const std::size_t end = std::min(tag.find_first_of("-_"), tag.size());
    const std::string_view subtag = tag.substr(0, end);
    tag.remove_prefix(std::min(end + 1, tag.size()));
    if (subtag.empty() || subtag.size() > 8 || !all(subtag, is_ascii_alnum)) return {};
    if (out.empty()) {
      // Longer primary subtags are reserved: "english" is no tag.
      if (subtag.size() > 3 || !all(subtag, is_ascii_alpha)) return {};
      out = to_lower_ascii(subtag);
      if (subtag.size() == 1 && out != "x" && out != "i") return {};
    } else {
      (out += '-') += subtag_case(subtag, extension);
    }
    extension = extension || subtag.size() == 1;
  }
  return out == "x" || out == "i" ? std::string() : out;
}

}  // namespace feedwire::feeds
