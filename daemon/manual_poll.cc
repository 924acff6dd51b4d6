#include "daemon/manual_poll.h"

#include <utility>

namespace feedwire::daemon {

std::optional<PollHold> manual_poll_hold(const storage::PollRow& row, WallTime now) {
  std::optional<PollHold> hold;
  const auto raise = [&](WallTime until, std::string reason) {
    if (until > now && (!hold || until > hold->until)) hold = {until, std::move(reason)};
  };
  // A last poll that lies ahead was noted by a clock that has been set back since.
  if (row.polls == 0 || row.last_poll > now) return hold;
  raise(row.last_poll + kManualGap, "it was polled less than a minute ago");
  raise(row.last_poll + row.retry_after, "its server asked for patience (Retry-After)");
  if (row.rule == storage::PollRule::host_hold)
    raise(row.next_poll, "its host asked several feeds for patience");
  if (row.failures > 0 && row.last_status == 429)
    raise(row.next_poll, "its server said that it was asked too often (429)");
  return hold;
}

}  // namespace feedwire::daemon
