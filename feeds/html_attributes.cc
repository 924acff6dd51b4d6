#include "feeds/html_attributes.h"

#include <algorithm>
#include <array>

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

// Bytes that append_escaped() cannot copy: markup and controls.
constexpr std::array<bool, 256> make_special() {
  std::array<bool, 256> special{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) special[byte] = true;
  special['\t'] = special['\n'] = special['\r'] = false;
  special['&'] = special['<'] = special['>'] = special['"'] = special[0x7f] = true;
  return special;
}
constexpr std::array<bool, 256> kSpecial = make_special();

void append_special(std::string& out, char c) {
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
    default:
      break;  // a control
  }
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!kSpecial[static_cast<unsigned char>(text[at])]) continue;
    out.append(text, start, at - start);
    append_special(out, text[at]);
    start = at + 1;
  }
  out.append(text, start);
}

void append_text_source(std::string& out, std::string_view source) {
  std::size_t start = 0, at = 0;
  while (at < source.size()) {
    const char c = source[at];
    if (!kSpecial[static_cast<unsigned char>(c)] || c == '"') {
      ++at;
      continue;
    }
    out.append(source, start, at - start);
    const CharRef ref = c == '&' ? read_char_ref(source.substr(at), false) : CharRef();
    if (ref.size == 0)
      append_special(out, c);
    else if (ref.value == 0xa0)
      out += "&nbsp;";
    else if (ref.value == '&' || ref.value == '<' || ref.value == '>')
      append_special(out, static_cast<char>(ref.value));
    else if (ref.value != 0)
      append_utf8(out, ref.value);
    at += std::max<std::size_t>(ref.size, 1);
    start = at;
  }
  out.append(source, start);
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out.append(1, ' ').append(name).append("=\"");
  append_escaped(out, value);
  out += '"';
}

void append_attributes(std::string& out, HtmlTag tag, const std::vector<HtmlAttribute>& attributes,
                       std::string_view base) {
  std::array<bool, std::size(kRules)> seen{};  // of two the first counts
  for (const HtmlAttribute& attribute : attributes) {
    for (std::size_t i = 0; i < std::size(kRules); ++i) {
      const AttributeRule& rule = kRules[i];
      if (!iequals_ascii(attribute.name, rule.name)) continue;
      if (seen[i] || !allows(rule, tag)) break;
      seen[i] = true;
      std::string value = decoded(attribute.value);
      if (rule.is_url) value = resolve_url(base, value);
      if (!rule.is_url || !value.empty()) append_attribute(out, rule.name, value);
      break;
    }
  }
}

std::string attribute_value(const std::vector<HtmlAttribute>& attributes, std::string_view name) {
  for (const HtmlAttribute& attribute : attributes)
    if (iequals_ascii(attribute.name, name)) return decoded(attribute.value);
  return {};
}

std::string attribute_url(const std::vector<HtmlAttribute>& attributes, std::string_view name,
                          std::string_view base) {
  const std::string value = attribute_value(attributes, name);
  return value.empty() ? std::string() : resolve_url(base, value);
}

}  // namespace feedwire::feeds
