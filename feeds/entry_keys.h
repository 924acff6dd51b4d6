// What an entry is known by, computed from the entry and the document around it (identity rules
// 4.2, 4.4, I-3, I-4, I-12, I-13, I-20).

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "feeds/feed.h"
#include "feeds/keys.h"
#include "feeds/parsed_feed.h"
#include "feeds/url.h"

namespace feedwire::feeds {

/// Collapses exact duplicates to the first of them (I-4): the same guid, link, title and date.
/// Where there is neither guid nor link, the whole entry must be the same.
void drop_duplicates(ParsedFeed& feed);

/// One Entry for each of `feed.entries`, in their order, with all but what takes finish_entry():
/// revision, summary and json are empty. To be called after drop_duplicates() and before
/// finish_entry(), which drops the text that the title_content key is made of.
///
/// A key that a rule forbids is absent, so that who finds one may use it:
///  - link, loose_link: only where the link is unique in the document (I-3);
///  - guid_link: only beside a link that is unique; guid_title_date wherever there is a guid;
///  - url: only where the link is trusted (I-12);
///  - title_date: only with a title and a declared date;
///  - title_content: only with a title or visible text; of an entry with no other key of any kind
///  it
///    is made of everything the document says of it (I-3).
/// Where undoing steps 6 to 8 of the canonical URL is what keeps two entries apart, they are undone
/// for all links of the document (I-20).
std::vector<Entry> identify_entries(const ParsedFeed& feed, FeedKey key,
                                    std::string_view subscribed_url, const UrlRules& rules = {});

/// U of a canonical link: the key of an entry whose link is trusted, whatever feed it is in.
Hash128 story_key(std::string_view canonical_url);

/// What I-13 counts as content of a finished entry: title, visible text (the summary's, where there
/// is no content), canonical link, enclosures, authors, sorted tags, language. Not markup,
/// attributes, images, tracking parameters, dates, white space.
Hash128 content_revision(const ParsedEntry& entry, const UrlRules& rules = {});

/// A title for comparing: white space collapsed, ASCII letters in lower case; nothing else changes.
std::string normalize_title(std::string_view title);

}  // namespace feedwire::feeds
