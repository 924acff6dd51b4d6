// The modules that feeds of every format use beside their own elements.

#pragma once

#include <span>

#include "feeds/draft.h"
#include "feeds/element_table.h"

namespace feedwire::feeds {

/// All of the rows below.
std::span<const ElementRow<EntryDraft>> entry_extension_rows();
std::span<const ElementRow<FeedDraft>> feed_extension_rows();

/// Dublin Core, content, slash, wfw, thr, sy, feedburner, Creative Commons, RFC 5005, RFC 6721.
std::span<const ElementRow<EntryDraft>> module_entry_rows();
std::span<const ElementRow<FeedDraft>> module_feed_rows();

/// Media RSS.
std::span<const ElementRow<EntryDraft>> media_entry_rows();
std::span<const ElementRow<FeedDraft>> media_feed_rows();

/// iTunes, Podcasting 2.0, Google Play, Podlove chapters.
std::span<const ElementRow<EntryDraft>> podcast_entry_rows();
std::span<const ElementRow<FeedDraft>> podcast_feed_rows();

/// GeoRSS, GML, W3C geo.
std::span<const ElementRow<EntryDraft>> geo_entry_rows();

}  // namespace feedwire::feeds
