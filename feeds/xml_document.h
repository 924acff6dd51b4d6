// The one place where XML becomes a tree (parsed-feed P-11). pugixml reads what is well-formed, and
// more; it is not recursive and knows no document types. feeds/xml_recovery.h reads the rest, and
// feeds/xml_entities.h what a document type declares.

#pragma once

#include <cstdint>
#include <memory>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "feeds/parsed_feed.h"
#include "feeds/xml_recovery.h"

namespace feedwire::feeds {

/// A tree within the limits of feeds/parse.h (kMaxDepth, kMaxNodes). It must be walked by loops and
/// never be edited: pugixml 1.13 removes children by recursion (security S11).
class XmlDocument {
 public:
  XmlDocument() = default;
  XmlDocument(const XmlDocument&) = delete;
  XmlDocument& operator=(const XmlDocument&) = delete;

  /// `text` is valid UTF-8 and must outlive the document. Errors: malformed, with the line, where
  /// there is no element at all; too_large; unavailable, where libxml2 is needed but missing.
  Result<void> parse(std::string_view text);

  /// The first element; empty only before parse(). In broken documents others may follow it.
  pugi::xml_node root() const;

  /// What had to be repaired.
  const std::vector<Problem>& problems() const { return problems_; }

  /// The bytes from the name of an element up to its next sibling; empty where they are not known:
  /// of a last child and in a recovered document.
  std::string_view source_of(pugi::xml_node element) const;

  /// The 1-based line where an element begins, 0 if not known. Counts from the start each time.
  std::uint32_t line_of(pugi::xml_node element) const;

 private:
  Result<void> recover(std::string_view why, std::uint32_t line);

  std::string expanded_;  // where the document declares entities
  std::string repaired_;  // where character references had to be replaced
  std::string_view text_;
  pugi::xml_document tree_;
  std::unique_ptr<RecoveredXml> recovered_;  // then this is the tree
  std::vector<Problem> problems_;
};

}  // namespace feedwire::feeds
