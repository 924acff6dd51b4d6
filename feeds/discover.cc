// Autodiscovery (parsed-feed P-12): WHATWG HTML 4.6.7.1, "alternate" links of a feed's type.

#include <algorithm>

#include "feeds/ascii.h"
#include "feeds/html.h"
#include "feeds/parse.h"
#include "feeds/url.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kMaxLinks = 100;

struct Tag {
  std::string_view name;        // as written; "/p" for an end tag
  std::string_view attributes;  // what stands between the name and ">"
};

// The next tag at or after `at`, which moves behind it. Comments, and what scripts and styles hold,
// are passed over.
bool next_tag(std::string_view html, std::size_t& at, Tag& tag) {
  while ((at = html.find('<', at)) < html.size()) {
    if (html.substr(at).starts_with("<!--")) {
      at = std::min(html.find("-->", at), html.size());
      continue;
    }
    const std::size_t name_end = html.find_first_of(" \t\r\n\f/>", at + 2);
    if (name_end == html.npos) return false;
    std::size_t end = name_end;
    for (char quote = 0; end < html.size(); ++end) {
      const char c = html[end];
      if (quote == 0 && c == '>') break;
      if (quote == 0 && (c == '"' || c == '\'') && html[end - 1] == '=') {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      }
    }
    tag = {html.substr(at + 1, name_end - at - 1), html.substr(name_end, end - name_end)};
    at = std::min(end + 1, html.size());
    for (const std::string_view raw : {"script", "style"}) {
      if (!iequals_ascii(tag.name, raw)) continue;
      const std::string closing = "</" + std::string(raw);
      while (at < html.size() && !istarts_with_ascii(html.substr(at), closing))
        at = std::min(html.find('<', at + 1), html.size());
    }
    return true;
  }
  return false;
}

// The value of an attribute, decoded; "" if there is none.
std::string tag_attribute(std::string_view attributes, std::string_view wanted) {
  constexpr std::string_view kBetween = " \t\r\n\f/";
  std::size_t at = attributes.find_first_not_of(kBetween);
  while (at != attributes.npos) {
    const std::size_t name_end =
        std::min(attributes.find_first_of(" \t\r\n\f=/", at), attributes.size());
    const std::string_view name = attributes.substr(at, name_end - at);
    at = attributes.find_first_not_of(kHtmlSpaces, name_end);
    std::string_view value;
    if (at != attributes.npos && attributes[at] == '=') {
      at = attributes.find_first_not_of(kHtmlSpaces, at + 1);
      if (at == attributes.npos) return "";
      const char quote = attributes[at];
      const bool quoted = quote == '"' || quote == '\'';
      if (quoted) ++at;
      const std::size_t end =
          quoted ? attributes.find(quote, at) : attributes.find_first_of(kHtmlSpaces, at);
      value = attributes.substr(at, end == attributes.npos ? end : end - at);
      at = end == attributes.npos ? end : end + (quoted ? 1 : 0);
    }
    if (iequals_ascii(name, wanted)) return decode_entities(trim(value));
    if (at != attributes.npos) at = attributes.find_first_not_of(kBetween, at);
  }
  return "";
}

bool has_word(std::string_view text, std::string_view word) {
  while (!text.empty()) {
    text = trim(text);
    const std::size_t end = std::min(text.find_first_of(kHtmlSpaces), text.size());
    if (iequals_ascii(text.substr(0, end), word)) return true;
    text.remove_prefix(end);
  }
  return false;
}

bool is_feed_type(std::string_view type) {
  type = trim(type.substr(0, type.find(';')));
  static constexpr std::string_view kTypes[] = {"application/rss+xml", "application/atom+xml",
                                                "application/rdf+xml", "application/feed+json",
                                                "application/json"};
  return std::any_of(std::begin(kTypes), std::end(kTypes),
                     [&](std::string_view candidate) { return iequals_ascii(type, candidate); });
}

bool is_comment_feed(std::string_view url, std::string_view title) {
  return to_lower_ascii(url).find("/comments/") != std::string::npos ||
         to_lower_ascii(title).find("comment") != std::string::npos;
}

void add_unique(std::vector<std::string>& urls, std::string url) {
  if (!url.empty() && urls.size() < kMaxLinks &&
      std::find(urls.begin(), urls.end(), url) == urls.end())
    urls.push_back(std::move(url));
}

}  // namespace

std::vector<std::string> discover_feeds(std::string_view html, std::string_view page_url) {
  std::string base(page_url);
  bool base_seen = false;
  std::vector<std::string> feeds, comment_feeds;
  Tag tag;
  for (std::size_t at = 0; next_tag(html, at, tag);) {
    if (iequals_ascii(tag.name, "base") && !base_seen) {
      if (const std::string href = tag_attribute(tag.attributes, "href"); !href.empty()) {
        base = join_base(page_url, href);
        base_seen = true;
      }
    }
    if (!iequals_ascii(tag.name, "link") ||
        !has_word(tag_attribute(tag.attributes, "rel"), "alternate"))
      continue;
    if (!is_feed_type(tag_attribute(tag.attributes, "type"))) continue;
    const std::string href = tag_attribute(tag.attributes, "href");
    if (href.empty()) continue;
    std::string url = resolve_url(base, href);
    const bool comments = is_comment_feed(url, tag_attribute(tag.attributes, "title"));
    add_unique(comments ? comment_feeds : feeds, std::move(url));
  }
  return feeds.empty() ? comment_feeds : feeds;
}

}  // namespace feedwire::feeds
