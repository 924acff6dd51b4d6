// Hosts that want to be left alone by all of their feeds (http.md H-56 to H-58).

#include <spdlog/spdlog.h>

#include <algorithm>

#include "daemon/log_text.h"
#include "daemon/poll_stage.h"
#include "feeds/url.h"

namespace feedwire::daemon {

// Whether the host of a feed that is due wants none to come: then the feed waits, and says so.
bool PollStage::waits_for_host(FeedKey key, Feed& feed, Now now) {
  const std::optional<MonoTime> until = holds_.held_until(feed.host, now.mono);
  if (!until || feed.cause == storage::PollCause::forced) return false;
  scheduler_.release(key, now.mono);
  feed.row.next_poll = now.wall + (*until - now.mono);
  feed.row.rule = storage::PollRule::host_hold;
  feed.cause = storage::PollCause::schedule;
  // Who ordered a poll while the host was not yet held must not take this for one.
  tell_waiting(key, Error{ErrorCode::busy, "its host has asked for patience meanwhile"});
  keep_row(key, feed, now.wall);
  return true;
}

// H-58, and a host to which the feed was only led speaks for others than those that we hold.
bool PollStage::may_hold(const std::string& host, const HttpResponse& response) {
  return !response.from_private_network && !is_shared_host(host) &&
         feeds::url_host(response.final_url) == host;
}

// What an answer says of its host. `row` is the one that was judged by it.
void PollStage::note_patience(FeedKey key, const Feed& feed, const HttpResponse& response,
                              storage::PollRow& row, Now now) {
  if (!is_refusal(response)) {
    if (response.status >= 200 && response.status < 500) holds_.accept(feed.host);
    return;
  }
  if (!may_hold(feed.host, response)) return;
  const bool was_held = holds_.held_until(feed.host, now.mono).has_value();
  holds_.refuse(feed.host, key, now.mono, due_time(row, now));
  const std::optional<MonoTime> until = holds_.held_until(feed.host, now.mono);
  if (!until) return;
  const WallTime wall = now.wall + (*until - now.mono);
  if (!was_held)
    spdlog::info("host asks for patience, none of its feeds is polled host={} until={}",
                 log_value(feed.host), format_time(wall));
  row.next_poll = std::max(row.next_poll, wall);
  row.rule = storage::PollRule::host_hold;  // also so that a restart knows of it
}

void PollStage::recall_hold(const Feed& feed, MonoTime due, MonoTime now) {
  if (feed.row.rule == storage::PollRule::host_hold && due > now) holds_.restore(feed.host, due);
}

}  // namespace feedwire::daemon
