// Bytes -> UTF-8 (parsed-feed P-10, security S25).

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "feeds/parsed_feed.h"

namespace feedwire::feeds {

/// A document as UTF-8. `text` is valid UTF-8 without NUL and byte order mark; it views the bytes
/// given to decode() where nothing had to change, else `owned`, so it must not be moved.
struct DecodedText {
  DecodedText() = default;
  DecodedText(const DecodedText&) = delete;
  DecodedText& operator=(const DecodedText&) = delete;

  std::string_view text;
  std::string encoding;  // lower case, as decoded from
  std::vector<Problem> problems;
  std::string owned;
};

/// Byte order mark, else the charset of `content_type`, else the XML declaration, else UTF-8 if the
/// bytes are valid or nearly so, else what uchardet takes them for, else Windows-1252. Where the
/// declared encoding does not fit and the bytes are valid UTF-8, UTF-8 wins. A byte that cannot be
/// decoded becomes U+FFFD and a problem. C1 controls are what Windows-1252 has in their place, as
/// in HTML.
void decode(std::string_view bytes, std::string_view content_type, DecodedText& out);

/// Opens the converter of each encoding that decode() knows and keeps it, so that decode() opens no
/// file later. A parse worker calls this once, before its sandbox closes; costs some milliseconds.
void preload_encodings();

}  // namespace feedwire::feeds
