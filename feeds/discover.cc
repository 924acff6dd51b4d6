// Autodiscovery (parsed-feed P-12): WHATWG HTML 4.6.7.1, "alternate" links of a feed's type, and
// what pages write instead.

#include <algorithm>

#include "feeds/ascii.h"
#include "feeds/encoding.h"
#include "feeds/html_attributes.h"
#include "feeds/html_tokenizer.h"
#include "feeds/parse.h"
#include "feeds/sniff.h"
#include "feeds/url.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kMaxLinks = 100;

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
  static constexpr std::string_view kTypes[] = {"application/rss+xml",
                                                "application/atom+xml",
                                                "application/rdf+xml",
                                                "application/x.atom+xml",
                                                "application/x-atom+xml",
                                                "application/xml",
                                                "text/xml",
                                                "application/feed+json",
                                                "application/json"};
  return std::any_of(std::begin(kTypes), std::end(kTypes),
                     [&](std::string_view candidate) { return iequals_ascii(type, candidate); });
}

/// Some write the scheme of feed readers: "feed:https://…" or "feed://…".
std::string_view without_feed_scheme(std::string_view href) {
  href = trim(href);
  if (!istarts_with_ascii(href, "feed:")) return href;
  return href.substr(std::string_view("feed:").size());
}

/// WordPress announces each page's twin in its API as any other JSON.
bool is_api(std::string_view url) { return url.find("/wp-json/") != url.npos; }

bool is_comment_feed(std::string_view url, std::string_view title) {
  return to_lower_ascii(url).find("/comments/") != std::string::npos ||
         to_lower_ascii(title).find("comment") != std::string::npos;
}

void add_unique(std::vector<std::string>& urls, std::string url) {
  if (!url.empty() && urls.size() < kMaxLinks &&
      std::find(urls.begin(), urls.end(), url) == urls.end())
    urls.push_back(std::move(url));
}

/// The feed that a link element is about, "" if none.
std::string feed_url(const std::vector<HtmlAttribute>& link, std::string_view base) {
  const std::string rel = attribute_value(link, "rel");
  const bool alternate = has_word(rel, "alternate") && is_feed_type(attribute_value(link, "type"));
  const std::string href = attribute_value(link, "href");
  if ((!alternate && !has_word(rel, "feed")) || trim(href).empty()) return {};
  std::string url = resolve_url(base, without_feed_scheme(href));
  return is_api(url) ? std::string() : url;
}

}  // namespace

std::vector<std::string> discover_feeds(std::string_view html, std::string_view page_url) {
  std::string base(page_url);
  bool base_seen = false;
  std::vector<std::string> feeds, comment_feeds;
  HtmlTokenizer tokenizer(html);
  for (HtmlToken token = tokenizer.next(); token.kind != HtmlToken::Kind::end;
       token = tokenizer.next()) {
    if (token.kind != HtmlToken::Kind::start_tag) continue;
    const std::vector<HtmlAttribute>& attributes = tokenizer.attributes();
    if (token.tag == HtmlTag::base && !base_seen) {
      const std::string href = attribute_value(attributes, "href");
      base_seen = !href.empty();
      if (base_seen) base = join_base(page_url, href);
    } else if (token.tag == HtmlTag::link) {
      std::string url = feed_url(attributes, base);
      const bool comments = is_comment_feed(url, attribute_value(attributes, "title"));
      add_unique(comments ? comment_feeds : feeds, std::move(url));
    }
  }
  return feeds.empty() ? comment_feeds : feeds;
}

std::vector<std::string> linked_feeds(std::string_view bytes, const Source& page) {
  DecodedText decoded;
  decode(bytes, page.content_type, decoded);
  const BodyKind kind = sniff(decoded.text);
  if (kind != BodyKind::html && kind != BodyKind::xml) return {};
  return discover_feeds(decoded.text, page.url);
}

}  // namespace feedwire::feeds
