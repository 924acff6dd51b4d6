// Redirects that are meant to last, and when a feed is taken to have moved by them (http.md H-65 to
// H-67). Pure functions.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "daemon/transport.h"
#include "feeds/feed.h"
#include "storage/feed_life.h"

namespace feedwire::daemon {

/// A move is believed after so many polls that were led there, the last so long after the first.
inline constexpr std::uint32_t kSightings = 3;
inline constexpr std::chrono::hours kSightingsSpan{7 * 24};

/// Where the answer came from, if each redirect on the way there says that it is for good (301,
/// 308); else empty.
std::string_view permanent_target(const HttpResponse& response);

/// Whether `to` is `from`, asked for by https: the same host, path and query.
bool is_https_of(std::string_view from, std::string_view to);

/// Hashes of the document's title, and of the id that it gives itself (atom:id, rdf:about), by
/// which it is recognised elsewhere; 0 = it has none.
std::uint64_t title_print(const feeds::FeedInfoView& info);
std::uint64_t id_print(const feeds::FeedInfoView& info);

/// A poll of `url` went well and was led to `target`, as permanent_target() gives it. `is_ours`
/// tells whether what is there is the feed that we know; it is asked once for each target.
void note_sighting(storage::FeedLife& life, std::string_view url, std::string_view target,
                   const std::function<bool()>& is_ours, WallTime now);

/// The last sighting was none, if it was at `host` (H-67).
void take_back_sighting(storage::FeedLife& life, std::string_view host);

/// Which of the feeds that the page at `page` links to is polled in its place: the first in its
/// order to which a redirect could lead as well (H-64), without userinfo. Errors: not_found; the
/// message goes on after "a page that".
Result<std::string> choose_linked_feed(std::string_view page,
                                       const std::vector<std::string>& linked);

/// The feed's URL is no more: it has moved to where that last led, if it did.
bool follow_candidate(storage::FeedLife& life);

}  // namespace feedwire::daemon
