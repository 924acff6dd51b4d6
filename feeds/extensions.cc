#include "feeds/extensions.h"

#include <initializer_list>
#include <vector>

#include "feeds/ascii.h"
#include "feeds/values.h"

namespace feedwire::feeds {
namespace {

template <typename Draft>
std::vector<ElementRow<Draft>> join(
    std::initializer_list<std::span<const ElementRow<Draft>>> parts) {
  std::vector<ElementRow<Draft>> rows;
  for (const auto part : parts) rows.insert(rows.end(), part.begin(), part.end());
  return rows;
}

Instant date_of(ReadContext& context, const Element& element) {
  return context.date(text_of(element), element.node);
}

std::string url_of(ReadContext& context, const Element& element) {
  return context.url(element.scope.base(), text_of(element), element.node);
}

// A URL as text or, in RDF fashion, as the attribute rdf:resource.
std::string resource_of(ReadContext& context, const Element& element) {
  const std::string_view resource = attribute(element.node, "resource");
  if (resource.empty()) return url_of(context, element);
  return context.url(element.scope.base(), resource, element.node);
}

// ---- Dublin Core: the same elements in "dc" and "dcterms"

void read_title(EntryDraft& d, const Element& e) {
  d.title.offer(Rank::dublin_core, plain_text_of(e));
}
void read_creator(EntryDraft& d, const Element& e) {
  d.authors.push_back({Rank::dublin_core, parse_person(text_of(e))});
}
void read_subject(EntryDraft& d, const Element& e) { d.add_tag(plain_text_of(e)); }
void read_description(EntryDraft& d, const Element& e) {
  d.offer_abstract(Rank::dublin_core, html_of(e));
}
void read_publisher(EntryDraft& d, const Element& e) {
  d.entry.publisher = parse_person(text_of(e));
}
void read_contributor(EntryDraft& d, const Element& e) {
  d.entry.contributors.push_back(parse_person(text_of(e)));
}
void read_published(EntryDraft& d, const Element& e) {
  d.published.offer(Rank::dublin_core, date_of(d.context, e));
}
void read_modified(EntryDraft& d, const Element& e) {
  d.modified.offer(Rank::dublin_core, date_of(d.context, e));
}
void read_language(EntryDraft& d, const Element& e) {
  d.language.offer(Rank::dublin_core, text_of(e));
}
void read_rights(EntryDraft& d, const Element& e) {
  d.rights.offer(Rank::dublin_core, plain_text_of(e));
}

void read_in_reply_to(EntryDraft& d, const Element& e) {
  if (!d.entry.in_reply_to_ref.empty()) return;
  d.entry.in_reply_to_ref = trim(attribute(e.node, "ref"));
  d.entry.in_reply_to_href = d.context.url(e.scope.base(), attribute(e.node, "href"), e.node);
}

void read_comments_count(EntryDraft& d, const Element& e) {
  if (!d.entry.comments_count) d.entry.comments_count = parse_number<std::uint64_t>(text_of(e));
}

void read_license(EntryDraft& d, const Element& e) {
  d.license.offer(Rank::own, resource_of(d.context, e));
}

constexpr ElementRow<EntryDraft> kEntryRows[] = {
    {Namespace::dc, "title", read_title},
    {Namespace::dc, "creator", read_creator},
    {Namespace::dc, "author", read_creator},
    {Namespace::dc, "subject", read_subject},
    {Namespace::dc, "description", read_description},
    {Namespace::dc, "publisher", read_publisher},
    {Namespace::dc, "contributor", read_contributor},
    {Namespace::dc, "date", read_published},
    {Namespace::dc, "language", read_language},
    {Namespace::dc, "rights", read_rights},
    {Namespace::dcterms, "title", read_title},
    {Namespace::dcterms, "creator", read_creator},
    {Namespace::dcterms, "subject", read_subject},
    {Namespace::dcterms, "description", read_description},
    {Namespace::dcterms, "abstract", read_description},
    {Namespace::dcterms, "publisher", read_publisher},
    {Namespace::dcterms, "contributor", read_contributor},
    {Namespace::dcterms, "date", read_published},
    {Namespace::dcterms, "issued", read_published},
    {Namespace::dcterms, "modified", read_modified},
    {Namespace::dcterms, "created",
     [](EntryDraft& d, const Element& e) {
       d.created.offer(Rank::dublin_core, date_of(d.context, e));
     }},
    {Namespace::dcterms, "language", read_language},
    {Namespace::dcterms, "rights", read_rights},
    {Namespace::dcterms, "license", read_license},
    {Namespace::content, "encoded",
     [](EntryDraft& d, const Element& e) { d.offer_content(Rank::own, html_of(e)); }},
    {Namespace::xhtml, "body",
     [](EntryDraft& d, const Element& e) { d.offer_content(Rank::own_other, xhtml_of(e)); }},
    {Namespace::xhtml, "div",
     [](EntryDraft& d, const Element& e) { d.offer_content(Rank::own_other, xhtml_of(e)); }},
    {Namespace::slash, "comments", read_comments_count},
    {Namespace::thr, "total", read_comments_count},
    {Namespace::thr, "in-reply-to", read_in_reply_to},
    {Namespace::wfw, "commentrss",
     [](EntryDraft& d, const Element& e) {
       d.comments_feed_url.offer(Rank::own, url_of(d.context, e));
     }},
    {Namespace::feedburner, "origlink",
     [](EntryDraft& d, const Element& e) { d.entry.orig_link = url_of(d.context, e); }},
    {Namespace::license, "license", read_license},
};

void read_tombstone(FeedDraft& d, const Element& e) {
  const std::string_view ref = trim(attribute(e.node, "ref"));
  if (ref.empty()) return;
  d.feed.deleted.push_back({std::string(ref), d.context.date(attribute(e.node, "when"), e.node)});
}

void read_feed_creator(FeedDraft& d, const Element& e) {
  d.authors.push_back({Rank::dublin_core, parse_person(text_of(e))});
}
void read_feed_updated(FeedDraft& d, const Element& e) {
  d.updated.offer(Rank::dublin_core, date_of(d.context, e));
}
void read_feed_rights(FeedDraft& d, const Element& e) {
  d.rights.offer(Rank::dublin_core, plain_text_of(e));
}

constexpr ElementRow<FeedDraft> kFeedRows[] = {
    {Namespace::dc, "title",
     [](FeedDraft& d, const Element& e) { d.title.offer(Rank::dublin_core, plain_text_of(e)); }},
    {Namespace::dc, "creator", read_feed_creator},
    {Namespace::dc, "author", read_feed_creator},
    {Namespace::dc, "subject",
     [](FeedDraft& d, const Element& e) { d.add_category(plain_text_of(e)); }},
    {Namespace::dc, "description",
     [](FeedDraft& d, const Element& e) {
       d.description.offer(Rank::dublin_core, plain_text_of(e));
     }},
    {Namespace::dc, "publisher",
     [](FeedDraft& d, const Element& e) { d.feed.publisher = parse_person(text_of(e)); }},
    {Namespace::dc, "contributor",
     [](FeedDraft& d, const Element& e) {
       d.feed.contributors.push_back(parse_person(text_of(e)));
     }},
    {Namespace::dc, "date", read_feed_updated},
    {Namespace::dc, "language",
     [](FeedDraft& d, const Element& e) { d.language.offer(Rank::dublin_core, text_of(e)); }},
    {Namespace::dc, "rights", read_feed_rights},
    {Namespace::dcterms, "creator", read_feed_creator},
    {Namespace::dcterms, "rights", read_feed_rights},
    {Namespace::dcterms, "modified", read_feed_updated},
    {Namespace::dcterms, "issued",
     [](FeedDraft& d, const Element& e) {
       d.published.offer(Rank::dublin_core, date_of(d.context, e));
     }},
    {Namespace::dcterms, "created",
     [](FeedDraft& d, const Element& e) { d.feed.created = date_of(d.context, e); }},
    {Namespace::sy, "updateperiod",
     [](FeedDraft& d, const Element& e) { d.feed.update_period = to_lower_ascii(text_of(e)); }},
    {Namespace::sy, "updatefrequency",
     [](FeedDraft& d, const Element& e) {
       d.feed.update_frequency = parse_number<std::uint32_t>(text_of(e));
     }},
    {Namespace::sy, "updatebase",
     [](FeedDraft& d, const Element& e) { d.feed.update_base = date_of(d.context, e); }},
    {Namespace::admin, "generatoragent",
     [](FeedDraft& d, const Element& e) {
       if (d.feed.generator_url.empty()) d.feed.generator_url = resource_of(d.context, e);
     }},
    {Namespace::history, "complete", [](FeedDraft& d, const Element&) { d.feed.complete = true; }},
    {Namespace::tombstone, "deleted-entry", read_tombstone},
};

}  // namespace

std::span<const ElementRow<EntryDraft>> module_entry_rows() { return kEntryRows; }
std::span<const ElementRow<FeedDraft>> module_feed_rows() { return kFeedRows; }

std::span<const ElementRow<EntryDraft>> entry_extension_rows() {
  static const std::vector<ElementRow<EntryDraft>> rows = join<EntryDraft>(
      {module_entry_rows(), media_entry_rows(), podcast_entry_rows(), geo_entry_rows()});
  return rows;
}

std::span<const ElementRow<FeedDraft>> feed_extension_rows() {
  static const std::vector<ElementRow<FeedDraft>> rows =
      join<FeedDraft>({module_feed_rows(), podcast_feed_rows(), media_feed_rows()});
  return rows;
}

}  // namespace feedwire::feeds
