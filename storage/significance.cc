#include "storage/significance.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "feeds/date.h"
#include "feeds/html.h"
#include "storage/json_members.h"
#include "storage/similarity.h"

namespace feedwire::storage {
namespace {

constexpr std::chrono::days kReissuedAfter{7};
constexpr double kOtherTitle = 0.5;
constexpr int kOtherText = 16;  // bits of two SimHashes that differ

// A larger difference is not looked at character by character.
constexpr std::size_t kMaxDiffedChars = 64 * 1024;

std::string text_member(std::string_view item, std::string_view name) {
  return string_value(find_member(item, name).value_or("null"));
}

// As content_revision() reads an entry, but for spaces between words.
std::string visible_text(std::string_view item) {
  const std::string html = text_member(item, "content_html");
  if (!html.empty()) return feeds::html_to_text(html, true);
  const std::string text = text_member(item, "content_text");
  return text.empty() ? text_member(item, "summary") : text;
}

std::string_view without_params(std::string_view url) {
  return url.substr(0, url.find_first_of("?#"));
}

bool same_page(std::string_view old_item, std::string_view new_item, std::string_view name) {
  const std::string old_url = text_member(old_item, name), new_url = text_member(new_item, name);
  return without_params(old_url) == without_params(new_url);
}

bool is_small_edit(std::string_view old_item, std::string_view new_item) {
  const std::string old_text = visible_text(old_item), new_text = visible_text(new_item);
  const std::size_t changed = changed_chars(old_text, new_text, kMinorChars);
  return changed <= kMinorChars &&
         static_cast<double>(changed) <= kMinorShare * static_cast<double>(count_chars(old_text));
}

bool is_minor(std::string_view member, std::string_view old_item, std::string_view new_item) {
  constexpr std::array<std::string_view, 8> kAlways = {
      "authors",  "banner_image", "date_modified", "date_published",
      "identity", "image",        "language",      "tags"};
  if (std::find(kAlways.begin(), kAlways.end(), member) != kAlways.end()) return true;
  if (member == "url" || member == "external_url") return same_page(old_item, new_item, member);
  if (member == "content_html" || member == "content_text" || member == "summary")
    return is_small_edit(old_item, new_item);
  return false;  // title, attachments
}

std::vector<char32_t> characters(std::string_view text) {
  std::vector<char32_t> chars;
  chars.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) chars.push_back(decode_utf8(text, at));
  return chars;
}

std::size_t common_start(std::string_view a, std::string_view b) {
  const auto end = a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
  std::size_t same =
      static_cast<std::size_t>(std::mismatch(a.begin(), end, b.begin()).first - a.begin());
  // Not within a character: its first bytes may be all that is common.
  while (same > 0 && same < a.size() && (static_cast<unsigned char>(a[same]) & 0xc0) == 0x80)
    --same;
  while (same > 0 && same < b.size() && (static_cast<unsigned char>(b[same]) & 0xc0) == 0x80)
    --same;
  return same;
}

// The fewest characters put in and taken out, after E. Myers, "An O(ND) Difference Algorithm and
// Its Variations" (1986); nothing if they are more than `limit`.
std::optional<std::size_t> edit_distance(const std::vector<char32_t>& a,
                                         const std::vector<char32_t>& b, std::size_t limit) {
  const auto n = static_cast<std::ptrdiff_t>(a.size()), m = static_cast<std::ptrdiff_t>(b.size());
  const auto most = static_cast<std::ptrdiff_t>(limit);
  // On each diagonal (place in a less place in b) how far `edits` edits reach in a.
  std::vector<std::ptrdiff_t> reach(2 * limit + 3, 0);
  const auto on = [&](std::ptrdiff_t diagonal) -> std::ptrdiff_t& {
    return reach[static_cast<std::size_t>(diagonal + most + 1)];
  };
  for (std::ptrdiff_t edits = 0; edits <= most; ++edits) {
    for (std::ptrdiff_t diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const bool from_above =
          diagonal == -edits || (diagonal != edits && on(diagonal - 1) < on(diagonal + 1));
      std::ptrdiff_t x = from_above ? on(diagonal + 1) : on(diagonal - 1) + 1;
      while (x < n && x - diagonal < m && x - diagonal >= 0 &&
             a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(x - diagonal)])
        ++x;
      on(diagonal) = x;
      if (x >= n && x - diagonal >= m) return static_cast<std::size_t>(edits);
    }
  }
  return std::nullopt;
}

std::optional<std::chrono::sys_seconds> declared_date(std::string_view item) {
  const auto date = feeds::parse_date(text_member(item, "date_published"));
  return date ? std::optional(date->time) : std::nullopt;
}

}  // namespace

std::size_t changed_chars(std::string_view old_text, std::string_view new_text, std::size_t limit) {
  const std::size_t start = common_start(old_text, new_text);
  old_text.remove_prefix(start);
  new_text.remove_prefix(start);
  const std::vector<char32_t> a = characters(old_text), b = characters(new_text);
  const std::size_t longer = std::max(a.size(), b.size()), shorter = std::min(a.size(), b.size());
  if (longer - shorter > limit) return limit + 1;
  if (longer <= limit && shorter == 0) return longer;
  if (longer > kMaxDiffedChars) return limit + 1;
  // Whichever is more is at least half of all edits, and differs from the other by the lengths.
  const std::optional<std::size_t> edits = edit_distance(a, b, 2 * limit);
  return edits ? (*edits + longer - shorter) / 2 : limit + 1;
}

std::string_view significance(const Change& change, std::string_view old_item,
                              std::string_view new_item) {
  const bool minor =
      std::all_of(change.changed.begin(), change.changed.end(),
                  [&](const std::string& member) { return is_minor(member, old_item, new_item); });
  return minor ? "minor" : "major";
}

bool is_reissued(std::string_view old_item, std::string_view new_item) {
  const auto old_date = declared_date(old_item), new_date = declared_date(new_item);
  if (!old_date || !new_date || std::chrono::abs(*new_date - *old_date) <= kReissuedAfter)
    return false;
  const std::string old_title = text_member(old_item, "title");
  const std::string new_title = text_member(new_item, "title");
  if (title_similarity(old_title, new_title) >= kOtherTitle) return false;
  // The title counts as text, else entries without any could never be told apart.
  const std::uint64_t differing = simhash(old_title + "\n" + visible_text(old_item)) ^
                                  simhash(new_title + "\n" + visible_text(new_item));
  return std::popcount(differing) > kOtherText;
}

}  // namespace feedwire::storage
