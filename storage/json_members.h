// JSON of our own making taken apart without a tree: the raw text of members, which one writer
// writes the same way every time, so equal text is an equal value.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedwire::storage {

/// One member of an object; views into its text. Names need no unescaping.
struct Member {
  std::string_view name, value;
};

/// The members of a valid object without white space between its tokens, in their order.
std::vector<Member> split_object(std::string_view object);

/// The elements of a valid array without white space between its tokens.
std::vector<std::string_view> split_array(std::string_view array);

std::string join_object(std::span<const Member> members);

/// The raw value of the member called `name`; nothing if there is none.
std::optional<std::string_view> find_member(std::string_view object, std::string_view name);

/// The text that a JSON string stands for; empty for any other value.
std::string string_value(std::string_view json);

}  // namespace feedwire::storage
