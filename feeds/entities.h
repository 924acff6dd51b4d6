// Character references of HTML: "&amp;", "&#8212;", "&eacute".

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace feedwire::feeds {

/// What a reference stands for.
struct CharRef {
  std::size_t size = 0;  // bytes of the reference, "&" and ";" included; 0: it is none, "&" is text
  char32_t value = 0;    // 0: a control or noncharacter, which stands for nothing
};

/// Reads the reference at the start of `text`, which begins with "&" (HTML 13.2.5.72 to 80). Names
/// of Latin-1 may lack their ";"; in an attribute not where "=" or a letter or digit follows, so
/// that "?a=1&copy=2" survives. Numbers of Windows-1252 controls mean its printable characters.
CharRef read_char_ref(std::string_view text, bool in_attribute);

/// Appends `text` with its references decoded once.
void append_decoded(std::string& out, std::string_view text, bool in_attribute);

}  // namespace feedwire::feeds
