// How long a feed is to be left alone by the wish of its publisher, in headers and in the document.
// Pure functions; the rules are http.md's H-30 to H-38.

#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "base/rng.h"
#include "daemon/transport.h"
#include "feeds/feed.h"
#include "storage/store.h"

namespace feedwire::daemon {

inline constexpr std::chrono::seconds kMaxFreshness{86400};  // H-33: some say a month, or a year
inline constexpr std::chrono::minutes kMaxTtl{1440};         // H-36: more is no time to live

/// For how long an answer stays fresh by its own words (RFC 9111 4.2.1, without s-maxage, which is
/// for shared caches): nothing if it says nothing, at most kMaxFreshness, never negative.
std::optional<std::chrono::seconds> freshness(const HttpResponse& response, WallTime now);

/// What a document asks for, as far as it may (H-36 to H-38).
storage::PollHints hints_of(const feeds::FeedInfoView& info);

/// Whether the answer's max-age or the document's ttl is no longer than `span`, and nothing in the
/// answer says that it was not meant so (S-6, H-32).
bool asks_for_polls_within(std::chrono::seconds span, const HttpResponse& response,
                           const storage::PollHints& hints);

/// `due`, or the end of the hours and days around it in which nobody is to poll, and up to ten
/// minutes more, lest all come at once. Hints that leave no time within a day do not count (H-38).
WallTime after_skipped(WallTime due, const storage::PollHints& hints, Rng& rng);

}  // namespace feedwire::daemon
