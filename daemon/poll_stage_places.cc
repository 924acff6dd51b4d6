// Where the poll stage polls feeds: moves (http.md H-66, H-67), and feeds that meet at one URL
// (H-69).

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "daemon/feed_moves.h"
#include "daemon/feed_turns.h"
#include "daemon/log_feed.h"
#include "daemon/log_text.h"
#include "daemon/poll_stage.h"
#include "feeds/sniff.h"
#include "feeds/url.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;

namespace {

// Whether a redirect that is not meant to last led to somebody else's page: a portal does so.
bool is_led_away(const std::string& host, const HttpResponse& response) {
  const std::string there = feeds::url_host(response.final_url);
  return permanent_target(response).empty() &&
         feeds::registrable_domain(there) != feeds::registrable_domain(host);
}

}  // namespace

const std::string& PollStage::place_of(const Feed& feed) const {
  return polled_url(feed.subscription.ref.url, feed.row.life);
}

void PollStage::watch_portals(FeedKey key, const Feed& feed, const HttpResponse& response,
                              MonoTime now) {
  std::string host = feeds::url_host(permanent_target(response));
  if (host == feed.host) host.clear();
  for (const FeedKey led : portals_.note(key, host, now)) {
    const auto deceived = feeds_.find(led);
    if (deceived != feeds_.end()) take_back_sighting(deceived->second.row.life, host);
  }
}

// A poll went well: whether it was led elsewhere for good. `document`: what came, null if it is
// what was there before.
void PollStage::note_target(FeedKey key, const Feed& feed, const HttpResponse& response,
                            const feeds::Feed* document, storage::FeedLife& life) {
  const std::string_view target = permanent_target(response);
  const std::string host = feeds::url_host(target);
  if (host != feed.host && portals_.suspects(host)) return;
  note_sighting(
      life, place_of(feed), target,
      [&] { return document == nullptr || is_document_of(key, feed, *document); }, feed.fetched_at);
}

bool PollStage::is_document_of(FeedKey key, const Feed& feed, const feeds::Feed& document) const {
  if (!feed.row.had_document) return true;  // there was no other
  const std::uint64_t title = title_print(document.info()), id = id_print(document.info());
  if (title != 0 && title == feed.row.title_print) return true;
  if (id != 0 && id == feed.row.id_print) return true;
  const Result<bool> shared = known_.share(key, document);
  if (shared) return *shared;
  SPDLOG_ERROR("cannot read a feed's window url={} error={}", log_feed(feed.subscription.ref),
               log_value(shared.error().message));
  return false;
}

// Whether what is subscribed may be a page, in place of the feed that it links to (P-12). What had
// a document is none: a portal or an outage may stand before it. And one link is followed, not two.
bool PollStage::may_be_page(const Feed& feed) {
  const storage::FeedLife& life = feed.row.life;
  return life.moved_to.empty() && (life.linked || !feed.row.had_document);
}

// What came is no feed. Whether it is the page of one, which is polled from now on; else the error
// in `done` says what to do.
bool PollStage::follow_page(FeedKey key, Feed& feed, ParseDone& done, WallTime now) {
  const std::string error = done.feed.error().message;
  const bool is_page = error.ends_with(feeds::describe(feeds::BodyKind::html));
  if (!is_page || !may_be_page(feed) || is_led_away(feed.host, feed.response)) return false;
  Result<std::string> found = choose_linked_feed(feed.response.final_url, done.linked_feeds);
  if (!found) {
    done.feed =
        Error{ErrorCode::malformed, fmt::format("{} that {}", error, found.error().message)};
    return false;
  }
  SPDLOG_INFO("the page links to a feed, which is polled in its place url={} at={} others={}",
              log_feed(feed.subscription.ref), log_value(*found), done.linked_feeds.size() - 1);
  finish(key, feed, follow_link(feed.row, feed.response, std::move(*found), now),
         storage::PollVerdict::page);
  return true;
}

// The feed's row says where it is from now on; its host and the others at both places have to know.
void PollStage::change_place(FeedKey key, Feed& feed, const std::string& before) {
  const std::string& after = place_of(feed);
  if (after == before) return;
  leave_place(key, before);
  note_place(key, feed);
  replan(feed, 0s);
  feed.host = feeds::url_host(after);
  scheduler_.park(key, feed.host);
}

void PollStage::note_place(FeedKey key, const Feed& feed) {
  if (!feed.row.life.moved_to.empty()) moved_[feeds::feed_key(place_of(feed))].push_back(key);
}

void PollStage::leave_place(FeedKey key, const std::string& url) {
  const FeedKey left = feeds::feed_key(url);
  if (const auto place = moved_.find(left); place != moved_.end()) {
    std::erase(place->second, key);
    if (place->second.empty())
      moved_.erase(place);
    else
      left_places_.push_back(left);
  }
}

// Apart from the others at its place.
bool PollStage::may_be_polled(const Feed& feed) {
  return !feed.removed && !feed.subscription.ref.paused && !feed.row.life.gone;
}

// Of the feeds at one place the one that was subscribed there is polled, else the one whose key
// comes first.
bool PollStage::has_turn(FeedKey key, const Feed& feed) const {
  if (feed.row.life.moved_to.empty()) return true;
  const FeedKey place = feeds::feed_key(feed.row.life.moved_to);
  const auto native = feeds_.find(place);
  if (native != feeds_.end() && may_be_polled(native->second) &&
      native->second.row.life.moved_to.empty())
    return native->first == key;
  const std::vector<FeedKey>& moved = moved_.at(place);
  return std::none_of(moved.begin(), moved.end(), [&](FeedKey other) {
    return other < key && may_be_polled(feeds_.at(other));
  });
}

// Looks again at which of the feeds that have moved to a place are to be polled.
void PollStage::regroup(FeedKey place, Now now) {
  const auto moved = moved_.find(place);
  if (moved == moved_.end()) return;
  for (const FeedKey key : moved->second) {
    Feed& feed = feeds_.at(key);
    const bool waits = feed.row.rule == storage::PollRule::same_url;
    if (feed.phase != Phase::scheduled || !may_be_polled(feed) || has_turn(key, feed) != waits)
      continue;
    if (waits) {
      feed.row.rule = storage::PollRule::none;
      const WallTime earliest = feed.row.last_poll + pace_of(feed).usual();
      feed.row.next_poll =
          std::max(clock_steps_.as_planned(feed.row.last_poll, earliest, now).wall, earliest);
      replan(feed, feed.row.interval);
      scheduler_.schedule(key, feed.host, due_of(feed.row, now));
    } else {
      SPDLOG_INFO("feed is polled as another one url={} at={}", log_feed(feed.subscription.ref),
                  log_value(place_of(feed)));
      feed.row.rule = storage::PollRule::same_url;
      feed.row.next_poll = {};
      replan(feed, 0s);
      scheduler_.park(key, feed.host);
      keep_row(key, feed, now.wall);
    }
  }
}

void PollStage::regroup_all(Now now) {
  left_places_.clear();
  for (const auto& [place, feeds] : moved_) regroup(place, now);
}

// After the feed was polled, and may have moved.
void PollStage::regroup_around(FeedKey key, const Feed& feed, Now now) {
  regroup(key, now);
  if (!feed.row.life.moved_to.empty()) regroup(feeds::feed_key(feed.row.life.moved_to), now);
  regroup_left(now);
}

void PollStage::regroup_left(Now now) {
  for (const FeedKey place : std::exchange(left_places_, {})) regroup(place, now);
}

// Commits what is remembered of a feed without a poll.
void PollStage::keep_row(FeedKey key, Feed& feed, WallTime now) {
  feed.phase = Phase::committing;
  feed.kept = true;
  feed.unsaved = false;
  ++under_way_;
  storage::PollOutcome outcome;
  outcome.feed = key;
  outcome.fetched_at = now;
  outcome.row = feed.row;
  outcome.before = storage::PollBefore::of(feed.row);  // no poll has changed what it says
  backlog_.push_back(std::move(outcome));
}

}  // namespace feedwire::daemon
