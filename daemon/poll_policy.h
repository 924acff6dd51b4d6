// What an answer means for a feed: pure functions (state, response) -> state, next_poll. The rules
// are http.md's; each has a test with its id, in virtual time.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/rng.h"
#include "daemon/poll_schedule.h"
#include "daemon/transport.h"
#include "storage/store.h"

namespace feedwire::daemon {

inline constexpr std::chrono::seconds kRetryAfterCap{7 * 86400};
inline constexpr std::chrono::seconds kBackoffCap{86400};

enum class Verdict {
  document,   // a body that is new: parse it, then accept_document() or reject_document()
  unchanged,  // 304, or the same body again
  failure,
};

struct Judgement {
  Verdict verdict;
  storage::PollRow row;  // for `document`: what accept_document() is to be given
};

/// Whether the answer shows only what has changed since the last one (RFC 3229, http.md H-08).
bool is_delta(const HttpResponse& response);

/// What the operator and the publisher ask for at least between two polls that go well, by all that
/// is known without an answer.
PollBound least_interval(const storage::PollRow& row, const Pace& pace);

/// Judges a response to a poll of the feed whose row was `before`.
Judgement judge_response(const storage::PollRow& before, const HttpResponse& response, WallTime now,
                         const Pace& pace, Rng& rng);

/// The row after a body that was read as a feed, from the one judge_response() gave: what the
/// document says of polling counts from now on (H-36 to H-38), and what it tells of the feed's
/// habits (S-2).
storage::PollRow accept_document(storage::PollRow row, const HttpResponse& response,
                                 const feeds::Feed& document, WallTime now, const Pace& pace,
                                 Rng& rng);

/// The row after a body that turned out to be no feed, or could not be read (H-17, H-45): the old
/// validators and body hash stay. `error` is short: "not a feed: an HTML page".
storage::PollRow reject_document(const storage::PollRow& before, const HttpResponse& response,
                                 std::string error, WallTime now, const Pace& pace, Rng& rng);

/// The row after a page that links to the feed at `url`: from now on it is polled there, at once.
storage::PollRow follow_link(const storage::PollRow& before, const HttpResponse& response,
                             std::string url, WallTime now);

/// Retry-After (RFC 9110 10.2.3): seconds or an HTTP date, as time from `now`; nothing where it is
/// absent or neither; never negative, at most kRetryAfterCap (H-50, H-51).
std::optional<std::chrono::seconds> retry_after(const HttpResponse& response, WallTime now);

}  // namespace feedwire::daemon
