// Podcasts: iTunes, Podcasting 2.0 (podcastindex.org/namespace/1.0), Google Play, and Podlove
// Simple Chapters.

#include "feeds/ascii.h"
#include "feeds/extensions.h"
#include "feeds/values.h"

namespace feedwire::feeds {
namespace {

std::string url_attribute(ReadContext& context, const Element& element, std::string_view name) {
  return context.url(element.scope.base(), attribute(element.node, name), element.node);
}

// itunes:image has the URL in href, googleplay:image too, some write it as text.
std::string image_of(ReadContext& context, const Element& element) {
  std::string url(attribute(element.node, "href"));
  if (url.empty()) url = attribute(element.node, "url");
  if (url.empty()) url = text_of(element);
  return context.url(element.scope.base(), url, element.node);
}

void read_author(EntryDraft& d, const Element& e) {
  d.authors.push_back({Rank::podcast, parse_person(text_of(e))});
}
void read_summary(EntryDraft& d, const Element& e) { d.offer_abstract(Rank::podcast, html_of(e)); }
void read_explicit(EntryDraft& d, const Element& e) {
  d.entry.itunes_explicit = parse_flag(text_of(e));
}
void read_block(EntryDraft& d, const Element& e) { d.entry.itunes_block = parse_flag(text_of(e)); }
void read_image(EntryDraft& d, const Element& e) {
  d.offer_image(ImageRank::podcast, image_of(d.context, e));
}

void read_episode(EntryDraft& d, const Element& e) {
  if (!d.entry.itunes_episode) d.entry.itunes_episode = parse_number<std::uint64_t>(text_of(e));
}
void read_season(EntryDraft& d, const Element& e) {
  if (!d.entry.itunes_season) d.entry.itunes_season = parse_number<std::uint64_t>(text_of(e));
}

void read_transcript(EntryDraft& d, const Element& e) {
  Transcript transcript;
  transcript.url = url_attribute(d.context, e, "url");
  if (transcript.url.empty()) return;
  transcript.type = trim(attribute(e.node, "type"));
  transcript.language = trim(attribute(e.node, "language"));
  transcript.rel = trim(attribute(e.node, "rel"));
  d.entry.transcripts.push_back(std::move(transcript));
}

void read_podcast_person(EntryDraft& d, const Element& e) {
  PodcastPerson person;
  person.name = plain_text_of(e);
  if (person.name.empty()) return;
  person.role = to_lower_ascii(trim(attribute(e.node, "role")));
  person.group = to_lower_ascii(trim(attribute(e.node, "group")));
  person.image = url_attribute(d.context, e, "img");
  person.url = url_attribute(d.context, e, "href");
  d.entry.podcast_persons.push_back(std::move(person));
}

void read_chapters(EntryDraft& d, const Element& chapters) {
  for_each_child(chapters, [&](const Element& e) {
    if (e.ns != Namespace::psc || !iequals_ascii(e.name, "chapter")) return;
    d.entry.chapters.push_back({std::string(trim(attribute(e.node, "start"))),
                                plain_text(attribute(e.node, "title")),
                                url_attribute(d.context, e, "href")});
  });
}

// A category may hold sub-categories, one level deep.
std::vector<std::string> categories_of(const Element& category) {
  const auto name_of = [](const Element& e) {
    std::string name = plain_text(attribute(e.node, "text"));
    return name.empty() ? plain_text(text_of(e)) : name;
  };
  std::vector<std::string> names = {name_of(category)};
  for_each_child(category, [&](const Element& child) {
    if (child.ns == category.ns && iequals_ascii(child.name, "category"))
      names.push_back(name_of(child));
  });
  return names;
}

void read_item_category(EntryDraft& d, const Element& e) {
  for (std::string& name : categories_of(e)) d.add_tag(std::move(name));
}

constexpr ElementRow<EntryDraft> kEntryRows[] = {
    {Namespace::itunes, "title",
     [](EntryDraft& d, const Element& e) { d.title.offer(Rank::podcast, plain_text_of(e)); }},
    {Namespace::itunes, "author", read_author},
    {Namespace::itunes, "summary", read_summary},
    {Namespace::itunes, "subtitle",
     [](EntryDraft& d, const Element& e) { d.offer_abstract(Rank::derived, html_of(e)); }},
    {Namespace::itunes, "explicit", read_explicit},
    {Namespace::itunes, "block", read_block},
    {Namespace::itunes, "image", read_image},
    {Namespace::itunes, "duration",
     [](EntryDraft& d, const Element& e) {
       d.entry.itunes_duration_seconds = parse_duration(text_of(e));
     }},
    {Namespace::itunes, "episode", read_episode},
    {Namespace::itunes, "season", read_season},
    {Namespace::itunes, "episodetype",
     [](EntryDraft& d, const Element& e) {
       d.entry.itunes_episode_type = to_lower_ascii(text_of(e));
     }},
    {Namespace::itunes, "category", read_item_category},
    {Namespace::itunes, "keywords",
     [](EntryDraft& d, const Element& e) {
       for (std::string& keyword : split_keywords(text_of(e))) d.add_tag(std::move(keyword));
     }},
    {Namespace::googleplay, "author", read_author},
    {Namespace::googleplay, "description", read_summary},
    {Namespace::googleplay, "explicit", read_explicit},
    {Namespace::googleplay, "block", read_block},
    {Namespace::googleplay, "image", read_image},
    {Namespace::podcast, "episode", read_episode},
    {Namespace::podcast, "season", read_season},
    {Namespace::podcast, "transcript", read_transcript},
    {Namespace::podcast, "person", read_podcast_person},
    {Namespace::podcast, "chapters",
     [](EntryDraft& d, const Element& e) {
       d.entry.podcast_chapters_url = url_attribute(d.context, e, "url");
     }},
    {Namespace::psc, "chapters", read_chapters},
};

void read_category(FeedDraft& d, const Element& e) {
  for (std::string& name : categories_of(e)) d.add_category(std::move(name));
}

void read_owner(FeedDraft& d, const Element& owner) {
  for_each_child(owner, [&](const Element& child) {
    if (iequals_ascii(child.name, "name")) d.feed.itunes_owner.name = plain_text_of(child);
    if (iequals_ascii(child.name, "email")) d.feed.itunes_owner.email = text_of(child);
  });
}

void read_feed_author(FeedDraft& d, const Element& e) {
  d.authors.push_back({Rank::podcast, parse_person(text_of(e))});
}
void read_feed_summary(FeedDraft& d, const Element& e) {
  d.description.offer(Rank::podcast, plain_text_of(e));
}
void read_feed_image(FeedDraft& d, const Element& e) {
  d.icon.offer(Rank::own, image_of(d.context, e));
}
// What iTunes had before itunes:image.
void read_feed_link(FeedDraft& d, const Element& e) {
  if (iequals_ascii(trim(attribute(e.node, "rel")), "image")) read_feed_image(d, e);
}
void read_feed_explicit(FeedDraft& d, const Element& e) {
  d.feed.itunes_explicit = parse_flag(text_of(e));
}
void read_feed_block(FeedDraft& d, const Element& e) {
  d.feed.itunes_block = parse_flag(text_of(e));
}

constexpr ElementRow<FeedDraft> kFeedRows[] = {
    {Namespace::itunes, "title",
     [](FeedDraft& d, const Element& e) { d.title.offer(Rank::podcast, plain_text_of(e)); }},
    {Namespace::itunes, "author", read_feed_author},
    {Namespace::itunes, "summary", read_feed_summary},
    {Namespace::itunes, "subtitle",
     [](FeedDraft& d, const Element& e) { d.description.offer(Rank::derived, plain_text_of(e)); }},
    {Namespace::itunes, "image", read_feed_image},
    {Namespace::itunes, "link", read_feed_link},
    {Namespace::itunes, "explicit", read_feed_explicit},
    {Namespace::itunes, "block", read_feed_block},
    {Namespace::itunes, "type",
     [](FeedDraft& d, const Element& e) { d.feed.itunes_type = to_lower_ascii(text_of(e)); }},
    {Namespace::itunes, "owner", read_owner},
    {Namespace::itunes, "category", read_category},
    {Namespace::itunes, "keywords",
     [](FeedDraft& d, const Element& e) {
       for (std::string& keyword : split_keywords(text_of(e))) d.add_category(std::move(keyword));
     }},
    {Namespace::googleplay, "author", read_feed_author},
    {Namespace::googleplay, "description", read_feed_summary},
    {Namespace::googleplay, "image", read_feed_image},
    {Namespace::googleplay, "explicit", read_feed_explicit},
    {Namespace::googleplay, "block", read_feed_block},
    {Namespace::googleplay, "category", read_category},
    {Namespace::podcast, "guid",
     [](FeedDraft& d, const Element& e) { d.feed.podcast_guid = text_of(e); }},
    {Namespace::podcast, "locked",
     [](FeedDraft& d, const Element& e) { d.feed.podcast_locked = parse_flag(text_of(e)); }},
};

}  // namespace

std::span<const ElementRow<EntryDraft>> podcast_entry_rows() { return kEntryRows; }
std::span<const ElementRow<FeedDraft>> podcast_feed_rows() { return kFeedRows; }

}  // namespace feedwire::feeds
