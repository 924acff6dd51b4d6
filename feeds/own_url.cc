#include "feeds/own_url.h"

#include "base/redact.h"

namespace feedwire::feeds {
namespace {

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += by.size())
    text.replace(at, what.size(), by);
}

// As an attribute of HTML has it.
std::string in_html(std::string_view url) {
  std::string text(url);
  replace_all(text, "&", "&amp;");
  return text;
}

}  // namespace

OwnUrl::OwnUrl(std::string_view url, const UrlRules& rules) {
  const std::string resolved = resolve_url(url, "#");
  const std::string_view whole = std::string_view(resolved).substr(0, resolved.find('#'));
  std::string shown = redact_urls(whole);
  if (shown == whole) return;
  url_ = whole;
  shown_ = std::move(shown);
  canonical_ = canonical_url(url_, false, rules);
  detailed_ = canonical_url(url_, true, rules);
}

void OwnUrl::hide_in(Entry& entry) const {
  if (url_.empty()) return;
  replace_all(entry.json, url_, shown_);
  replace_all(entry.json, in_html(url_), in_html(shown_));
  const std::string_view canonical =
      std::string_view(entry.canonical_url).substr(0, entry.canonical_url.find('#'));
  if (canonical == canonical_ || canonical == detailed_)
    entry.canonical_url = redact_urls(entry.canonical_url);
}

}  // namespace feedwire::feeds
