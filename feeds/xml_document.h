// The one place where XML becomes a tree. Today pugixml reads it, which is not recursive and knows
// no document types, so no entity can grow (security S9, S10).

#pragma once

#include <cstdint>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace feedwire::feeds {

/// A tree within the limits of feeds/parse.h (kMaxDepth, kMaxNodes). It must be walked by loops and
/// never be edited: pugixml 1.13 removes children by recursion (security S11).
class XmlDocument {
 public:
  XmlDocument() = default;
  XmlDocument(const XmlDocument&) = delete;
  XmlDocument& operator=(const XmlDocument&) = delete;

  /// `text` is valid UTF-8 and must outlive the document. Errors: malformed, with the line;
  /// too_large.
  Result<void> parse(std::string_view text);

  /// The first element; empty only before parse().
  pugi::xml_node root() const;

  /// The 1-based line where an element begins, 0 if not known. Counts from the start each time.
  std::uint32_t line_of(pugi::xml_node element) const;

 private:
  std::string repaired_;  // where character references had to be replaced
  std::string_view text_;
  pugi::xml_document tree_;
};

}  // namespace feedwire::feeds
