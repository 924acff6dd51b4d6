// What a body is by its first bytes; the Content-Type header is only a hint (parsed-feed P-12).

#pragma once

#include <string_view>

namespace feedwire::feeds {

enum class BodyKind { xml, html, json, empty, binary, text };

/// Looks at no more than the first few kilobytes of `text`, which is decoded already. Comments,
/// processing instructions and a document type before the root element are passed over. Text in
/// front of "<?xml" or of a feed's root element is still `xml`.
BodyKind sniff(std::string_view text);

/// For people: "an HTML page", "empty", …
std::string_view describe(BodyKind kind);

}  // namespace feedwire::feeds
