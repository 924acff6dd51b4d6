// How older pages of a feed are asked for, by which a gap is closed (identity rule I-18): pure
// functions on storage::Backfill. What the pages say is the store's affair.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/rng.h"
#include "daemon/transport.h"
#include "storage/backfill.h"

namespace feedwire::daemon {

/// Requests for one page that may fail in a row.
inline constexpr std::uint32_t kMaxPageFailures = 5;

/// Whether the answer is to be read as a page.
bool is_page(const HttpResponse& response);

/// The request for backfill.page failed, or, `unreadable`, brought what is no feed. Ends the
/// back-fill where the page will not come, else says when to ask again: back-off as with polls
/// (H-60), shortened by an operator's short `floor`, and Retry-After (H-50).
void note_page_failure(storage::Backfill& backfill, const HttpResponse& response, bool unreadable,
                       std::chrono::seconds floor, WallTime now, Rng& rng);

/// Until when the answer asks not to be asked again, by Retry-After or as 429; epoch = it does not.
WallTime page_patience(const HttpResponse& response, WallTime now);

/// The URL of the n-th page where a feed's older entries are at ?paged=n, as with WordPress.
std::string numbered_page(std::string_view url, std::uint32_t number);

}  // namespace feedwire::daemon
