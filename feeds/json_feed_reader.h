// JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1).

#pragma once

#include <string_view>

#include "base/result.h"
#include "feeds/draft.h"

namespace feedwire::feeds {

/// Reads a document into `context.feed`. Errors: malformed, with the line where the JSON breaks, or
/// where it is no feed; too_large, for more than kMaxJsonDepth levels or kMaxNodes values.
Result<void> read_json_feed(ReadContext& context, std::string_view text, std::string_view base);

inline constexpr std::size_t kMaxJsonDepth = 64;

}  // namespace feedwire::feeds
