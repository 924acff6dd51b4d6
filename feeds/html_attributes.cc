#include "feeds/html_attributes.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/utf8.h"
#include "feeds/ascii.h"
#include "feeds/entities.h"
#include "feeds/url.h"

namespace feedwire::feeds {
namespace {

struct AttributeRule {
  std::string_view name;
  std::array<HtmlTag, 4> tags;  // where it is allowed; none: everywhere
  bool is_url = false;
};

constexpr AttributeRule kRules[] = {
    {"href", {HtmlTag::a}, true},
    {"cite", {HtmlTag::blockquote, HtmlTag::q, HtmlTag::del, HtmlTag::ins}, true},
    {"title", {}},
    {"lang", {}},
    {"dir", {}},
    {"datetime", {HtmlTag::time, HtmlTag::del, HtmlTag::ins}},
    {"start", {HtmlTag::ol}},
    {"reversed", {HtmlTag::ol}},
    {"type", {HtmlTag::ol}},
    {"value", {HtmlTag::li}},
    {"colspan", {HtmlTag::td, HtmlTag::th}},
    {"rowspan", {HtmlTag::td, HtmlTag::th}},
    {"span", {HtmlTag::col, HtmlTag::colgroup}},
    {"open", {HtmlTag::details}},
};

bool allows(const AttributeRule& rule, HtmlTag tag) {
  return rule.tags[0] == HtmlTag::unknown ||
         std::find(rule.tags.begin(), rule.tags.end(), tag) != rule.tags.end();
}

std::string decoded(std::string_view source) {
  std::string value;
  append_decoded(value, source, true);
  return value;
}

// Bytes that cannot be copied into HTML: markup and controls.
constexpr auto is_special = [](auto c) {
  constexpr std::uint8_t kSpace = ' ', kTab = '\t', kLine = '\n', kReturn = '\r', kAmp = '&',
                         kOpen = '<', kClose = '>', kDel = 0x7f;
  return ((c < kSpace) & (c != kTab) & (c != kLine) & (c != kReturn)) | (c == kAmp) | (c == kOpen) |
         (c == kClose) | (c == kDel);
};

constexpr auto is_special_in_value = [](auto c) {
  constexpr std::uint8_t kQuote = '"';
  return is_special(c) | (c == kQuote);
};

void append_special(Appender& out, char c) {
  switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\f':
      out += ' ';  // white space in HTML, and no line break in text
      break;
    default:
      break;  // a control
  }
}

const HtmlAttribute* find_attribute(const std::vector<HtmlAttribute>& attributes,
                                    std::string_view name) {
  const auto found = std::find_if(
      attributes.begin(), attributes.end(),
      [&](const HtmlAttribute& attribute) { return iequals_ascii(attribute.name, name); });
  return found == attributes.end() ? nullptr : &*found;
}

std::string utf8_of(char32_t c) {
  std::string bytes;
  append_utf8(bytes, c);
  return bytes;
}

bool has_reference(std::string_view source) { return source.find('&') != source.npos; }

std::string url_of(std::string_view source, std::string_view base) {
  return has_reference(source) ? resolve_url(base, decoded(source)) : resolve_url(base, source);
}

}  // namespace

void append_escaped(Appender& out, std::string_view text) {
  for (std::size_t at = 0; (at = out.copy_until(text, at, is_special_in_value)) < text.size(); ++at)
    append_special(out, text[at]);
}

void append_text_source(Appender& out, std::string_view source) {
  for (std::size_t at = 0; (at = out.copy_until(source, at, is_special)) < source.size();) {
    const char c = source[at];
    const CharRef ref = c == '&' ? read_char_ref(source.substr(at), false) : CharRef();
    if (ref.size == 0)
      append_special(out, c);
    else if (ref.value == 0xa0)
      out += "&nbsp;";
    else if (ref.value == '&' || ref.value == '<' || ref.value == '>')
      append_special(out, static_cast<char>(ref.value));
    else if (ref.value != 0)
      out += utf8_of(ref.value);
    at += std::max<std::size_t>(ref.size, 1);
  }
}

void append_attribute(Appender& out, std::string_view name, std::string_view value) {
  ((out += ' ') += name) += "=\"";
  append_escaped(out, value);
  out += '"';
}

void append_attribute_source(Appender& out, std::string_view name, std::string_view source) {
  if (has_reference(source)) return append_attribute(out, name, decoded(source));
  append_attribute(out, name, source);
}

void append_attributes(Appender& out, HtmlTag tag, const std::vector<HtmlAttribute>& attributes,
                       std::string_view base) {
  std::array<bool, std::size(kRules)> seen{};  // of two the first counts
  for (const HtmlAttribute& attribute : attributes) {
    for (std::size_t i = 0; i < std::size(kRules); ++i) {
      const AttributeRule& rule = kRules[i];
      if (!iequals_ascii(attribute.name, rule.name)) continue;
      if (seen[i] || !allows(rule, tag)) break;
      seen[i] = true;
      if (!rule.is_url)
        append_attribute_source(out, rule.name, attribute.value);
      else if (const std::string url = url_of(attribute.value, base); !url.empty())
        append_attribute(out, rule.name, url);
      break;
    }
  }
}

std::string attribute_value(const std::vector<HtmlAttribute>& attributes, std::string_view name) {
  const HtmlAttribute* const attribute = find_attribute(attributes, name);
  return attribute == nullptr ? std::string() : decoded(attribute->value);
}

std::string attribute_url(const std::vector<HtmlAttribute>& attributes, std::string_view name,
                          std::string_view base) {
  const HtmlAttribute* const attribute = find_attribute(attributes, name);
  if (attribute == nullptr || attribute->value.empty()) return {};
  return url_of(attribute->value, base);
}

}  // namespace feedwire::feeds
