// Whether a text is the JSON that an event may carry, told in one pass and without a tree.

#pragma once

#include <cstddef>
#include <string_view>

namespace feedwire::feeds {

inline constexpr std::size_t kMaxJsonDepth = 64;  // security S11

/// Whether `json` is one JSON object (RFC 8259) in valid UTF-8 as append_item_json() writes it: no
/// white space outside of strings, no unsafe character in them (base/utf8.h), no half of a
/// surrogate pair, nested at most kMaxJsonDepth deep, its last member an object "_feedwire", so
/// that it ends in "}}" and the store may add members there.
bool is_item_json(std::string_view json);

}  // namespace feedwire::feeds
