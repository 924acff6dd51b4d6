// Walks over whole subtrees, by loops: how deep they are is a stranger's choice.

#pragma once

#include <cstdint>
#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace feedwire::feeds {

/// XXH3 of the names, attributes and texts of an element and of all below it.
std::uint64_t hash_tree(pugi::xml_node element);

/// What text beside elements is: Atom says text (RFC 4287 3.1.1.3), in RSS CDATA sections mostly
/// hold markup.
enum class Text { text, markup_in_cdata, markup };

/// What stands between the tags of `element`, as HTML without prefixes. Relative URLs below an
/// xml:base of their own are resolved with it, which is itself relative to `base`.
std::string serialize_children(pugi::xml_node element, std::string_view base, Text text);

}  // namespace feedwire::feeds
