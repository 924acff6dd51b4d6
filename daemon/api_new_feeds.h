// The body of a POST to /v1/feeds:
// {"feeds":[{"url","name","title","tags":[…],"interval","paged"}…]}.

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "storage/store.h"

namespace feedwire::daemon {

/// The feeds to be added; all but `url` may be absent. Errors: malformed (no JSON),
/// invalid_argument (JSON that means something else, or a value that the configuration would refuse
/// too; the message says where).
Result<std::vector<storage::FeedRef>> parse_new_feeds(const std::string& body);

}  // namespace feedwire::daemon
