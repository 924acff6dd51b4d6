// The poll thread: all sockets, the scheduler and the parse workers' pipes in one epoll loop.

#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/bounded_queue.h"
#include "base/clock.h"
#include "base/rng.h"
#include "daemon/callback_listener.h"
#include "daemon/curl_transport.h"
#include "daemon/event_loop.h"
#include "daemon/ledger_writer.h"
#include "daemon/parse_pool.h"
#include "daemon/poll_stage.h"
#include "daemon/recording.h"

namespace feedwire::daemon {

/// The poll stage's figures, for other threads.
struct PollGauges {
  std::atomic<std::uint64_t> feeds = 0, failing = 0, polls = 0, documents = 0, unchanged = 0,
                             failures = 0;
  std::atomic<WallTime> offline_since{};  // epoch = our network is up
};

class PollThread {
 public:
  struct Hooks {
    PollStage::KnownEntries known;
    PollStage::Sink sink;
    std::function<void()> tick;      // at least twice a second
    std::function<void()> idle;      // whenever a step leaves the stage idle
    LedgerWriter* ledger = nullptr;  // the thread's alone while it runs; null = none is kept
  };

  /// Called by the main thread before any other thread is there: the workers are started here.
  /// `clock` and `rng` must outlive the object. Answers are kept in the folder `record`, unless it
  /// is empty. Errors: io.
  static Result<std::unique_ptr<PollThread>> create(PollOptions poll, TransportOptions transport,
                                                    ParsePoolOptions parsers,
                                                    const std::filesystem::path& record,
                                                    const Clock& clock, Rng& rng, Hooks hooks);
  ~PollThread() { stop(); }

  /// From the start on hubs are answered at this address. Main thread, before start(). Errors:
  /// those of CallbackListener::open().
  Result<void> listen(CallbackListener::Options options);

  /// Starts the thread, with these feeds.
  void start(std::vector<Subscription> subscriptions,
             std::vector<std::pair<FeedKey, storage::PollRow>> rows, storage::Crash crash);

  /// Gives up what is under way, hands the last outcomes to the sink and joins the thread. Any
  /// thread but the poll thread; the sink must still take them.
  void stop();

  // Any thread, at any time:
  void committed(std::vector<FeedKey> feeds);
  void set_feeds(std::vector<Subscription> subscriptions,
                 std::vector<std::pair<FeedKey, storage::PollRow>> rows);
  void add_feeds(std::vector<Subscription> subscriptions, PollStage::PollRows rows);
  void remove_feeds(std::vector<FeedKey> feeds);
  void set_paused(bool paused);
  void poll_now(FeedKey feed, PollOrder order, PollDone done);  // `done`: on the poll thread
  void pause(FeedKey feed);
  void resume(FeedKey feed, storage::PollRow stored);
  const PollGauges& gauges() const { return gauges_; }
  FetchFigures fetches() const { return stage_->fetches().get(); }

  /// The stage itself, once stop() has returned.
  const PollStage& stage() const { return *stage_; }

 private:
  using Message = std::function<void(PollStage&, Now)>;

  PollThread(TransportOptions transport, const Clock& clock, Hooks hooks);
  void send(Message message);
  void run();
  std::chrono::microseconds patience(Now now) const;
  void publish();
  void take_messages();
  void keep_records();
  void flush_ledger();

  const Clock& clock_;
  const Hooks hooks_;
  EventLoop loop_;
  CurlTransport transport_;
  std::unique_ptr<RecordingTransport> recorder_;  // of transport_; null where nothing is kept
  std::unique_ptr<ParsePool> parsers_;
  std::optional<PollStage> stage_;               // there once create() has returned
  std::unique_ptr<CallbackListener> callbacks_;  // null where no hub is to come
  PollGauges gauges_;
  BoundedQueue<Message> messages_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace feedwire::daemon
