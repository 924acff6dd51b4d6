// Entities that a document declares itself: <!DOCTYPE rss [<!ENTITY who "Ann">]> (XML 1.0 4.2).
// Neither parser reads document types, so what they declare cannot grow behind our back (security
// S9, S10).

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace feedwire::feeds {

struct ExpandedXml {
  std::string text;
  bool limited = false;  // whether a reference was dropped, as it stands for too much
};

/// `text` with references to its internal general entities replaced; nothing where it declares
/// none, which costs a look at what stands in front of the root. External and parameter entities
/// are as if not declared. A reference that stands for more than 64 KiB, for itself, or makes the
/// document grow by more than 1 MiB, is dropped. Lines stay the same.
std::optional<ExpandedXml> expand_entities(std::string_view text);

}  // namespace feedwire::feeds
