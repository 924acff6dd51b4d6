// What the format parsers make of a document: one model for RSS, RDF, Atom and JSON Feed. Its
// names are JSON Feed 1.1's where that has the field, else those under `_feedwire`
// (feeds/README.md). Text is valid UTF-8; an empty string or optional means "unknown". URLs are
// absolute http(s) or empty. Content is still the publisher's until finish_entry() (feeds/parse.h).

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace feedwire::feeds {

/// Something odd about a document that was read nevertheless; never an error.
struct Problem {
  std::string code;        // one of those in feeds/README.md: "zone-less-date", "relative-url", …
  std::string message;     // for people
  std::uint32_t line = 0;  // 1-based; 0 = not known
};

/// Text of the publisher with its markup. `base` is what relative URLs in it are relative to.
struct RichText {
  enum class Kind { plain, html };  // xhtml arrives here as html, serialised
  Kind kind = Kind::html;
  std::string body;
  std::string base;
};

struct Person {
  std::string name, url, email, avatar;
};

struct Attachment {
  std::string url, mime_type, title;
  std::optional<std::uint64_t> size_in_bytes, duration_in_seconds;
};

struct Thumbnail {
  std::string url;
  std::optional<std::uint32_t> width, height;
};

struct Link {
  std::string type, url;
};

struct Geo {
  std::string type;                 // "Point", "LineString", "Polygon"
  std::vector<double> coordinates;  // lon, lat, lon, lat, …
};

struct Chapter {
  std::string start, title, url;
};

struct Transcript {
  std::string url, type, language, rel;
};

struct PodcastPerson {
  std::string name, role, group, image, url;
};

struct Tombstone {  // RFC 6721
  std::string ref;
  std::optional<std::chrono::sys_seconds> when;
};

struct ParsedEntry {
  std::string guid;    // as in the document, trimmed: what identifies the entry
  std::string id_url;  // the guid as an absolute URL, where an Atom entry has a relative one
  std::optional<bool> guid_is_permalink;
  std::string url, external_url, title;
  std::optional<RichText> content;   // until finish_entry(); "content:encoded", atom:content, …
  std::optional<RichText> abstract;  // likewise: RSS description, atom:summary, …
  std::string content_html, content_text, summary;  // set by finish_entry()
  std::string image,
      banner_image;  // image: the declared one (P-7) until finish_entry() looks further
  std::optional<std::chrono::sys_seconds> published, modified;
  std::vector<Person> authors;
  std::vector<std::string> tags;
  std::string language;  // its own, else inherited
  std::vector<Attachment> attachments;

  std::string comments_url, comments_feed_url, rights, license, content_src, orig_link;
  std::optional<std::uint64_t> comments_count;
  std::string source_title, source_url;
  std::vector<Person> contributors;
  Person publisher;
  std::optional<std::chrono::sys_seconds> created, expires;
  std::string in_reply_to_ref, in_reply_to_href;
  std::optional<Geo> geo;
  std::optional<bool> itunes_explicit, itunes_block;
  std::optional<std::uint64_t> itunes_duration_seconds, itunes_episode, itunes_season;
  std::string itunes_episode_type;
  std::vector<Transcript> transcripts;
  std::string podcast_chapters_url;
  std::vector<PodcastPerson> podcast_persons;
  std::vector<Chapter> chapters;
  std::string media_player_url;
  std::vector<Thumbnail> media_thumbnails;

  /// XXH3 over everything in the document that this entry is made of, and what it inherits
  /// (xml:base, language, channel authors): equal means there is nothing new to look at.
  std::uint64_t raw_hash = 0;
};

struct ParsedFeed {
  std::string format;    // "rss-2.0", "atom-1.0", "json-feed-1.1", …
  std::string encoding;  // lower case, as decoded from: "utf-8"
  std::string title, home_page_url, feed_url, description, icon, favicon, language, next_url;
  std::vector<Person> authors;
  std::vector<Link> hubs;
  std::vector<ParsedEntry> entries;

  std::vector<Problem> problems;
  std::string id, rights, docs, logo;
  std::string generator_name, generator_url, generator_version;
  std::vector<std::string> categories;
  std::optional<std::chrono::sys_seconds> published, updated, created;
  std::string image_url, image_title, image_link;
  std::vector<Person> contributors;
  Person publisher;
  std::optional<std::uint32_t> ttl_minutes, update_frequency;
  std::string update_period;
  std::optional<std::chrono::sys_seconds> update_base;
  std::vector<std::uint32_t> skip_hours;
  std::vector<std::string> skip_days;
  bool complete = false;            // RFC 5005
  bool has_zoneless_dates = false;  // and nothing that says their zone: they were taken as UTC
  std::string prev_archive, next_archive;
  std::optional<bool> itunes_explicit, itunes_block;
  std::string itunes_type;
  Person itunes_owner;
  std::string podcast_guid;
  std::optional<bool> podcast_locked;
  std::vector<Tombstone> deleted;
};

}  // namespace feedwire::feeds
