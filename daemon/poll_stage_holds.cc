// What feeds learn of their hosts for each other: that these want to be left alone (http.md H-56 to
// H-58), have wider gaps (H-71), break HTTP/2 (H-09).

#include <spdlog/spdlog.h>

#include <algorithm>

#include "daemon/log_text.h"
#include "daemon/poll_stage.h"
#include "feeds/url.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;

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
    SPDLOG_INFO("host asks for patience, none of its feeds is polled host={} until={}",
                log_value(feed.host), format_time(wall));
  row.next_poll = std::max(row.next_poll, wall);
  row.rule = storage::PollRule::host_hold;  // also so that a restart knows of it
}

void PollStage::recall_hold(const Feed& feed, MonoTime due, MonoTime now) {
  if (feed.row.rule == storage::PollRule::host_hold && due > now) holds_.restore(feed.host, due);
}

// What is to be known of the server after a restart goes into `row`, the one that was judged by the
// answer.
void PollStage::note_server(FeedKey key, const HttpResponse& response, storage::PollRow& row,
                            Now now) {
  if (response.status == 429) note_host_gap(row, scheduler_.host_gap(key, now.mono), now.wall);
  if (!response.broke_http2) return;
  const std::string host = feeds::url_host(response.final_url);
  http1_hosts_[host] = now.mono + kHttp1Time;
  SPDLOG_INFO("host breaks HTTP/2, and is asked in HTTP/1.1 for a week host={} error={}",
              log_value(host), log_value(response.error_message));
}

void PollStage::recall_server(const std::string& host, const storage::PollRow& row, Now now) {
  const storage::ServerNotes& notes = *row.server;
  // By a clock that was set back since, it was just now.
  const auto since = [&](WallTime time) {
    return now.mono - std::max<std::chrono::microseconds>(now.wall - time, 0us);
  };
  if (notes.host_gap > 0us) scheduler_.recall_gap(host, notes.host_gap, since(notes.gap_since));
  if (notes.http1_since != WallTime{}) http1_hosts_[host] = since(notes.http1_since) + kHttp1Time;
}

bool PollStage::avoids_http2(const Feed& feed, Now now) {
  if (daemon::avoids_http2(feed.row, now.wall)) return true;  // its server may be another host
  const auto known = http1_hosts_.find(feed.host);
  if (known == http1_hosts_.end()) return false;
  if (known->second > now.mono) return true;
  http1_hosts_.erase(known);
  return false;
}

}  // namespace feedwire::daemon
