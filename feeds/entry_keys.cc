#include "feeds/entry_keys.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/bytes.h"
#include "base/utf8.h"
#include "feeds/ascii.h"
#include "feeds/html.h"
#include "feeds/url.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kTitleContentChars = 512;
// How much of a text is looked at for its first 512 visible characters: markup that hides them
// behind more than this makes a poorer key, never a wrong one.
constexpr std::size_t kTitleContentBytes = 16 * 1024;

// Values joined so that no two lists of values give the same string.
template <typename... Texts>
std::string joined(const Texts&... texts) {
  std::string out;
  (put_string(out, texts), ...);
  return out;
}

std::string date_text(const std::optional<std::chrono::sys_seconds>& date) {
  return date ? std::to_string(date->time_since_epoch().count()) : std::string();
}

std::string_view without_scheme(std::string_view canonical) {
  const std::size_t end = canonical.find("://");
  return end == canonical.npos ? canonical : canonical.substr(end + 3);
}

// FeedBurner names the article's own link beside its redirector (4.4 step 5).
const std::string& link_of(const ParsedEntry& entry) {
  return entry.orig_link.empty() ? entry.url : entry.orig_link;
}

// Ga: a guid that is a URL without scheme, "www.", default port, tracking parameters and a fragment
// that only counts. Empty for any other guid and for one that names a whole site.
std::string guid_alias(std::string_view guid, const UrlRules& rules) {
  const std::string canonical = canonical_url(guid, false, rules);
  if (canonical.empty() || is_home_page(canonical)) return {};
  std::string alias(without_scheme(canonical));
  const std::string_view fragment = split_url(guid).fragment;
  if (!std::all_of(fragment.begin(), fragment.end(), is_ascii_digit) &&
      canonical.find('#') == std::string::npos) {
    alias += '#';
    alias += fragment;
  }
  return alias;
}

// Gp: the alias without its host, if what is left can be expected to mean one article.
std::string guid_path(std::string_view alias) {
  const std::string_view path = alias.substr(std::min(alias.find('/'), alias.size()));
  const auto segments = std::count(path.begin(), path.end(), '/');
  const bool has_digit = std::any_of(path.begin(), path.end(), is_ascii_digit);
  if (path.size() < 8 || (!has_digit && segments < 2)) return {};
  return std::string(path);
}

// The first characters a reader sees of an entry that is not finished yet.
std::string visible_start(const ParsedEntry& entry) {
  const std::optional<RichText>& rich = entry.content ? entry.content : entry.abstract;
  if (!rich) return {};
  const std::string_view body = first_utf8_bytes(rich->body, kTitleContentBytes);
  if (rich->kind == RichText::Kind::html) return html_start(body, kTitleContentChars);
  const std::string text = collapse_space(body);
  return text.substr(0, size_of_chars(text, kTitleContentChars));
}

// The canonical links of a document's entries.
struct Links {
  std::vector<std::string> canonical;                      // parallel to the entries
  std::unordered_map<std::string_view, std::size_t> uses;  // how often each occurs
  bool keep_detail = false;                                // I-20 undid steps 6 to 8
};

// I-20: two entries of different guid or title whose links only steps 6 to 8 make the same.
bool must_keep_detail(const ParsedFeed& feed, const std::vector<std::string>& canonical,
                      const UrlRules& rules) {
  struct Group {
    std::size_t first;
    bool details_differ = false, identities_differ = false;
  };
  std::unordered_map<std::string_view, Group> groups;
  for (std::size_t i = 0; i < canonical.size(); ++i) {
    if (canonical[i].empty()) continue;
    const auto [it, is_new] = groups.try_emplace(canonical[i], Group{i});
    if (is_new) continue;
    Group& group = it->second;
    const ParsedEntry& entry = feed.entries[i];
    const ParsedEntry& first = feed.entries[group.first];
    group.details_differ |=
        canonical_url(link_of(entry), true, rules) != canonical_url(link_of(first), true, rules);
    group.identities_differ |= entry.guid != first.guid || entry.title != first.title;
    if (group.details_differ && group.identities_differ) return true;
  }
  return false;
}

Links canonical_links(const ParsedFeed& feed, const UrlRules& rules) {
  Links links;
  for (const ParsedEntry& entry : feed.entries)
    links.canonical.push_back(canonical_url(link_of(entry), false, rules));
  links.keep_detail = must_keep_detail(feed, links.canonical, rules);
  if (links.keep_detail)
    for (std::size_t i = 0; i < feed.entries.size(); ++i)
      links.canonical[i] = canonical_url(link_of(feed.entries[i]), true, rules);
  for (const std::string& link : links.canonical)
    if (!link.empty()) ++links.uses[link];
  return links;
}

std::unordered_set<std::string_view> repeated_guids(const ParsedFeed& feed) {
  std::unordered_set<std::string_view> seen, repeated;
  for (const ParsedEntry& entry : feed.entries)
    if (!entry.guid.empty() && !seen.insert(entry.guid).second) repeated.insert(entry.guid);
  return repeated;
}

// Whether hosts belong to the domain of the feed. Most entries have one host, and the public suffix
// list is long.
class OwnDomain {
 public:
  explicit OwnDomain(std::string_view subscribed_url)
      : domain_(registrable_domain(url_host(subscribed_url))) {}

  bool holds(const std::string& host) {
    if (host != last_host_) {
      last_host_ = host;
      last_result_ = !host.empty() && registrable_domain(host) == domain_;
    }
    return last_result_;
  }

 private:
  const std::string domain_;
  std::string last_host_;
  bool last_result_ = false;
};

class KeyMaker {
 public:
  KeyMaker(Entry& entry, const ParsedEntry& parsed, FeedKey feed, const UrlRules& rules)
      : entry_(entry),
        parsed_(parsed),
        feed_(feed),
        rules_(rules),
        title_(normalize_title(parsed.title)) {}

  void make() {
    guid_keys();
    link_keys();
    if (!parsed_.attachments.empty())
      put(KeyKind::enclosure, canonical_url(parsed_.attachments.front().url, false, rules_));
    if (!title_.empty() && parsed_.published)
      put(KeyKind::title_date, joined(title_, date_text(parsed_.published)));
    content_key();
  }

 private:
  // The empty string is never a key (I-3).
  void put(KeyKind kind, std::string_view value) {
    if (!value.empty()) entry_.keys[kind] = key_hash(kind, feed_, value);
  }

  void guid_keys() {
    if (parsed_.guid.empty()) return;
    put(KeyKind::guid, parsed_.guid);
    const std::string alias = guid_alias(parsed_.guid, rules_);
    put(KeyKind::guid_alias, alias);
    put(KeyKind::guid_path, guid_path(alias));
    put(KeyKind::guid_title_date, joined(parsed_.guid, title_, date_text(parsed_.published)));
    if (entry_.link_unique)
      put(KeyKind::guid_link, joined(parsed_.guid, std::string_view(entry_.canonical_url)));
  }

  void link_keys() {
    if (!entry_.link_unique) return;
    put(KeyKind::link, entry_.canonical_url);
    put(KeyKind::loose_link, loose_url(entry_.canonical_url));
    if (entry_.link_trusted) entry_.keys[KeyKind::url] = story_key(entry_.canonical_url);
  }

  void content_key() {
    const std::string text = visible_start(parsed_);
    if (!title_.empty() || !text.empty()) return put(KeyKind::title_content, joined(title_, text));
    if (entry_.keys.hashes == Keys{}.hashes) {
      std::string everything;
      put_u64(everything, parsed_.raw_hash);
      put(KeyKind::title_content, everything);
    }
  }

  Entry& entry_;
  const ParsedEntry& parsed_;
  const FeedKey feed_;
  const UrlRules& rules_;
  const std::string title_;
};

// "title" and " ti tle\n" differ for no reader.
void append_without_space(std::string& out, std::string_view text) {
  std::string dense;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const char32_t c = decode_utf8(text, at);
    if (c > ' ' && c != 0xa0 && c != 0x3000) dense += text.substr(start, at - start);
  }
  put_string(out, dense);
}

void append_visible_text(std::string& out, const ParsedEntry& entry) {
  if (!entry.content_html.empty()) return put_string(out, visible_characters(entry.content_html));
  append_without_space(out, entry.content_text.empty() ? entry.summary : entry.content_text);
}

}  // namespace

std::string normalize_title(std::string_view title) {
  return to_lower_ascii(collapse_space(title));
}

void drop_duplicates(ParsedFeed& feed) {
  std::unordered_set<std::string> seen;
  std::erase_if(feed.entries, [&seen](const ParsedEntry& entry) {
    const bool is_named = !entry.guid.empty() || !entry.url.empty();
    return !seen.insert(joined(entry.guid, entry.url, entry.title, date_text(entry.published),
                               is_named ? std::string() : hex64(entry.raw_hash)))
                .second;
  });
}

std::vector<Entry> identify_entries(const ParsedFeed& feed, FeedKey key,
                                    std::string_view subscribed_url, const UrlRules& rules) {
  const Links links = canonical_links(feed, rules);
  const std::unordered_set<std::string_view> repeated = repeated_guids(feed);
  const std::string site = canonical_url(feed.home_page_url, links.keep_detail, rules);
  OwnDomain own_domain(subscribed_url);

  std::vector<Entry> entries(feed.entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const ParsedEntry& parsed = feed.entries[i];
    Entry& entry = entries[i];
    entry.raw_hash = parsed.raw_hash;
    entry.guid = parsed.guid;
    entry.canonical_url = links.canonical[i];
    entry.title = parsed.title;
    entry.published = parsed.published;
    entry.guid_repeated = repeated.count(parsed.guid) != 0;
    entry.link_unique = !entry.canonical_url.empty() && links.uses.at(entry.canonical_url) == 1;
    entry.link_trusted =
        entry.link_unique && !is_home_page(entry.canonical_url) && entry.canonical_url != site;
    entry.own_domain = own_domain.holds(url_host(entry.canonical_url));
    KeyMaker(entry, parsed, key, rules).make();
  }
  return entries;
}

Hash128 story_key(std::string_view canonical_url) {
  return key_hash(KeyKind::url, 0, without_scheme(canonical_url));
}

Hash128 content_revision(const ParsedEntry& entry, const UrlRules& rules) {
  std::string content;
  append_without_space(content, entry.title);
  append_visible_text(content, entry);
  put_string(content, canonical_url(link_of(entry), false, rules));
  put_varint(content, entry.attachments.size());
  for (const Attachment& attachment : entry.attachments)
    put_string(content, canonical_url(attachment.url, false, rules));
  put_varint(content, entry.authors.size());
  for (const Person& author : entry.authors)
    append_without_space(content, author.name.empty() ? author.url : author.name);
  std::vector<std::string> tags = entry.tags;
  std::sort(tags.begin(), tags.end());
  put_varint(content, tags.size());
  for (const std::string& tag : tags) append_without_space(content, tag);
  put_string(content, entry.language);
  return xxh3_128(content);
}

}  // namespace feedwire::feeds
