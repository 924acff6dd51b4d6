// The whole job of a parse worker, in process: a document -> Feed. The worker program, the fuzz
// targets and the tests call it.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "feeds/feed.h"
#include "feeds/keys.h"
#include "feeds/parse.h"
#include "feeds/parsed_feed.h"
#include "feeds/url.h"

namespace feedwire::feeds {

struct ReadRequest {
  Source source;
  FeedKey feed = 0;
  std::string subscribed_url;            // decides own_domain; the feed's URL as configured
  UrlRules rules;                        // for canonical links
  std::vector<std::uint64_t> known_raw;  // raw hashes of the feed's window: these are skipped
  bool find_linked = false;  // where it is no feed: whether linked_feeds() is to be asked
};

/// A Feed that is not flat yet.
struct FeedParts {
  FeedInfo info;
  std::vector<Entry> entries;
  std::size_t flat_size = 0;  // at most Feed::kMaxBytes
};

/// parse_document(), finish_entry() for what is not known, keys, JSON.
/// Errors: those of parse_document(), too_large.
Result<FeedParts> read_parts(std::string_view bytes, const ReadRequest& request);

/// read_parts() and flatten().
Result<std::string> read_feed(std::string_view bytes, const ReadRequest& request);

}  // namespace feedwire::feeds
