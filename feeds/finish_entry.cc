#include "feeds/html.h"
#include "feeds/parse.h"
#include "feeds/values.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kSummaryChars = 300;  // P-2

void finish_content(ParsedEntry& entry, std::string& first_image) {
  if (entry.content->kind == RichText::Kind::plain) {
    entry.content_text = std::move(entry.content->body);
    return;
  }
  entry.content_html = sanitize_html(entry.content->body, entry.content->base, &first_image);
}

std::string summary_of(const ParsedEntry& entry) {
  if (entry.abstract) return one_line(*entry.abstract);
  if (entry.content_html.empty())
    return truncate_text(collapse_space(entry.content_text), kSummaryChars);
  return html_excerpt(entry.content_html, kSummaryChars);
}

}  // namespace

void finish_entry(ParsedEntry& entry, const ParsedFeed&) {
  std::string first_image;
  if (entry.content) {
    finish_content(entry, first_image);
  } else if (entry.abstract && entry.abstract->kind == RichText::Kind::html &&
             entry.image.empty()) {
    sanitize_html(entry.abstract->body, entry.abstract->base, &first_image);
  }
  if (entry.image.empty()) entry.image = std::move(first_image);
  if (entry.summary.empty()) entry.summary = summary_of(entry);
  entry.content.reset();
  entry.abstract.reset();
}

}  // namespace feedwire::feeds
