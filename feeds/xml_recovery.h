// Broken XML to a tree: libxml2's recovery over what feeds/xml_repair.h has balanced.

#pragma once

#include <cstdint>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace feedwire::feeds {

/// What is left of a broken document.
struct RecoveredXml {
  pugi::xml_document tree;  // may have several elements beside each other, or none
  std::unordered_map<std::size_t, std::uint32_t> lines;  // of elements, by hash_value()
  std::string cut_entry;  // the element in which the text ends, if that is an entry: its name
  std::uint32_t cut_line = 0;
};

/// Reads `text`, valid UTF-8 without NUL. The tree is what pugixml would make of the same text
/// without the errors. An `item` or `entry` in which the text ends is kept under another name,
/// kCutEntry, so that it is no entry: what is missing would come as a change of it.
/// No external entity, document type or catalog is looked at. The cost is linear in the text.
/// Errors: too_large (kMaxDepth, kMaxNodes), unavailable without libxml2, malformed where that
/// gives up, which nothing is known to bring about.
Result<void> recover_xml(std::string_view text, RecoveredXml& out);

inline constexpr const char* kCutEntry = "cut-entry";

}  // namespace feedwire::feeds
