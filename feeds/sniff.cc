#include "feeds/sniff.h"

#include <algorithm>

#include "feeds/ascii.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kLookAhead = 4096;

// Moves past "<!-- -->", "<? ?>" and "<!DOCTYPE >", whose name it looks at.
bool skip_prolog(std::string_view& text, bool& html_doctype) {
  text = trim(text);
  const auto skip_to = [&](std::string_view end) {
    const std::size_t at = text.find(end);
    text.remove_prefix(at == text.npos ? text.size() : at + end.size());
    return true;
  };
  if (text.starts_with("<!--")) return skip_to("-->");
  if (text.starts_with("<?")) return skip_to("?>");
  if (!text.starts_with("<!")) return false;
  html_doctype = html_doctype || istarts_with_ascii(trim(text.substr(2)), "doctype html");
  const std::size_t bracket = text.find_first_of("[>");
  return skip_to(bracket != text.npos && text[bracket] == '[' ? "]>" : ">");
}

bool is_binary(std::string_view text) {
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && !is_html_space(c) && c != '\x1b';
  };
  const auto controls = std::count_if(text.begin(), text.end(), is_control);
  return controls * 20 > static_cast<std::ptrdiff_t>(text.size());
}

bool holds_feed_start(std::string_view text) {
  static constexpr std::string_view kStarts[] = {"<?xml", "<rss", "<feed", "<rdf:rdf",
                                                 "<atom:feed"};
  for (std::size_t at = text.find('<'); at != text.npos; at = text.find('<', at + 1)) {
    for (const std::string_view start : kStarts)
      if (istarts_with_ascii(text.substr(at), start)) return true;
  }
  return false;
}

}  // namespace

BodyKind sniff(std::string_view text) {
  text = trim(text.substr(0, kLookAhead));
  if (text.empty()) return BodyKind::empty;
  if (text[0] == '{' || text[0] == '[') return BodyKind::json;
  if (text[0] != '<') {
    if (holds_feed_start(text)) return BodyKind::xml;
    return is_binary(text) ? BodyKind::binary : BodyKind::text;
  }
  bool html_doctype = false;
  std::string_view root = text;
  while (skip_prolog(root, html_doctype)) {
  }
  static constexpr std::string_view kHtmlStarts[] = {"<html", "<head", "<body", "<script", "<meta"};
  for (const std::string_view start : kHtmlStarts)
    if (istarts_with_ascii(root, start)) return BodyKind::html;
  return html_doctype && !holds_feed_start(root) ? BodyKind::html : BodyKind::xml;
}

std::string_view describe(BodyKind kind) {
  switch (kind) {
    case BodyKind::xml:
      return "XML";
    case BodyKind::html:
      return "an HTML page";
    case BodyKind::json:
      return "JSON";
    case BodyKind::empty:
      return "empty";
    case BodyKind::binary:
      return "binary data";
    case BodyKind::text:
      return "plain text";
  }
  return "";
}

}  // namespace feedwire::feeds
