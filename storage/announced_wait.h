// For how long a publisher asked to be left alone, by the headers and the document of an answer as
// the poll ledger has them. For the check of politeness, hence apart from what the poll stage uses.

#pragma once

#include <chrono>
#include <optional>

#include "storage/poll_record.h"

namespace feedwire::storage {

/// Cache-Control's max-age less Age, else Expires less Date, from 0 to 24 h; nothing if the answer
/// has neither (H-30 to H-35).
std::optional<std::chrono::seconds> announced_freshness(const PollRecord& record);

/// Retry-After of an answer from 300 on, from 0 to 7 days; nothing where it has none (H-50, H-51).
std::optional<std::chrono::seconds> announced_retry(const PollRecord& record);

/// ttl and update period of the document, as far as they count (H-36, H-37); 0 without.
std::chrono::seconds announced_period(const PollHints& hints);

/// Whether nobody is to poll at `time`, though there is a time within the next day (H-38).
bool is_excluded(WallTime time, const PollHints& hints);

}  // namespace feedwire::storage
