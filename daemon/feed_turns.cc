#include "daemon/feed_turns.h"

#include "daemon/feed_moves.h"

namespace feedwire::daemon {
namespace {

using storage::FeedLife;
using storage::FeedTurn;
using storage::PollRow;

// Whether `span` has passed since `begin`. A clock that was set back has it begin anew.
bool has_passed(std::chrono::microseconds span, WallTime& begin, WallTime now) {
  if (begin == WallTime{} || begin > now) begin = now;
  return now - begin >= span;
}

bool is_there(int status) { return status >= 200 && status < 300; }

}  // namespace

void note_failure(PollRow& row, const HttpResponse& response, WallTime now) {
  FeedLife& life = row.life;
  const int status = response.status;
  if (has_passed(kFailingAfter, row.failing_since, now) && row.failures >= kFailingFailures)
    life.failing = true;
  // H-66: the old URL itself is no more, and where it led to is known.
  const bool lost = (status == 404 || status == 410) && response.redirects.empty();
  if (lost && follow_candidate(life)) return;
  if (is_there(status)) life.gone_since = {};  // be it no feed any more
  if (status == 410) life.gone = has_passed(kGoneAfter, life.gone_since, now);
}

const std::string& polled_url(const std::string& url, const FeedLife& life) {
  return life.moved_to.empty() ? url : life.moved_to;
}

std::vector<FeedTurn> turns_between(const std::string& url, const PollRow& before,
                                    const PollRow& after) {
  std::vector<FeedTurn> turns;
  const auto turn = [&](FeedTurn::Kind kind, WallTime since, std::uint32_t failures) -> FeedTurn& {
    FeedTurn& added = turns.emplace_back();
    added.kind = kind;
    added.since = since;
    added.failures = failures;
    return added;
  };
  if (after.life.failing && !before.life.failing)
    turn(FeedTurn::Kind::failing, after.failing_since, after.failures).error = after.last_error;
  if (before.life.failing && !after.life.failing)
    turn(FeedTurn::Kind::recovered, before.failing_since, before.failures);
  if (after.life.gone && !before.life.gone) turn(FeedTurn::Kind::gone, after.life.gone_since, 0);
  if (after.retry_after > kLongPatience && before.retry_after <= kLongPatience)
    turn(FeedTurn::Kind::patience, {}, 0).wait = after.retry_after;
  const std::string &from = polled_url(url, before.life), &to = polled_url(url, after.life);
  if (from != to) {
    FeedTurn& moved = turn(FeedTurn::Kind::moved, {}, 0);
    moved.from = from;
    moved.to = to;
    moved.cause = after.rule == storage::PollRule::discovered ? "discovered"
                  : after.failures > 0                        ? "lost"
                  : is_https_of(from, to)                     ? "https"
                                                              : "redirect";
  }
  return turns;
}

}  // namespace feedwire::daemon
