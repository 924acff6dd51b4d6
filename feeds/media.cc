// Media RSS 1.5.1 (rssboard.org/media-rss).

#include <algorithm>
#include <array>
#include <iterator>

#include "feeds/ascii.h"
#include "feeds/extensions.h"
#include "feeds/values.h"

namespace feedwire::feeds {
namespace {

RichText text_construct(const Element& element) {
  const bool html = iequals_ascii(trim(attribute(element.node, "type")), "html");
  return {html ? RichText::Kind::html : RichText::Kind::plain, markup_of(element),
          std::string(element.scope.base())};
}

std::string url_of(ReadContext& context, const Element& element) {
  std::string_view url = attribute(element.node, "url");
  if (url.empty()) url = attribute(element.node, "href");
  return context.url(element.scope.base(), url, element.node);
}

void read_thumbnail(EntryDraft& draft, const Element& element) {
  Thumbnail thumbnail;
  thumbnail.url = url_of(draft.context, element);
  if (thumbnail.url.empty()) return;
  thumbnail.width = parse_number<std::uint32_t>(attribute(element.node, "width"));
  thumbnail.height = parse_number<std::uint32_t>(attribute(element.node, "height"));
  draft.offer_image(ImageRank::media, thumbnail.url);
  draft.entry.media_thumbnails.push_back(std::move(thumbnail));
}

bool is_image(std::string_view medium, std::string_view type) {
  return iequals_ascii(medium, "image") || (medium.empty() && istarts_with_ascii(type, "image/"));
}

void read_children(EntryDraft& draft, const Element& element);

void read_content(EntryDraft& draft, const Element& element) {
  Attachment attachment;
  attachment.url = url_of(draft.context, element);
  attachment.mime_type = trim(attribute(element.node, "type"));
  attachment.size_in_bytes = parse_number<std::uint64_t>(attribute(element.node, "filesize"));
  attachment.duration_in_seconds = parse_duration(attribute(element.node, "duration"));
  for_each_child(element, [&](const Element& child) {
    if (child.ns == Namespace::media && iequals_ascii(child.name, "title"))
      attachment.title = one_line(text_construct(child));
  });
  if (is_image(trim(attribute(element.node, "medium")), attachment.mime_type))
    draft.offer_image(ImageRank::media, attachment.url);
  draft.add_attachment(std::move(attachment));
  read_children(draft, element);
}

void read_keywords(EntryDraft& draft, const Element& element) {
  for (std::string& keyword : split_keywords(text_of(element))) draft.add_tag(std::move(keyword));
}

std::string category_of(const Element& element) {
  std::string tag = plain_text(attribute(element.node, "label"));
  return tag.empty() ? plain_text(text_of(element)) : tag;
}

void read_category(EntryDraft& draft, const Element& element) {
  draft.add_tag(category_of(element));
}

bool is_author(const Element& credit) {
  return iequals_ascii(trim(attribute(credit.node, "role")), "author");
}

void read_credit(EntryDraft& draft, const Element& element) {
  if (is_author(element)) draft.authors.push_back({Rank::media, parse_person(text_of(element))});
}

void read_player(EntryDraft& draft, const Element& element) {
  if (draft.entry.media_player_url.empty())
    draft.entry.media_player_url = url_of(draft.context, element);
}

// The rows that mean the same within a group or a content element, which themselves do not nest:
// what a stranger nests deeper than Media RSS allows is not followed.
constexpr ElementRow<EntryDraft> kInnerRows[] = {
    {Namespace::media, "thumbnail", read_thumbnail},
    {Namespace::media, "title",
     [](EntryDraft& d, const Element& e) {
       d.title.offer(Rank::media, one_line(text_construct(e)));
     }},
    {Namespace::media, "description",
     [](EntryDraft& d, const Element& e) { d.offer_abstract(Rank::media, text_construct(e)); }},
    {Namespace::media, "keywords", read_keywords},
    {Namespace::media, "category", read_category},
    {Namespace::media, "credit", read_credit},
    {Namespace::media, "player", read_player},
    {Namespace::media, "copyright",
     [](EntryDraft& d, const Element& e) { d.rights.offer(Rank::media, plain_text(text_of(e))); }},
    {Namespace::media, "license",
     [](EntryDraft& d, const Element& e) {
       const std::string_view href = attribute(e.node, "href");
       d.license.offer(Rank::media, d.context.url(e.scope.base(), href, e.node));
     }},
};

void read_children(EntryDraft& draft, const Element& element) {
  static const ElementTable<EntryDraft> table = {kInnerRows};
  for_each_child(element, [&](const Element& child) { table.read(draft, child); });
}

void read_group(EntryDraft& draft, const Element& group) {
  for_each_child(group, [&](const Element& child) {
    if (child.ns == Namespace::media && iequals_ascii(child.name, "content"))
      read_content(draft, child);
  });
  read_children(draft, group);
}

constexpr auto kRows = [] {
  std::array<ElementRow<EntryDraft>, std::size(kInnerRows) + 2> rows{
      {{Namespace::media, "content", read_content}, {Namespace::media, "group", read_group}}};
  std::copy(std::begin(kInnerRows), std::end(kInnerRows), rows.begin() + 2);
  return rows;
}();

// What a channel says of all its entries is said once, of the feed.
constexpr ElementRow<FeedDraft> kFeedRows[] = {
    {Namespace::media, "title",
     [](FeedDraft& d, const Element& e) {
       d.title.offer(Rank::media, one_line(text_construct(e)));
     }},
    {Namespace::media, "description",
     [](FeedDraft& d, const Element& e) {
       d.description.offer(Rank::media, one_line(text_construct(e)));
     }},
    {Namespace::media, "thumbnail",
     [](FeedDraft& d, const Element& e) { d.icon.offer(Rank::media, url_of(d.context, e)); }},
    {Namespace::media, "keywords",
     [](FeedDraft& d, const Element& e) {
       for (std::string& keyword : split_keywords(text_of(e))) d.add_category(std::move(keyword));
     }},
    {Namespace::media, "category",
     [](FeedDraft& d, const Element& e) { d.add_category(category_of(e)); }},
    {Namespace::media, "credit",
     [](FeedDraft& d, const Element& e) {
       if (is_author(e)) d.authors.push_back({Rank::media, parse_person(text_of(e))});
     }},
    {Namespace::media, "copyright",
     [](FeedDraft& d, const Element& e) { d.rights.offer(Rank::media, plain_text(text_of(e))); }},
};

}  // namespace

std::span<const ElementRow<EntryDraft>> media_entry_rows() { return kRows; }
std::span<const ElementRow<FeedDraft>> media_feed_rows() { return kFeedRows; }

}  // namespace feedwire::feeds
