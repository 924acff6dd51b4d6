#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/utf8.h"
#include "feeds/json_feed.h"

namespace feedwire::feeds {
namespace {

// A double-quoted YAML scalar (YAML 1.2 7.3.1, the same in 1.1): the one style that can hold any
// text and that no indicator, number or "yes" in it can turn into something else.
void append_yaml_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const char32_t c = decode_utf8(text, at);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == kInvalid) {
      append_utf8(out, kReplacement);
    } else if (is_unsafe_char(c)) {
      fmt::format_to(std::back_inserter(out), "\\U{:08x}", static_cast<std::uint32_t>(c));
    } else {
      out += text.substr(start, at - start);
    }
  }
  out += '"';
}

void append_field(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out += name;
  out += ": ";
  append_yaml_string(out, text);
  out += '\n';
}

void append_categories(std::string& out, const std::vector<std::string>& tags) {
  if (tags.empty()) return;
  out += "categories:\n";
  for (const std::string& tag : tags) {
    out += "  - ";
    append_yaml_string(out, tag);
    out += '\n';
  }
}

std::string author_names(const std::vector<Person>& authors) {
  std::string names;
  for (const Person& author : authors) {
    if (author.name.empty()) continue;
    if (!names.empty()) names += ", ";
    names += author.name;
  }
  return names;
}

// Plain text as HTML: blank lines part paragraphs, other line breaks stay.
std::string text_as_html(std::string_view text) {
  std::string html = "<p>";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char byte = text[at];
    if (byte == '&')
      html += "&amp;";
    else if (byte == '<')
      html += "&lt;";
    else if (byte == '>')
      html += "&gt;";
    else if (byte == '\n' && text.substr(at, 2) == "\n\n")
      html += "</p>\n<p>", ++at;
    else if (byte == '\n')
      html += "<br>\n";
    else
      html += byte;
  }
  return html + "</p>";
}

std::string body_html(const ParsedEntry& entry) {
  if (!entry.content_html.empty()) return entry.content_html;
  if (!entry.content_text.empty()) return text_as_html(entry.content_text);
  return entry.summary.empty() ? std::string() : text_as_html(entry.summary);
}

}  // namespace

std::string entry_markdown(const ParsedEntry& entry, const ParsedFeed& feed) {
  std::string out = "---\n";
  append_field(out, "title", entry.title);
  append_categories(out, entry.tags);
  append_field(out, "headimg", entry.image);
  append_field(out, "author", author_names(entry.authors.empty() ? feed.authors : entry.authors));
  append_field(out, "comments", entry.comments_url);
  // Unquoted: generators take it for a time only then.
  if (const auto date = entry.published ? entry.published : entry.modified)
    out += fmt::format("date: {}\n", format_time(*date));
  append_field(out, "thumbnail",
               entry.media_thumbnails.empty() ? entry.image : entry.media_thumbnails.front().url);
  out += "---\n\n";
  out += body_html(entry);
  out += '\n';
  return out;
}

}  // namespace feedwire::feeds
