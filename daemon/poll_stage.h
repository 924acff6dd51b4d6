// The poll stage: scheduler, transport, policy and parsers put together. A plain object moved on by
// step(now); the poll thread steps it in the daemon, a test in virtual time.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "daemon/callback_listener.h"
#include "daemon/clock_steps.h"
#include "daemon/fetch_figures.h"
#include "daemon/host_holds.h"
#include "daemon/hub_errand.h"
#include "daemon/manual_poll.h"
#include "daemon/outage_detector.h"
#include "daemon/page_errand.h"
#include "daemon/parser_port.h"
#include "daemon/poll_policy.h"
#include "daemon/portal_guard.h"
#include "daemon/request_budget.h"
#include "daemon/scheduler.h"
#include "daemon/server_care.h"
#include "daemon/subscription.h"
#include "daemon/transport.h"
#include "storage/poll_record.h"
#include "storage/store.h"

namespace feedwire::daemon {

struct PollOptions {
  Pace pace;
  double budget = 12;  // requests per feed and day, of feeds without an interval of their own
  HostPace hosts;
  std::chrono::seconds total_timeout{60};
  feeds::UrlRules url_rules;
  /// Polls each due feed once and then no more (`feedwired --once`).
  bool once = false;
  /// The URL under which hubs find us; empty = no hub is asked for anything.
  std::string callbacks;
  std::uint64_t max_body_bytes = 16 << 20;  // of a push, decoded
};

/// What the stage has done since it was made.
struct PollStats {
  std::uint64_t polls = 0, documents = 0, unchanged = 0, failures = 0;
};

/// Used by one thread.
class PollStage {
 public:
  using PollRows = std::vector<std::pair<FeedKey, storage::PollRow>>;
  /// What the store knows of a feed's entries.
  struct KnownEntries {
    /// Raw hashes of its window; called before its document is parsed.
    std::function<Result<std::vector<std::uint64_t>>(FeedKey)> hashes;
    /// Whether a document has an entry that is in the window; called where one comes from a URL to
    /// which the feed may have moved.
    std::function<Result<bool>(FeedKey, const feeds::Feed&)> share;
    /// What the commit of its last document has made of its back-fill. Without this gaps stay open.
    std::function<Result<Rare<storage::Backfill>>(FeedKey)> backfill{};
  };
  /// Keeps the record of a request (H-90).
  using Ledger = std::function<void(const storage::PollRecord&)>;
  /// Takes over an outcome for the store; false, with the outcome untouched, while it has no room.
  using Sink = std::function<bool(storage::PollOutcome&)>;

  PollStage(PollOptions options, Transport& transport, ParserPort& parsers, KnownEntries known,
            Sink sink, Rng& rng)
      : options_(options),
        transport_(transport),
        parsers_(parsers),
        known_(std::move(known)),
        sink_(std::move(sink)),
        rng_(rng),
        scheduler_(options_.hosts),
        budget_(options_.budget) {}

  /// From now on `ledger` is told of each request, once its feed's next poll is known.
  void set_ledger(Ledger ledger) { ledger_ = std::move(ledger); }

  /// Makes `subscriptions` the feeds that are polled. `rows` are those of the store; a feed that
  /// has none was never polled. Feeds that were there before keep their place in the schedule.
  void set_feeds(std::vector<Subscription> subscriptions, const PollRows& rows,
                 const storage::Crash& crash, Now now);

  /// Polls the feed as soon as its host may be asked, if that is polite (manual_poll.h), and tells
  /// `done` once that is settled or, if it is to wait, once the outcome is committed. Told errors:
  /// not_found, invalid_argument (it is paused), busy (not now, and until when).
  void poll_now(FeedKey feed, const PollOrder& order, PollDone done, Now now);

  /// Polls the feed no more until resume(); what is under way is not cut short.
  void pause(FeedKey feed);
  /// `stored` is the feed's row: who resumes a feed that is gone asks for it anew.
  void resume(FeedKey feed, const storage::PollRow& stored, Now now);

  /// As set_feeds(), but all other feeds stay as well.
  void add_feeds(std::vector<Subscription> subscriptions, const PollRows& rows, Now now);
  void remove_feeds(const std::vector<FeedKey>& feeds);

  /// Does all that can be done now without waiting.
  void step(Now now);

  // What a CallbackHandler is made of (W-2, W-3).
  bool knows_callback(std::string_view token) const { return find_errand(token) != hubs_.end(); }
  CallbackReply verify(const CallbackRequest& request, Now now);
  /// Answers once the push is committed.
  void take_push(CallbackRequest request, CallbackAnswer answer, Now now);

  /// Whether no poll is to be started for now; those under way go on.
  void set_paused(bool paused) { paused_ = paused; }

  /// The store committed the feed's outcome: it takes its place in the schedule again.
  void committed(FeedKey feed, Now now);

  /// Before a clean stop: what is under way counts as polled, so that the next run does not ask
  /// again before its time (H-72). Only flush() may follow.
  void abandon(Now now);

  /// Hands waiting outcomes to the sink; whether none is left.
  bool flush();

  /// When step() is next needed though nothing arrives; nothing if it depends on arrivals alone.
  std::optional<MonoTime> next_wakeup() const;

  /// Nothing is under way; with `once`, also that no feed is left to be polled.
  bool idle() const;

  const PollStats& stats() const { return stats_; }
  /// Of all requests; any thread may read it.
  const FetchTally& fetches() const { return fetches_; }
  std::size_t feed_count() const { return feeds_.size(); }
  std::size_t failing_count() const { return failing_; }
  /// Whether our own network seems to be down: feeds are not blamed, one is tried a minute (H-62).
  /// Since when; epoch = it is not.
  WallTime offline_since() const { return offline_since_; }
  /// URL and error of each feed whose last poll failed.
  std::vector<std::pair<std::string, std::string>> failing() const;

 private:
  enum class Phase : std::uint8_t { scheduled, fetching, parsing, committing };
  struct Feed {
    Subscription subscription;
    storage::PollRow row;
    std::string host;
    double planned_a_day = 0;   // requests, if its host were not crowded …
    double budgeted_a_day = 0;  // … and as they will be, if the budget is to count them
    Phase phase = Phase::scheduled;
    storage::PollCause cause = storage::PollCause::schedule;  // of the next poll, or this one
    bool removed = false;       // forget it once what is under way has ended
    bool kept = false;          // what is being committed is not the outcome of a poll
    bool unsaved = false;       // `row` has changed since it was handed to the store
    bool large = false;         // its last document was
    bool keeps_page = false;    // what is being committed is of an older page …
    bool may_have_gap = false;  // … or a document, of which the store says whether it has one
    HttpResponse response;      // while parsing: what the body came with
    std::unique_ptr<storage::PollRow> accepted_row;  // while parsing: if the body is a feed
    WallTime fetched_at{};
    MonoTime asked_at{};                          // of the request under way
    std::unique_ptr<storage::PollRecord> record;  // of it, while there is a ledger
  };

  using Feeds = std::unordered_map<FeedKey, Feed>;

  Pace pace_of(const Feed& feed) const;
  void settle_budget(WallTime now);
  void plan(Feed& feed, WallTime now);
  void replan(Feed& feed, std::chrono::seconds interval);
  static bool has_turn_once(const storage::PollRow& row, const std::unordered_set<FeedKey>& wanted);
  void note_last_request(const storage::PollRow& row, const std::string& host,
                         const storage::Crash& crash, Now now);
  void take_renewal(FeedKey key, Feed& feed, const storage::PollRow& stored, Now now);
  Result<void> may_poll(const Feed& feed, const PollOrder& order, Now now) const;
  void tell_waiting(FeedKey key, const Result<void>& outcome);
  static bool is_polled(const Feed& feed);
  void schedule(FeedKey key, const Feed& feed, MonoTime due);
  void take_feeds(std::vector<Subscription> subscriptions, const PollRows& rows,
                  const storage::Crash& crash, Now now);
  Feeds::iterator drop(Feeds::iterator feed);
  void add_feed(Subscription subscription, const storage::PollRow& row, MonoTime due);
  Feeds::iterator forget(Feeds::iterator feed);
  MonoTime due_of(const storage::PollRow& row, Now now) const;
  std::chrono::microseconds rest_after(const storage::Crash& crash, Now now) const;
  bool may_have_been_asked(const storage::PollRow& row, const storage::Crash& crash) const;
  MonoTime first_due(const storage::PollRow& row, const storage::Crash& crash,
                     std::chrono::microseconds spread, Now now);
  std::chrono::microseconds spread_of(std::size_t feeds) const;
  std::chrono::microseconds random_part(std::chrono::microseconds span);
  void start_due(Now now);
  void start_poll(FeedKey key, Feed& feed, Now now);
  void ask(HttpRequest request);
  void begin_record(FeedKey key, Feed& feed, const HttpResponse& response, Now now) const;
  void end_record(Feed& feed, const storage::PollRow& row, storage::PollVerdict verdict);
  static void tell_polled(const Feed& feed, const HttpResponse& response, const Judgement& judged);
  void take_response(HttpResponse response, Now now);
  bool note_outage(FeedKey key, Feed& feed, const HttpResponse& response, Now now);
  void watch_network(const std::string& host, const HttpResponse& response, Now now);
  void spread_due(Now now);

  // poll_stage_places.cc: where feeds are polled
  void watch_portals(FeedKey key, const Feed& feed, const HttpResponse& response, MonoTime now);
  void note_target(FeedKey key, const Feed& feed, const HttpResponse& response,
                   const feeds::Feed* document, storage::FeedLife& life);
  bool is_document_of(FeedKey key, const Feed& feed, const feeds::Feed& document) const;
  static bool may_be_page(const Feed& feed);
  bool follow_page(FeedKey key, Feed& feed, ParseDone& done, WallTime now);
  const std::string& place_of(const Feed& feed) const;
  void change_place(FeedKey key, Feed& feed, const std::string& before);
  void note_place(FeedKey key, const Feed& feed);
  void leave_place(FeedKey key, const std::string& url);
  static bool may_be_polled(const Feed& feed);
  bool has_turn(FeedKey key, const Feed& feed) const;
  void regroup(FeedKey place, Now now);
  void regroup_all(Now now);
  void regroup_around(FeedKey key, const Feed& feed, Now now);
  void regroup_left(Now now);
  void keep_row(FeedKey key, Feed& feed, WallTime now);

  // poll_stage_holds.cc: hosts that want to be left alone
  bool waits_for_host(FeedKey key, Feed& feed, Now now);
  static bool may_hold(const std::string& host, const HttpResponse& response);
  void note_patience(FeedKey key, const Feed& feed, const HttpResponse& response,
                     storage::PollRow& row, Now now);
  void recall_hold(const Feed& feed, MonoTime due, MonoTime now);
  void note_server(FeedKey key, const HttpResponse& response, storage::PollRow& row, Now now);
  void recall_server(const std::string& host, const storage::PollRow& row, Now now);
  bool avoids_http2(const Feed& feed, Now now);

  // poll_stage_hubs.cc: subscriptions at hubs
  using Hubs = std::unordered_map<FeedKey, HubErrand>;  // by the first bytes of the token
  Hubs::iterator find_errand(std::string_view token);
  Hubs::const_iterator find_errand(std::string_view token) const;
  const storage::HubSubscription& subscription_of(const HubErrand& errand) const;
  bool is_covered(const Feed& feed) const;
  void note_offer(Feed& feed, storage::PollRow& row, const feeds::Feed* document);
  void carry_hub(Feed& feed, storage::PollRow& row, storage::PollVerdict verdict,
                 const feeds::Feed* document);
  void plan_poll_after_confirmation(storage::PollRow& row, WallTime now);
  void take_hub(FeedKey key, Feed& feed, Now now);
  void plan_hub(FeedKey key, const Feed& feed, Now now);
  void keep_hub(FeedKey key, Feed& feed, Now now);
  void keep_offer(const Feed& feed, storage::PollRow& row, const feeds::Feed& document);
  void end_backup_polls(Now now);
  void end_coverage(Feed& feed, storage::PollRow& row, WallTime now);
  void leave_hub(const Feed& feed, storage::PollRow& row);
  void end_errand(Hubs::iterator errand);
  void run_errand(Hubs::iterator errand, Now now);
  void ask_hub(FeedKey id, HubErrand& errand, Now now);
  void take_hub_answer(const HttpResponse& response, Now now);
  CallbackReply confirm_subscription(HubErrand& errand, const CallbackRequest& request, Now now);
  CallbackReply note_denial(HubErrand& errand, const CallbackRequest& request, Now now);
  void record_hub_request(const HubErrand& errand, const HttpResponse& response, Now now) const;

  // poll_stage_pushes.cc: what hubs send
  void note_forged_push(HubErrand& errand, Now now);
  void serve_pushes();
  void serve_push(FeedKey id, HubErrand& errand);
  void take_parsed_push(Hubs::iterator errand, ParseDone done);
  void commit_push(HubErrand& errand);
  void answer_pusher(FeedKey key);
  static int remember_pushed(HubErrand& errand, const feeds::Feed& document);
  void judge_by_poll(Feed& feed, storage::PollRow& row, const feeds::Feed& document);

  // poll_stage_pages.cc: older pages, by which gaps are closed
  using Pages = std::unordered_map<FeedKey, PageErrand>;  // by page_id()
  void learn_backfill(FeedKey key, Feed& feed);
  static void tell_backfill(const Feed& feed, const Rare<storage::Backfill>& now);
  void take_backfill(FeedKey key, Feed& feed, const storage::Crash& crash, Now now);
  void plan_page(FeedKey key, const Feed& feed, Now now);
  void end_page(Pages::iterator errand);
  void leave_page(FeedKey key);
  void run_page(Pages::iterator errand, Now now);
  void take_page_answer(HttpResponse response, Now now);
  void fail_page(PageErrand& errand, const HttpResponse& response, bool unreadable);
  void note_page_patience(const PageErrand& errand, const HttpResponse& response);
  void serve_pages(Now now);
  void submit_page(FeedKey id, PageErrand& errand);
  void take_parsed_page(PageErrand& errand, ParseDone done);
  bool settle_page(PageErrand& errand);
  static bool hold_feed(Feed& feed, const PageErrand& errand);
  std::string older_page(const Feed& feed, std::uint32_t number) const;
  void abandon_pages(Now now);
  void record_page(const PageErrand& errand, const HttpResponse& response,
                   storage::PollVerdict verdict) const;

  ParseJob job_of(FeedKey key, const Feed& feed) const;
  void await_parsers(FeedKey key, Feed& feed);
  void serve_unparsed();
  bool waits_for_large_ones(FeedKey key, const Feed& feed, MonoTime now);
  void submit(FeedKey key, Feed& feed);
  void take_parsed(ParseDone done, Now now);
  void finish(FeedKey key, Feed& feed, storage::PollRow row, storage::PollVerdict verdict,
              std::optional<feeds::Feed> document = std::nullopt);
  void note_health(const Feed& feed, const storage::PollRow& row) const;
  bool may_start(MonoTime now) const;
  bool has_room() const;

  const PollOptions options_;
  Transport& transport_;
  ParserPort& parsers_;
  const KnownEntries known_;
  const Sink sink_;
  Rng& rng_;
  Ledger ledger_;     // may be empty
  WallTime began_{};  // tells the runs of the daemon apart in the ledger
  ClockSteps clock_steps_;
  Scheduler scheduler_;
  RequestBudget budget_;
  OutageDetector outage_;
  WallTime offline_since_{};
  PortalGuard portals_;
  HostHolds holds_;
  std::unordered_map<std::string, MonoTime> http1_hosts_;  // and until when (H-09)
  MonoTime next_probe_{};                                  // while offline
  Feeds feeds_;
  std::unordered_map<FeedKey, std::vector<PollDone>> waiting_;  // for the end of a poll
  // Feeds that have moved, by the key that the URL where they are would have …
  std::unordered_map<FeedKey, std::vector<FeedKey>> moved_;
  std::vector<FeedKey> left_places_;  // … and the places that one has left since the last look
  std::vector<FeedKey> unparsed_;     // documents that wait for a place at the parsers …
  std::size_t unparsed_usual_ = 0;    // … of which so many are not large
  Hubs hubs_;
  std::vector<FeedKey> pushed_;  // those of them that have pushes
  std::uint64_t push_bytes_ = 0;
  std::unordered_map<FeedKey, CallbackAnswer> pushers_;  // that wait for their feed's commit
  Pages pages_;
  std::vector<FeedKey> answered_pages_;        // those of them that are to be parsed or committed
  std::vector<storage::PollOutcome> backlog_;  // outcomes that wait for the store
  std::size_t under_way_ = 0;                  // feeds in any phase but scheduled
  std::size_t left_to_poll_ = 0;               // with `once`
  bool paused_ = false;
  std::size_t failing_ = 0;  // feeds whose last poll failed
  PollStats stats_;
  FetchTally fetches_;
};

}  // namespace feedwire::daemon
