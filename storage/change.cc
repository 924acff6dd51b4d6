#include "storage/change.h"

#include <algorithm>
#include <array>
#include <optional>

#include "storage/json_members.h"

namespace feedwire::storage {
namespace {

// Sorted, so that `changed` is.
constexpr std::array<std::string_view, 14> kCompared = {
    "attachments",   "authors",        "banner_image", "content_html", "content_text",
    "date_modified", "date_published", "external_url", "image",        "language",
    "summary",       "tags",           "title",        "url"};

std::optional<std::string_view> value_of(const std::vector<Member>& members,
                                         std::string_view name) {
  for (const Member& member : members)
    if (member.name == name) return member.value;
  return std::nullopt;
}

// Feeds write their tags in any order (I-13).
bool same_tags(std::optional<std::string_view> old_tags, std::optional<std::string_view> new_tags) {
  if (!old_tags || !new_tags) return old_tags == new_tags;
  std::vector<std::string_view> old_sorted = split_array(*old_tags);
  std::vector<std::string_view> new_sorted = split_array(*new_tags);
  std::sort(old_sorted.begin(), old_sorted.end());
  std::sort(new_sorted.begin(), new_sorted.end());
  return old_sorted == new_sorted;
}

}  // namespace

Change compare_items(std::string_view old_item, std::string_view new_item, bool link_changed) {
  const std::vector<Member> old_members = split_object(old_item);
  const std::vector<Member> new_members = split_object(new_item);
  Change change;
  std::vector<Member> before;
  for (const std::string_view name : kCompared) {
    if (name == "url" && !link_changed) continue;
    const auto old_value = value_of(old_members, name);
    const auto new_value = value_of(new_members, name);
    if (name == "tags" ? same_tags(old_value, new_value) : old_value == new_value) continue;
    change.changed.emplace_back(name);
    if (old_value) before.push_back({name, *old_value});
  }
  change.before = join_object(before);
  return change;
}

}  // namespace feedwire::storage
