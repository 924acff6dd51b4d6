// How the simulation runs the daemon: steps, commits, ends and starts.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/store_stage.h"
#include "feeds/keys.h"
#include "storage/fsck.h"
#include "tests/sim/simulation.h"
#include "tests/sim/violation.h"

namespace feedwire::sim {

using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

constexpr microseconds kTick = 5min;    // the longest time between two steps
constexpr microseconds kUnsynced = 1s;  // the same while events wait for their sync
constexpr microseconds kLeast = 1ms;    // the shortest

}  // namespace

void Simulation::start() {
  check_files();
  store_ = open_store();
  check_idempotence();
  stage_ = std::make_unique<daemon::PollStage>(
      poll_options_, *web_, parser_,
      daemon::PollStage::KnownEntries{
          [this](feeds::FeedKey feed) { return store_->window_hashes(feed); },
          [this](feeds::FeedKey feed, const feeds::Feed& document) {
            return store_->shares_entry(feed, document);
          },
          [this](feeds::FeedKey feed) { return store_->backfill(feed); }},
      [this](storage::PollOutcome& outcome) {
        outcomes_.push_back(std::move(outcome));
        return true;
      },
      daemon_rng_);
  stage_->set_ledger([this](const storage::PollRecord& record) { politeness_.add(record); });
  witness_.reopen();
  settle_pending();
  consumer_.restart(*store_);
  subscribe_all(store_->last_crash());
}

// May be killed in recovery, again and again.
std::unique_ptr<storage::Store> Simulation::open_store() {
  for (;;) {
    if (one_in(4)) fs_.die_after(rng_.next() % 20);
    Result<std::unique_ptr<storage::Store>> store =
        storage::Store::open(options_, fs_, clock_, daemon_rng_);
    const bool died = fs_.dead();
    fs_.revive();
    if (store && !died) return std::move(*store);
    if (!died) throw Violation("the store does not open: " + store.error().message);
    store = Error{ErrorCode::io, ""};
    if (one_in(2)) fs_.cut_power();
  }
}

// I1 to I9, as fsck sees them, before the next start mends the files.
void Simulation::check_files() {
  if (summary_.commits == 0 || !one_in(2)) return;
  const Result<storage::StoreCheck> check = storage::check_store(fs_, dir_.path(), 0, {});
  if (!check) throw Violation("fsck: " + check.error().message);
  for (const storage::Finding& finding : check->findings.told())
    throw Violation(fmt::format("fsck: {}: {}", finding.code, finding.text));
}

// I10
void Simulation::check_idempotence() {
  if (!one_in(3)) return;
  const std::map<std::string, std::string> files = fs_.contents();
  store_.reset();
  check_files();
  store_ = storage::Store::open(options_, fs_, clock_, daemon_rng_).value();
  if (fs_.contents() != files) throw Violation("I10: a second recovery changes the files");
}

// The daemon died in a commit: it is in the store wholly or not at all.
void Simulation::settle_pending() {
  const auto rows = store_->poll_rows().value();
  std::erase_if(pending_, [&](const CommittedPoll& poll) {
    return std::none_of(rows.begin(), rows.end(), [&](const auto& row) {
      return row.first == poll.feed && row.second.polls == poll.polls &&
             row.second.last_poll == poll.fetched_at;
    });
  });
  ledger_->check(std::exchange(pending_, {}), witness_.read());
}

void Simulation::subscribe_all(const storage::Crash& crash) {
  std::vector<daemon::Subscription> subscriptions;
  std::vector<storage::FeedRef> refs;
  for (const Publisher& publisher : publishers_) {
    if (unsubscribed_.contains(publisher.name())) continue;
    daemon::Subscription subscription;
    subscription.ref = {feeds::feed_key(publisher.feed_url()), publisher.feed_url(), "", "", {}};
    refs.push_back(subscription.ref);
    subscriptions.push_back(std::move(subscription));
  }
  const Result<void> done = store_->subscribe(refs);
  if (!done && !fs_.dead()) throw Violation("subscribe: " + done.error().message);
  if (!done) return;  // the next step finds the process dead
  ledger_->check({}, witness_.read());
  stage_->set_feeds(std::move(subscriptions), store_->poll_rows().value(), crash, clock_.now());
}

void Simulation::end(End how) {
  if (how == End::clean) {
    stage_->abandon(clock_.now());
    if (!stage_->flush() || !commit()) return;
    if (const Result<void> closed = store_->close(); !closed && !fs_.dead())
      throw Violation("close: " + closed.error().message);
  }
  ++(how == End::clean  ? summary_.clean_stops
     : how == End::kill ? summary_.kills
                        : summary_.power_cuts);
  outcomes_.clear();
  stage_.reset();
  store_.reset();
  parser_ = {};
  web_->hang_up(clock_.now());
  if (how == End::power_cut) fs_.cut_power();
  fs_.revive();
}

void Simulation::run_for(microseconds span) {
  const MonoTime end_of_span = clock_.now().mono + span;
  while (clock_.now().mono < end_of_span) {
    clock_.advance(next_time(end_of_span) - clock_.now().mono);
    while (!agenda_.empty() && agenda_.begin()->first <= clock_.now().mono) {
      const Action action = std::move(agenda_.begin()->second);
      agenda_.erase(agenda_.begin());
      if (store_) action();
      if (fs_.dead()) end(one_in(2) ? End::kill : End::power_cut);
      if (!store_) rest();
    }
    step();
  }
}

// Between two lives of the daemon.
void Simulation::rest() {
  clock_.advance(one_in(3) ? about(1h) : about(10s));
  start();
}

MonoTime Simulation::next_time(MonoTime end) const {
  const Now now = clock_.now();
  MonoTime next = std::min(end, now.mono + kTick);
  if (store_->log_status().unsynced_events > 0) next = std::min(next, now.mono + kUnsynced);
  if (!agenda_.empty()) next = std::min(next, agenda_.begin()->first);
  if (const auto due = stage_->next_wakeup()) next = std::min(next, *due);
  if (const auto due = web_->next_answer()) next = std::min(next, *due);
  return std::max(next, now.mono + kLeast);
}

void Simulation::step() {
  for (int turn = 0; turn < 3; ++turn) {
    stage_->step(clock_.now());
    if (!commit()) return rest();
  }
  const Result<void> ticked = store_->tick(clock_.now());
  if (ticked) return ledger_->check({}, witness_.read());
  if (!fs_.dead()) throw Violation("tick: " + ticked.error().message);
  end(one_in(2) ? End::kill : End::power_cut);
  rest();
}

// Commits what the poll stage handed over. False if the daemon died of it.
bool Simulation::commit() {
  if (outcomes_.empty()) return true;
  const std::vector<storage::PollOutcome> outcomes = std::exchange(outcomes_, {});
  std::vector<CommittedPoll> polls = describe(outcomes);
  const Result<void> done = daemon::StoreStage(*store_).commit(outcomes);
  if (!done) {
    if (!fs_.dead()) throw Violation(done.error().message);
    pending_ = std::move(polls);
    end(one_in(2) ? End::kill : End::power_cut);
    return false;
  }
  ++summary_.commits;
  ledger_->check(polls, witness_.read());
  for (const storage::PollOutcome& outcome : outcomes)
    stage_->committed(outcome.feed, clock_.now());
  return true;
}

std::vector<CommittedPoll> Simulation::describe(
    const std::vector<storage::PollOutcome>& outcomes) const {
  std::vector<CommittedPoll> polls;
  for (const storage::PollOutcome& outcome : outcomes) {
    const auto publisher =
        std::find_if(publishers_.begin(), publishers_.end(), [&](const Publisher& candidate) {
          return feeds::feed_key(candidate.feed_url()) == outcome.feed;
        });
    if (unsubscribed_.contains(publisher->name())) continue;  // dropped by the store
    if (outcome.fetched_at == WallTime{}) continue;           // no poll
    CommittedPoll poll{outcome.feed, outcome.row.polls, outcome.fetched_at, std::nullopt, {}};
    if (outcome.row.failures == 0) poll.interval = outcome.row.interval;
    if (outcome.document) poll.document = web_->served(outcome.feed);
    polls.push_back(std::move(poll));
  }
  return polls;
}

}  // namespace feedwire::sim
