#include "daemon/poll_thread.h"

#include <algorithm>
#include <stdexcept>

namespace feedwire::daemon {
namespace {

// The longest sleep: the watchdog wants a sign of life, and a stop is noticed by wake() anyway.
constexpr std::chrono::milliseconds kIdleTick{250};

// Between two tries to hand the last outcomes to a store that is busy.
constexpr std::chrono::milliseconds kFlushPause{1};

// Messages are acknowledgements of what is under way and reloads: bounded by the queues before.
constexpr std::size_t kMessages = 16 * 1024;

}  // namespace

Result<std::unique_ptr<PollThread>> PollThread::create(PollOptions poll, TransportOptions transport,
                                                       ParsePoolOptions parsers,
                                                       const std::filesystem::path& record,
                                                       const Clock& clock, Rng& rng, Hooks hooks) {
  std::unique_ptr<PollThread> thread(new PollThread(std::move(transport), clock, std::move(hooks)));
  Result<std::unique_ptr<ParsePool>> pool = ParsePool::create(thread->loop_, std::move(parsers));
  if (!pool) return std::move(pool).error();
  thread->parsers_ = std::move(*pool);
  Transport* polled = &thread->transport_;
  if (!record.empty()) {
    Result<std::unique_ptr<RecordingTransport>> recorder =
        RecordingTransport::create(thread->transport_, record);
    if (!recorder) return std::move(recorder).error().in("--record");
    thread->recorder_ = std::move(*recorder);
    polled = thread->recorder_.get();
  }
  thread->stage_.emplace(std::move(poll), *polled, *thread->parsers_, thread->hooks_.known,
                         thread->hooks_.sink, rng);
  if (LedgerWriter* const ledger = thread->hooks_.ledger)
    thread->stage_->set_ledger([ledger](const storage::PollRecord& one) { ledger->add(one); });
  return thread;
}

PollThread::PollThread(TransportOptions transport, const Clock& clock, Hooks hooks)
    : clock_(clock),
      hooks_(std::move(hooks)),
      transport_(std::move(transport), loop_),
      messages_(kMessages, [this] { loop_.wake(); }) {}

Result<void> PollThread::listen(CallbackListener::Options options) {
  CallbackHandler handler;
  handler.knows = [this](std::string_view token) { return stage_->knows_callback(token); };
  handler.verify = [this](const CallbackRequest& request) {
    return stage_->verify(request, clock_.now());
  };
  handler.push = [this](CallbackRequest request, CallbackAnswer answer) {
    stage_->take_push(std::move(request), std::move(answer), clock_.now());
  };
  Result<std::unique_ptr<CallbackListener>> opened =
      CallbackListener::open(std::move(options), loop_, std::move(handler));
  if (!opened) return std::move(opened).error().in("websub.listen");
  callbacks_ = std::move(*opened);
  return {};
}

void PollThread::start(std::vector<Subscription> subscriptions,
                       std::vector<std::pair<FeedKey, storage::PollRow>> rows,
                       storage::Crash crash) {
  stage_->set_feeds(std::move(subscriptions), rows, crash, clock_.now());
  publish();
  thread_ = std::thread([this] { run(); });
}

void PollThread::stop() {
  stopping_ = true;
  loop_.wake();
  if (thread_.joinable()) thread_.join();
}

void PollThread::send(Message message) {
  if (!messages_.try_push(message)) throw std::logic_error("the poll thread's messages overflow");
}

void PollThread::committed(std::vector<FeedKey> feeds) {
  send([feeds = std::move(feeds)](PollStage& stage, Now now) {
    for (const FeedKey feed : feeds) stage.committed(feed, now);
  });
}

void PollThread::set_feeds(std::vector<Subscription> subscriptions,
                           std::vector<std::pair<FeedKey, storage::PollRow>> rows) {
  send([subscriptions = std::move(subscriptions), rows = std::move(rows)](
           PollStage& stage, Now now) { stage.set_feeds(subscriptions, rows, {}, now); });
}

void PollThread::add_feeds(std::vector<Subscription> subscriptions, PollStage::PollRows rows) {
  send([subscriptions = std::move(subscriptions), rows = std::move(rows)](
           PollStage& stage, Now now) { stage.add_feeds(subscriptions, rows, now); });
}

void PollThread::remove_feeds(std::vector<FeedKey> feeds) {
  send([feeds = std::move(feeds)](PollStage& stage, Now) { stage.remove_feeds(feeds); });
}

void PollThread::set_paused(bool paused) {
  send([paused](PollStage& stage, Now) { stage.set_paused(paused); });
}

void PollThread::poll_now(FeedKey feed, PollOrder order, PollDone done) {
  send([feed, order, done = std::move(done)](PollStage& stage, Now now) {
    stage.poll_now(feed, order, done, now);
  });
}

void PollThread::pause(FeedKey feed) {
  send([feed](PollStage& stage, Now) { stage.pause(feed); });
}

void PollThread::resume(FeedKey feed, storage::PollRow stored) {
  send([feed, stored = std::move(stored)](PollStage& stage, Now now) {
    stage.resume(feed, stored, now);
  });
}

std::chrono::microseconds PollThread::patience(Now now) const {
  MonoTime until = now.mono + kIdleTick;
  if (const auto due = stage_->next_wakeup()) until = std::min(until, *due);
  if (const auto due = transport_.deadline()) until = std::min(until, *due);
  if (const auto due = callbacks_ ? callbacks_->deadline() : std::nullopt)
    until = std::min(until, *due);
  return std::max<std::chrono::microseconds>(until - now.mono, std::chrono::microseconds{0});
}

void PollThread::publish() {
  const PollStats& stats = stage_->stats();
  gauges_.feeds = stage_->feed_count();
  gauges_.failing = stage_->failing_count();
  gauges_.polls = stats.polls;
  gauges_.documents = stats.documents;
  gauges_.unchanged = stats.unchanged;
  gauges_.failures = stats.failures;
  gauges_.offline_since = stage_->offline_since();
}

void PollThread::flush_ledger() {
  if (hooks_.ledger != nullptr) hooks_.ledger->flush();
}

void PollThread::take_messages() {
  const std::vector<Message> messages = messages_.pop_all(std::chrono::microseconds{0});
  if (messages.empty()) return;
  flush_ledger();  // first: who is told that a poll is done finds it in the ledger
  for (const Message& message : messages) message(*stage_, clock_.now());
}

void PollThread::keep_records() {
  if (hooks_.ledger == nullptr) return;
  if (stage_->idle())
    hooks_.ledger->flush();
  else
    hooks_.ledger->step(clock_.now().mono);
}

void PollThread::run() {
  while (!stopping_) {
    take_messages();
    if (callbacks_) callbacks_->step(clock_.now().mono);
    stage_->step(clock_.now());
    publish();
    keep_records();
    hooks_.tick();
    if (stage_->idle()) hooks_.idle();
    loop_.wait(patience(clock_.now()));
  }
  stage_->abandon(clock_.now());
  // The store thread outlives this one and makes room.
  while (!stage_->flush()) std::this_thread::sleep_for(kFlushPause);
  flush_ledger();
}

}  // namespace feedwire::daemon
