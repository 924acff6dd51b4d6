// What is remembered of servers that ask for special care (storage/server_notes.h): validators that
// are in doubt (http.md H-20), HTTP/2 that they break (H-09), gaps that 429s have widened (H-71).
// Pure functions on a feed's poll row.

#pragma once

#include <chrono>
#include <string_view>

#include "base/clock.h"
#include "daemon/transport.h"
#include "storage/store.h"

namespace feedwire::daemon {

/// Who gives doubtful validators is asked so often as if there were none.
inline constexpr std::chrono::hours kDoubtPause{7 * 24};
/// So long after a breach of HTTP/2 a host is spoken to in HTTP/1.1.
inline constexpr std::chrono::hours kHttp1Time{7 * 24};

/// The next request of the feed goes without its validators.
bool doubts_validators(const storage::PollRow& row, WallTime now);

/// Notes what the answer's validators are worth. `row` has them already, `before` those that were
/// sent; `new_body`: it came with a body that is not the last one.
void note_validators(storage::PollRow& row, const storage::PollRow& before,
                     const HttpResponse& response, bool new_body, WallTime now);

/// Notes a request without an answer that was worth something: a doubt lets no other go without
/// validators for now.
void note_plain_request(storage::PollRow& row, const HttpResponse& response, WallTime now);

/// Whether the feed's requests are to be made in HTTP/1.1, by what its row says.
bool avoids_http2(const storage::PollRow& row, WallTime now);
void note_http2_breach(storage::PollRow& row, WallTime now);

/// The feed's host has this gap since a 429 that has just come.
void note_host_gap(storage::PollRow& row, std::chrono::microseconds gap, WallTime now);

/// Lets go of what has lasted long enough.
void forget_server_notes(storage::PollRow& row, WallTime now);

}  // namespace feedwire::daemon
