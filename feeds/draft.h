// Feeds and entries in the making. A field may be named by several elements, in any order; each
// names the rank of its source, and the best one counts.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "feeds/element.h"
#include "feeds/parsed_feed.h"
#include "feeds/xml_document.h"

namespace feedwire::feeds {

/// Whose element a value comes from, best first.
enum class Rank : std::uint8_t {
  own,         // the format's own element
  own_other,   // the format's own second choice
  atom,        // an Atom element, in an RSS document or its own
  atom_other,  // Atom's second choice
  dublin_core,
  podcast,  // iTunes, Podcasting 2.0, Google Play
  media,
  derived,  // from an element with another meaning, such as the guid
  nothing,
};

template <typename T>
struct Ranked {
  T value{};
  Rank rank = Rank::nothing;

  /// Takes the first of the best; an empty value is no offer.
  void offer(Rank source, T candidate) {
    if (source >= rank || candidate == T{}) return;
    value = std::move(candidate);
    rank = source;
  }

  /// Takes the last of the best, as other readers do with dates and links.
  void offer_last(Rank source, T candidate) {
    if (source > rank || candidate == T{}) return;
    value = std::move(candidate);
    rank = source;
  }
};

/// P-7, best first.
enum class ImageRank : std::uint8_t { own, media, podcast, enclosure, other };
inline constexpr std::size_t kImageRanks = 5;

/// What the readers of one document share.
struct ReadContext {
  static constexpr std::size_t kMaxProblems = 100;
  static constexpr std::size_t kMaxOfOneCode = 10;

  ParsedFeed& feed;
  const XmlDocument* xml = nullptr;  // null for JSON
  std::string_view zone = {};        // of dates that name none (feeds/naive_zone.h)
  std::size_t resolved_bytes = 0;    // what url() gave for relative references

  /// Notes a problem at `where`; those beyond the limits are dropped.
  void problem(std::string_view code, std::string message, pugi::xml_node where = {});
  static constexpr std::size_t kMaxResolvedBytes = 16 * 1024 * 1024;

  /// `reference` as an absolute http(s) URL; else empty, and a problem unless it was empty. Once
  /// all relative ones together gave kMaxResolvedBytes, further ones have no base.
  std::string url(std::string_view base, std::string_view reference, pugi::xml_node where = {});
  std::optional<std::chrono::sys_seconds> date(std::string_view text, pugi::xml_node where = {});
  /// Of everything in the document that an element is made of.
  std::uint64_t hash_of(pugi::xml_node element) const;
};

using Instant = std::optional<std::chrono::sys_seconds>;

struct RankedPerson {
  Rank rank;
  Person person;
};

struct EntryDraft {
  explicit EntryDraft(ReadContext& c) : context(c) {}

  ReadContext& context;
  ParsedEntry entry;  // fields with one source go here at once
  Ranked<std::string> guid, url, title, rights, language, comments_url, comments_feed_url, license;
  Ranked<Instant> published, modified, created;
  Rank content_rank = Rank::nothing, abstract_rank = Rank::nothing;
  std::optional<RichText> description;  // RSS: the content, unless there is another (P-2)
  std::vector<RankedPerson> authors;
  std::string images[kImageRanks];

  void offer_image(ImageRank rank, std::string image) {
    std::string& slot = images[static_cast<std::size_t>(rank)];
    if (slot.empty()) slot = std::move(image);
  }
  void offer_content(Rank rank, RichText text);
  void offer_abstract(Rank rank, RichText text);
  void add_tag(std::string tag);
  /// Merges with one that has the same URL.
  void add_attachment(Attachment attachment);
  /// Fills the entry with the best of all offers.
  void finish();
};

struct FeedDraft {
  explicit FeedDraft(ReadContext& c) : context(c), feed(c.feed) {}

  ReadContext& context;
  ParsedFeed& feed;
  Ranked<std::string> title, description, home_page_url, feed_url, language, rights, icon;
  Ranked<Instant> published, updated;
  std::vector<RankedPerson> authors;
  bool entries_inherit_authors = false;  // RFC 4287 4.2.1, JSON Feed 1.1; RSS says nothing of it

  void add_category(std::string category);
  /// Finishes an entry and adds it, unless there are kMaxEntries. `hash` is that of its own bytes,
  /// `base` what its relative URLs were resolved with.
  void add_entry(EntryDraft&& draft, std::uint64_t hash, std::string_view base);
  /// Fills the feed with the best of all offers, and its entries with what they inherit.
  void finish();
};

/// Notes a problem if an element has a prefix that nobody declared. `root` is the root's scope.
void note_undeclared_prefix(ReadContext& context, const Scope& root);

}  // namespace feedwire::feeds
