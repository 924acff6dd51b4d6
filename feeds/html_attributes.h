// What the sanitiser lets through of an element's attributes (security S13), and how text is
// written into HTML.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/appender.h"
#include "feeds/html_elements.h"
#include "feeds/html_tokenizer.h"

namespace feedwire::feeds {

/// Appends characters as HTML text or as a quoted attribute value; controls are left out.
void append_escaped(Appender& out, std::string_view text);

/// Appends the source of a text token: references are decoded, then everything is escaped anew.
void append_text_source(Appender& out, std::string_view source);

/// Appends ` name="value"`, the value escaped.
void append_attribute(Appender& out, std::string_view name, std::string_view value);

/// The same with a value as it stands in a tag, whose references are decoded once.
void append_attribute_source(Appender& out, std::string_view name, std::string_view source);

/// Appends those attributes of an element, other than img, that are allowed for it. URLs are made
/// absolute against `base`; one that is not http(s) then loses its attribute.
void append_attributes(Appender& out, HtmlTag tag, const std::vector<HtmlAttribute>& attributes,
                       std::string_view base);

/// The decoded value of the first attribute `name` (lower case); empty if there is none.
std::string attribute_value(const std::vector<HtmlAttribute>& attributes, std::string_view name);

/// The same as an absolute http(s) URL; empty if it is not one.
std::string attribute_url(const std::vector<HtmlAttribute>& attributes, std::string_view name,
                          std::string_view base);

}  // namespace feedwire::feeds
