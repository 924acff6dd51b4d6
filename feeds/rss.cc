#include "feeds/rss.h"

#include <algorithm>

#include "feeds/ascii.h"
#include "feeds/atom.h"
#include "feeds/element_table.h"
#include "feeds/extensions.h"
#include "feeds/values.h"

namespace feedwire::feeds {
namespace {

// Some write Atom's href, or the URL of RSS 1.0's resources, instead of text.
std::string url_of(ReadContext& context, const Element& element) {
  std::string text = text_of(element);
  for (const std::string_view name : {"href", "url", "resource"})
    if (text.empty()) text = attribute(element.node, name);
  return context.url(element.scope.base(), text, element.node);
}

Person person_of(const Element& element) {
  for (const pugi::xml_node child : element.node.children())
    if (child.type() == pugi::node_element) return atom_person(element);
  return parse_person(text_of(element));
}

// P-14: a permalink unless it says otherwise, and then only where the link is missing.
void read_guid(EntryDraft& draft, const Element& element) {
  std::string guid = text_of(element);
  draft.entry.guid_is_permalink =
      !iequals_ascii(trim(attribute(element.node, "ispermalink")), "false");
  const bool is_url = istarts_with_ascii(guid, "http://") || istarts_with_ascii(guid, "https://");
  if (*draft.entry.guid_is_permalink && is_url)
    draft.url.offer(Rank::derived, draft.context.url(element.scope.base(), guid, element.node));
  draft.guid.offer(Rank::own, std::move(guid));
}

void read_enclosure(EntryDraft& draft, const Element& element) {
  Attachment attachment;
  attachment.url = url_of(draft.context, element);
  attachment.mime_type = trim(attribute(element.node, "type"));
  attachment.size_in_bytes = parse_number<std::uint64_t>(attribute(element.node, "length"));
  if (attachment.size_in_bytes == 0) attachment.size_in_bytes.reset();  // what most write for "?"
  if (istarts_with_ascii(attachment.mime_type, "image/"))
    draft.offer_image(ImageRank::enclosure, attachment.url);
  draft.add_attachment(std::move(attachment));
}

// No part of RSS, but written: a URL as text, or an image as the channel has one.
void read_item_image(EntryDraft& draft, const Element& element) {
  std::string url;
  for_each_child(element, [&](const Element& child) {
    if (url.empty() && iequals_ascii(child.name, "url")) url = url_of(draft.context, child);
  });
  if (url.empty()) url = url_of(draft.context, element);
  draft.offer_image(ImageRank::other, std::move(url));
}

constexpr ElementRow<EntryDraft> kItemRows[] = {
    {Namespace::rss, "title",
     [](EntryDraft& d, const Element& e) { d.title.offer(Rank::own, plain_text_of(e)); }},
    {Namespace::rss, "link",
     [](EntryDraft& d, const Element& e) { d.url.offer_last(Rank::own, url_of(d.context, e)); }},
    {Namespace::rss, "description",
     [](EntryDraft& d, const Element& e) {
       if (RichText text = html_of(e); !d.description && !trim(text.body).empty())
         d.description = std::move(text);
     }},
    {Namespace::rss, "fullitem",  // UserLand's, before there was content:encoded
     [](EntryDraft& d, const Element& e) { d.offer_content(Rank::own_other, html_of(e)); }},
    {Namespace::rss, "guid", read_guid},
    {Namespace::rss, "pubdate",
     [](EntryDraft& d, const Element& e) {
       d.published.offer_last(Rank::own, d.context.date(text_of(e), e.node));
     }},
    {Namespace::rss, "expirationdate",
     [](EntryDraft& d, const Element& e) { d.entry.expires = d.context.date(text_of(e), e.node); }},
    {Namespace::rss, "author",
     [](EntryDraft& d, const Element& e) {
       d.authors.push_back({Rank::own, person_of(e)});
     }},
    {Namespace::rss, "category",
     [](EntryDraft& d, const Element& e) { d.add_tag(plain_text_of(e)); }},
    {Namespace::rss, "comments",
     [](EntryDraft& d, const Element& e) {
       d.comments_url.offer(Rank::own, url_of(d.context, e));
     }},
    {Namespace::rss, "enclosure", read_enclosure},
    {Namespace::rss, "image", read_item_image},
    {Namespace::rss, "source",
     [](EntryDraft& d, const Element& e) {
       d.entry.source_title = plain_text_of(e);
       d.entry.source_url = d.context.url(e.scope.base(), attribute(e.node, "url"), e.node);
     }},
};

void read_item(FeedDraft& feed, const Element& item) {
  static const ElementTable<EntryDraft> table = {kItemRows, atom_entry_rows(),
                                                 entry_extension_rows()};
  EntryDraft draft(feed.context);
  for_each_child(item, [&](const Element& child) { table.read(draft, child); });
  draft.language.offer(Rank::derived, std::string(item.scope.language()));
  // RSS 1.0 identifies its items by URI; elsewhere nobody writes rdf:about.
  const std::string_view about = attribute(item.node, "about");
  draft.guid.offer(Rank::own_other, std::string(trim(about)));
  feed.add_entry(std::move(draft), feed.context.hash_of(item.node), item.scope.base());
}

void read_channel_image(FeedDraft& draft, const Element& image) {
  ParsedFeed& feed = draft.feed;
  for_each_child(image, [&](const Element& child) {
    if (child.ns != Namespace::rss) return;
    if (iequals_ascii(child.name, "url") && feed.image_url.empty()) {
      feed.image_url = url_of(draft.context, child);
    } else if (iequals_ascii(child.name, "title") && feed.image_title.empty()) {
      feed.image_title = plain_text_of(child);
    } else if (iequals_ascii(child.name, "link") && feed.image_link.empty()) {
      feed.image_link = url_of(draft.context, child);
    }
  });
  draft.icon.offer(Rank::own_other, feed.image_url);
}

// rssCloud: the procedure call that a hub offers, as the URL it goes to.
void read_cloud(FeedDraft& draft, const Element& element) {
  const std::string_view domain = trim(attribute(element.node, "domain"));
  if (domain.empty()) return;
  std::string_view path = trim(attribute(element.node, "path"));
  if (path.starts_with('/')) path.remove_prefix(1);
  std::string url = "http://" + std::string(domain);
  if (const std::string_view port = trim(attribute(element.node, "port")); !port.empty())
    url.append(":").append(port);
  url = draft.context.url("", url.append("/").append(path), element.node);
  if (!url.empty()) draft.feed.hubs.push_back({"rssCloud", std::move(url)});
}

void read_skip_hours(FeedDraft& draft, const Element& element) {
  for_each_child(element, [&](const Element& hour) {
    // RSS 0.91 counted to 24.
    const std::optional<std::uint32_t> number = parse_number<std::uint32_t>(text_of(hour));
    if (!number || *number > 24) return;
    std::vector<std::uint32_t>& hours = draft.feed.skip_hours;
    if (std::find(hours.begin(), hours.end(), *number % 24) == hours.end())
      hours.push_back(*number % 24);
  });
}

void read_skip_days(FeedDraft& draft, const Element& element) {
  for_each_child(element, [&](const Element& day) {
    if (std::string name = text_of(day); !name.empty())
      draft.feed.skip_days.push_back(std::move(name));
  });
}

void read_channel(FeedDraft& draft, const Element& channel);

constexpr ElementRow<FeedDraft> kChannelRows[] = {
    {Namespace::rss, "channel", read_channel},
    {Namespace::rss, "item", read_item},
    {Namespace::rss, "title",
     [](FeedDraft& d, const Element& e) { d.title.offer(Rank::own, plain_text_of(e)); }},
    {Namespace::rss, "link",
     [](FeedDraft& d, const Element& e) {
       d.home_page_url.offer(Rank::own, url_of(d.context, e));
     }},
    {Namespace::rss, "description",
     [](FeedDraft& d, const Element& e) { d.description.offer(Rank::own, plain_text_of(e)); }},
    {Namespace::rss, "language",
     [](FeedDraft& d, const Element& e) { d.language.offer(Rank::own, text_of(e)); }},
    {Namespace::rss, "copyright",
     [](FeedDraft& d, const Element& e) { d.rights.offer(Rank::own, plain_text_of(e)); }},
    {Namespace::rss, "managingeditor",
     [](FeedDraft& d, const Element& e) {
       d.authors.push_back({Rank::own, person_of(e)});
     }},
    {Namespace::rss, "author",
     [](FeedDraft& d, const Element& e) {
       d.authors.push_back({Rank::own_other, person_of(e)});
     }},
    {Namespace::rss, "webmaster",
     [](FeedDraft& d, const Element& e) { d.feed.publisher = person_of(e); }},
    {Namespace::rss, "pubdate",
     [](FeedDraft& d, const Element& e) {
       d.published.offer_last(Rank::own, d.context.date(text_of(e), e.node));
     }},
    {Namespace::rss, "lastbuilddate",
     [](FeedDraft& d, const Element& e) {
       d.updated.offer_last(Rank::own, d.context.date(text_of(e), e.node));
     }},
    {Namespace::rss, "category",
     [](FeedDraft& d, const Element& e) { d.add_category(plain_text_of(e)); }},
    {Namespace::rss, "generator",
     [](FeedDraft& d, const Element& e) { d.feed.generator_name = plain_text_of(e); }},
    {Namespace::rss, "docs",
     [](FeedDraft& d, const Element& e) { d.feed.docs = url_of(d.context, e); }},
    {Namespace::rss, "cloud", read_cloud},
    {Namespace::rss, "ttl",
     [](FeedDraft& d, const Element& e) {
       d.feed.ttl_minutes = parse_number<std::uint32_t>(text_of(e));
     }},
    {Namespace::rss, "image", read_channel_image},
    {Namespace::rss, "skiphours", read_skip_hours},
    {Namespace::rss, "skipdays", read_skip_days},
};

const ElementTable<FeedDraft>& channel_table() {
  static const ElementTable<FeedDraft> table = {kChannelRows, atom_feed_rows(),
                                                feed_extension_rows()};
  return table;
}

void read_channel(FeedDraft& draft, const Element& channel) {
  if (channel.node.parent().parent().parent()) return;  // a channel in a channel is none
  draft.feed.id = trim(attribute(channel.node, "about"));
  draft.language.offer(Rank::derived, std::string(channel.scope.language()));
  for_each_child(channel, [&](const Element& child) { channel_table().read(draft, child); });
}

std::string format_of(const Element& root) {
  if (iequals_ascii(root.name, "rdf")) {
    for (const pugi::xml_attribute declaration : root.node.attributes()) {
      const std::string_view uri = declaration.value();
      if (uri.find("netscape.com/rdf/simple/0.9") != uri.npos) return "rss-0.90";
    }
    return "rss-1.0";
  }
  const std::string_view version = trim(attribute(root.node, "version"));
  if (version.starts_with("0.9")) return "rss-" + std::string(version_number(version));
  return version.empty() ? "rss" : "rss-2.0";
}

// RDF describes much else; it is a feed if it has a channel or items, or would call them RSS's.
bool has_rss_elements(const Element& root) {
  if (root.scope.declares(Namespace::rss)) return true;
  bool found = false;
  for_each_child(root, [&](const Element& child) {
    found = found || iequals_ascii(child.name, "channel") || iequals_ascii(child.name, "item");
  });
  return found;
}

}  // namespace

bool is_rss_root(std::string_view name) {
  return iequals_ascii(name, "rss") || iequals_ascii(name, "rdf") || iequals_ascii(name, "channel");
}

bool read_rss(ReadContext& context, pugi::xml_node root, std::string_view base) {
  // Whatever the namespace of unprefixed names under <rss> is said to be, they are RSS's own.
  const bool force = iequals_ascii(root.name(), "rss") || iequals_ascii(root.name(), "channel");
  const Scope scope(root, base, Namespace::rss, force);
  const Element element(root, scope);
  if (iequals_ascii(element.name, "rdf") && !has_rss_elements(element)) return false;
  FeedDraft draft(context);
  context.feed.format = format_of(element);
  draft.language.offer(Rank::derived, std::string(scope.language()));
  // In RSS 1.0 items and image stand beside the channel, and in some RSS 0.9x too.
  for_each_child(element, [&](const Element& child) { channel_table().read(draft, child); });
  draft.finish();
  note_undeclared_prefix(context, scope);
  return true;
}

}  // namespace feedwire::feeds
