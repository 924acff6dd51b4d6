// RSS 0.90 to 2.0 and RDF (RSS 1.0): rssboard.org/rss-specification, web.resource.org/rss/1.0.

#pragma once

#include <string_view>

#include "feeds/draft.h"

namespace feedwire::feeds {

/// Whether a root element of this local name may be RSS.
bool is_rss_root(std::string_view name);

/// Reads a document whose root is_rss_root() into `context.feed`. False for RDF about other things.
bool read_rss(ReadContext& context, pugi::xml_node root, std::string_view base);

}  // namespace feedwire::feeds
