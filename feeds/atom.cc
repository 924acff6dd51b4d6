#include "feeds/atom.h"

#include <fmt/format.h>

#include "base/utf8.h"
#include "feeds/ascii.h"
#include "feeds/extensions.h"
#include "feeds/url.h"
#include "feeds/values.h"

namespace feedwire::feeds {
namespace {

bool has_elements(pugi::xml_node node) {
  for (const pugi::xml_node child : node.children())
    if (child.type() == pugi::node_element) return true;
  return false;
}

bool is_xml_type(std::string_view type) {
  return type == "xhtml" || type == "xml" || type.ends_with("+xml") || type.ends_with("/xml");
}

bool is_html_type(std::string_view type) { return type == "html" || type == "text/html"; }

// RFC 4287 4.1.3.3: what is neither text nor XML is base64.
bool is_binary_type(std::string_view type) {
  return type.find('/') != type.npos && !type.starts_with("text/") && !is_xml_type(type);
}

// Text constructs (RFC 4287 3.1) and content (4.1.3). Atom 0.3 had a `mode` beside the type.
RichText rich_text_of(const Element& element) {
  const std::string type = to_lower_ascii(trim(attribute(element.node, "type")));
  const std::string mode = to_lower_ascii(trim(attribute(element.node, "mode")));
  const std::string base(element.scope.base());
  if (mode == "base64" || is_binary_type(type)) {
    const std::optional<std::string> bytes = decode_base64(text_of(element));
    if (bytes && is_valid_utf8(*bytes)) return {RichText::Kind::html, *bytes, base};
  }
  if (is_xml_type(type) && mode != "escaped") return xhtml_of(element);
  if (has_elements(element.node))  // markup that forgot its type, or an element around HTML
    return is_html_type(type) ? escaped_html_of(element) : html_of(element);
  const bool html = is_html_type(type) || is_xml_type(type) || (mode == "escaped" && type.empty());
  return {html ? RichText::Kind::html : RichText::Kind::plain, markup_of(element), base};
}

std::string construct_text_of(const Element& element) { return one_line(rich_text_of(element)); }

std::string url_of(ReadContext& context, const Element& element) {
  return context.url(element.scope.base(), text_of(element), element.node);
}

void read_content(EntryDraft& draft, const Element& element) {
  const std::string type = to_lower_ascii(trim(attribute(element.node, "type")));
  if (const std::string_view src = attribute(element.node, "src"); !src.empty())
    draft.entry.content_src = draft.context.url(element.scope.base(), src, element.node);
  const bool media =
      type.starts_with("image/") || type.starts_with("audio/") || type.starts_with("video/");
  const std::optional<std::string> bytes = media ? decode_base64(text_of(element)) : std::nullopt;
  if (!media || (bytes && is_valid_utf8(*bytes)))
    return draft.offer_content(Rank::atom, rich_text_of(element));
  if (!text_of(element).empty())
    draft.context.problem("binary-content", fmt::format("content of type {}", type), element.node);
}

// "http://www.iana.org/assignments/relation/self" is the long form of "self" (RFC 4287 4.2.7.2).
std::string relation_of(pugi::xml_node link) {
  std::string_view relation = trim(attribute(link, "rel"));
  constexpr std::string_view kRegistry = "http://www.iana.org/assignments/relation/";
  if (relation.starts_with(kRegistry)) relation.remove_prefix(kRegistry.size());
  return relation.empty() ? "alternate" : to_lower_ascii(relation);
}

// Some write the URL as text, as RSS does.
std::string href_of(ReadContext& context, const Element& link) {
  const std::string_view href = attribute(link.node, "href");
  return href.empty() ? url_of(context, link) : context.url(link.scope.base(), href, link.node);
}

// The page that people read comes before other alternates.
Rank alternate_rank(pugi::xml_node link) {
  const std::string_view type = trim(attribute(link, "type"));
  return type.empty() || type.find("html") != type.npos ? Rank::atom : Rank::atom_other;
}

void read_enclosure(EntryDraft& draft, const Element& link, std::string url) {
  Attachment attachment;
  attachment.url = std::move(url);
  attachment.mime_type = trim(attribute(link.node, "type"));
  attachment.title = plain_text(attribute(link.node, "title"));
  attachment.size_in_bytes = parse_number<std::uint64_t>(attribute(link.node, "length"));
  if (attachment.size_in_bytes == 0) attachment.size_in_bytes.reset();
  if (istarts_with_ascii(attachment.mime_type, "image/"))
    draft.offer_image(ImageRank::enclosure, attachment.url);
  draft.add_attachment(std::move(attachment));
}

// RFC 4685 5: where the replies are; a feed unless the type says that it is a page.
void read_replies(EntryDraft& draft, const Element& link, std::string url) {
  const std::string_view type = attribute(link.node, "type");
  (type.find("html") != type.npos ? draft.comments_url : draft.comments_feed_url)
      .offer(Rank::atom, std::move(url));
  if (!draft.entry.comments_count)
    draft.entry.comments_count = parse_number<std::uint64_t>(attribute(link.node, "count"));
}

void read_entry_link(EntryDraft& draft, const Element& link) {
  std::string url = href_of(draft.context, link);
  const std::string relation = relation_of(link.node);
  if (relation == "alternate") {
    draft.url.offer(alternate_rank(link.node), std::move(url));
  } else if (relation == "enclosure") {
    read_enclosure(draft, link, std::move(url));
  } else if (relation == "replies") {
    read_replies(draft, link, std::move(url));
  } else if (relation == "related") {
    if (draft.entry.external_url.empty()) draft.entry.external_url = std::move(url);
  } else if (relation == "via") {
    if (draft.entry.source_url.empty()) draft.entry.source_url = std::move(url);
  } else if (relation == "license") {
    draft.license.offer(Rank::atom, std::move(url));
  }
}

void read_feed_link(FeedDraft& draft, const Element& link) {
  ParsedFeed& feed = draft.feed;
  std::string url = href_of(draft.context, link);
  if (url.empty()) return;
  const std::string relation = relation_of(link.node);
  if (relation == "alternate") {
    draft.home_page_url.offer(alternate_rank(link.node), std::move(url));
  } else if (relation == "self") {
    draft.feed_url.offer(Rank::atom, std::move(url));
  } else if (relation == "hub") {
    feed.hubs.push_back({"WebSub", std::move(url)});
  } else if (relation == "next") {
    feed.next_url = std::move(url);
  } else if (relation == "prev-archive") {
    feed.prev_archive = std::move(url);
  } else if (relation == "next-archive") {
    feed.next_archive = std::move(url);
  }
}

std::string category_of(const Element& element) {
  for (const std::string_view name : {"term", "label"})
    if (std::string tag = plain_text(attribute(element.node, name)); !tag.empty()) return tag;
  return plain_text(markup_of(element));
}

// The feed that an aggregated entry came from (RFC 4287 4.2.11).
void read_source(EntryDraft& draft, const Element& source) {
  ParsedEntry& entry = draft.entry;
  for_each_child(source, [&](const Element& child) {
    if (child.ns != Namespace::atom) return;
    if (iequals_ascii(child.name, "title")) {
      entry.source_title = construct_text_of(child);
    } else if (iequals_ascii(child.name, "link")) {
      const std::string relation = relation_of(child.node);
      if (relation == "alternate" || (relation == "self" && entry.source_url.empty()))
        entry.source_url =
            draft.context.url(child.scope.base(), attribute(child.node, "href"), child.node);
    } else if (iequals_ascii(child.name, "author")) {
      draft.authors.push_back({Rank::derived, atom_person(child)});
    } else if (iequals_ascii(child.name, "rights")) {
      draft.rights.offer(Rank::derived, construct_text_of(child));
    }
  });
}

// An atom:id must be absolute (RFC 4287 4.2.6). One that is a path is resolved as other URLs are;
// one that is only a name stays what it is.
std::string resolved_id(const Scope& scope, std::string_view id) {
  const bool is_path = id.find('/') != id.npos && split_url(id).scheme.empty();
  return is_path ? resolve_url(scope.base(), id) : "";
}

// The last resort for an entry without a link, as P-14 says of guids.
void read_id(EntryDraft& draft, const Element& element) {
  std::string id = text_of(element);
  if (draft.entry.id_url.empty()) draft.entry.id_url = resolved_id(element.scope, id);
  if (istarts_with_ascii(id, "http://") || istarts_with_ascii(id, "https://"))
    draft.url.offer(Rank::derived, draft.context.url("", id, element.node));
  draft.guid.offer(Rank::atom, std::move(id));
}

void read_published(EntryDraft& draft, const Element& element) {
  draft.published.offer_last(Rank::atom, draft.context.date(text_of(element), element.node));
}
void read_modified(EntryDraft& draft, const Element& element) {
  draft.modified.offer_last(Rank::atom, draft.context.date(text_of(element), element.node));
}
void read_entry_rights(EntryDraft& draft, const Element& element) {
  draft.rights.offer(Rank::atom, construct_text_of(element));
}

constexpr ElementRow<EntryDraft> kEntryRows[] = {
    {Namespace::atom, "title",
     [](EntryDraft& d, const Element& e) { d.title.offer(Rank::atom, construct_text_of(e)); }},
    {Namespace::atom, "id", read_id},
    {Namespace::atom, "link", read_entry_link},
    {Namespace::atom, "published", read_published},
    {Namespace::atom, "issued", read_published},
    {Namespace::atom, "updated", read_modified},
    {Namespace::atom, "modified", read_modified},
    {Namespace::atom, "created",
     [](EntryDraft& d, const Element& e) {
       d.created.offer_last(Rank::atom, d.context.date(text_of(e), e.node));
     }},
    {Namespace::atom, "author",
     [](EntryDraft& d, const Element& e) {
       d.authors.push_back({Rank::atom, atom_person(e)});
     }},
    {Namespace::atom, "contributor",
     [](EntryDraft& d, const Element& e) { d.entry.contributors.push_back(atom_person(e)); }},
    {Namespace::atom, "category",
     [](EntryDraft& d, const Element& e) { d.add_tag(category_of(e)); }},
    {Namespace::atom, "content", read_content},
    {Namespace::atom, "summary",
     [](EntryDraft& d, const Element& e) { d.offer_abstract(Rank::atom, rich_text_of(e)); }},
    {Namespace::atom, "rights", read_entry_rights},
    {Namespace::atom, "copyright", read_entry_rights},
    {Namespace::atom, "source", read_source},
};

void read_description(FeedDraft& draft, const Element& element) {
  draft.description.offer(Rank::atom, construct_text_of(element));
}
void read_updated(FeedDraft& draft, const Element& element) {
  draft.updated.offer_last(Rank::atom, draft.context.date(text_of(element), element.node));
}
void read_feed_rights(FeedDraft& draft, const Element& element) {
  draft.rights.offer(Rank::atom, construct_text_of(element));
}

void read_generator(FeedDraft& draft, const Element& element) {
  ParsedFeed& feed = draft.feed;
  if (!feed.generator_name.empty()) return;
  std::string_view url = attribute(element.node, "uri");
  if (url.empty()) url = attribute(element.node, "url");
  feed.generator_name = plain_text(text_of(element));
  feed.generator_url = draft.context.url(element.scope.base(), url, element.node);
  feed.generator_version = trim(attribute(element.node, "version"));
}

constexpr ElementRow<FeedDraft> kFeedRows[] = {
    {Namespace::atom, "title",
     [](FeedDraft& d, const Element& e) { d.title.offer(Rank::atom, construct_text_of(e)); }},
    {Namespace::atom, "subtitle", read_description},
    {Namespace::atom, "tagline", read_description},
    {Namespace::atom, "info",
     [](FeedDraft& d, const Element& e) {
       d.description.offer(Rank::derived, construct_text_of(e));
     }},
    {Namespace::atom, "id",
     [](FeedDraft& d, const Element& e) {
       if (!d.feed.id.empty()) return;
       d.feed.id = resolved_id(e.scope, text_of(e));
       if (d.feed.id.empty()) d.feed.id = text_of(e);
     }},
    {Namespace::atom, "link", read_feed_link},
    {Namespace::atom, "updated", read_updated},
    {Namespace::atom, "modified", read_updated},
    {Namespace::atom, "published",
     [](FeedDraft& d, const Element& e) {
       d.published.offer_last(Rank::atom, d.context.date(text_of(e), e.node));
     }},
    {Namespace::atom, "author",
     [](FeedDraft& d, const Element& e) {
       d.authors.push_back({Rank::atom, atom_person(e)});
     }},
    {Namespace::atom, "contributor",
     [](FeedDraft& d, const Element& e) { d.feed.contributors.push_back(atom_person(e)); }},
    {Namespace::atom, "category",
     [](FeedDraft& d, const Element& e) { d.add_category(category_of(e)); }},
    {Namespace::atom, "generator", read_generator},
    {Namespace::atom, "icon",
     [](FeedDraft& d, const Element& e) { d.icon.offer(Rank::atom, url_of(d.context, e)); }},
    {Namespace::atom, "logo",
     [](FeedDraft& d, const Element& e) { d.feed.logo = url_of(d.context, e); }},
    {Namespace::atom, "rights", read_feed_rights},
    {Namespace::atom, "copyright", read_feed_rights},
};

void read_entry(FeedDraft& feed, const Element& entry) {
  static const ElementTable<EntryDraft> table = {kEntryRows, entry_extension_rows()};
  EntryDraft draft(feed.context);
  for_each_child(entry, [&](const Element& child) { table.read(draft, child); });
  draft.language.offer(Rank::derived, std::string(entry.scope.language()));
  feed.add_entry(std::move(draft), feed.context.hash_of(entry.node), entry.scope.base());
}

constexpr ElementRow<FeedDraft> kDocumentRows[] = {{Namespace::atom, "entry", read_entry}};

// Atom 0.3 says so in its namespace or, without one, in its version.
std::string format_of(const Element& root) {
  for (const pugi::xml_attribute declaration : root.node.attributes()) {
    const std::string_view uri = declaration.value();
    if (uri.find("purl.org/atom") != uri.npos && uri.find("tombstones") == uri.npos)
      return "atom-0.3";
  }
  return trim(attribute(root.node, "version")).starts_with("0.3") ? "atom-0.3" : "atom-1.0";
}

}  // namespace

Person atom_person(const Element& element) {
  if (!has_elements(element.node)) return parse_person(text_of(element));
  Person person;
  for_each_child(element, [&](const Element& child) {
    if (iequals_ascii(child.name, "name")) {
      person.name = plain_text(text_of(child));
    } else if (iequals_ascii(child.name, "email")) {
      person.email = text_of(child);
    } else if (iequals_ascii(child.name, "uri") || iequals_ascii(child.name, "url") ||
               iequals_ascii(child.name, "homepage")) {
      person.url = resolve_url(child.scope.base(), text_of(child));
    }
  });
  return person;
}

std::span<const ElementRow<EntryDraft>> atom_entry_rows() { return kEntryRows; }
std::span<const ElementRow<FeedDraft>> atom_feed_rows() { return kFeedRows; }

bool is_atom_root(std::string_view name) {
  return iequals_ascii(name, "feed") || iequals_ascii(name, "entry");
}

bool read_atom(ReadContext& context, pugi::xml_node root, std::string_view base) {
  static const ElementTable<FeedDraft> table = {kDocumentRows, kFeedRows, feed_extension_rows()};
  const Scope scope(root, base, Namespace::atom, false);
  const Element element(root, scope);
  if (element.ns != Namespace::atom) return false;
  context.feed.format = format_of(element);
  FeedDraft draft(context);
  draft.entries_inherit_authors = true;
  draft.language.offer(Rank::own, std::string(scope.language()));
  if (iequals_ascii(element.name, "entry")) {
    read_entry(draft, element);
  } else {
    for_each_child(element, [&](const Element& child) { table.read(draft, child); });
  }
  draft.finish();
  note_undeclared_prefix(context, scope);
  return true;
}

}  // namespace feedwire::feeds
