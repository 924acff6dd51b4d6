#include "daemon/parse_pool.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "daemon/log_text.h"
#include "storage/event.h"

namespace feedwire::daemon {
namespace {

// Room for two batches a worker: one at work, one to follow it at once.
constexpr std::size_t kPlacesPerWorker = 2 * feeds::kMaxBatch;
constexpr std::chrono::seconds kStartAgain{1};
// So many ends before a batch was taken are no accident.
constexpr std::size_t kMaxStillborn = 2;
constexpr std::size_t kQuotedBytes = 200;  // of what a worker said, in the error of a feed

// What a batch came to: an outcome a document, still without its id; nothing for one that found no
// room beside the others.
using Outcomes = std::vector<std::optional<ParseDone>>;

// Nothing if any reply fails its checks: then none of the worker's words can be relied on.
std::optional<Outcomes> check_replies(std::span<const char> region, std::size_t expected) {
  using Status = feeds::WorkerReply::Status;
  Result<feeds::ReplyReader> replies =
      feeds::ReplyReader::open({region.data(), region.size()}, expected);
  if (!replies) return std::nullopt;
  Outcomes outcomes;
  while (outcomes.size() < expected) {
    Result<feeds::WorkerReply> reply = replies->next();
    if (!reply) return std::nullopt;
    if (reply->status == Status::malformed) {
      outcomes.push_back(ParseDone{0, Error{ErrorCode::malformed, std::move(reply->payload)}});
    } else if (reply->status == Status::page) {
      outcomes.push_back(ParseDone{0, Error{ErrorCode::malformed, std::move(reply->payload)},
                                   std::move(reply->linked_feeds)});
    } else if (reply->status == Status::too_large) {
      outcomes.push_back(ParseDone{0, Error{ErrorCode::too_large, std::move(reply->payload)}});
    } else if (reply->status == Status::no_room) {
      outcomes.emplace_back(std::nullopt);
    } else {  // while it is in the cache
      Result<feeds::Feed> feed = feeds::Feed::check(std::move(reply->payload));
      if (!feed) return std::nullopt;
      outcomes.push_back(ParseDone{0, std::move(feed)});
    }
  }
  return outcomes;
}

}  // namespace

Result<std::unique_ptr<ParsePool>> ParsePool::create(EventLoop& loop, ParsePoolOptions options) {
  std::unique_ptr<ParsePool> pool(new ParsePool(loop, std::move(options)));
  for (const auto& worker : pool->usual_.workers)
    if (Result<void> started = pool->start(*worker); !started) return std::move(started).error();
  return pool;
}

ParsePool::ParsePool(EventLoop& loop, ParsePoolOptions options)
    : loop_(loop),
      options_(std::move(options)),
      usual_{std::max<std::size_t>(1, options_.workers) * kPlacesPerWorker, feeds::kMaxBatch},
      large_{kLargePlaces, 1} {
  while (usual_.workers.size() * kPlacesPerWorker < usual_.places)
    usual_.workers.push_back(std::make_unique<Worker>(usual_));
  large_.workers.push_back(std::make_unique<Worker>(large_));
}

ParsePool::~ParsePool() {
  for (const Lane* const lane : {&usual_, &large_})
    for (const auto& worker : lane->workers) stop(*worker);
  for (const pid_t pid : killed_)
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
}

void ParsePool::submit(ParseJob job) {
  const Quarantine::Case* const known = quarantine_.find(job.body, now_);
  if (known != nullptr && known->proven) {
    ++counters_.refused;
    return finish(job.id, known->error);
  }
  Task task{std::move(job), known != nullptr};
  lane_of(task).waiting.push_back(std::move(task));
}

ParsePool::Lane& ParsePool::lane_of(const Task& task) {
  return task.alone || task.job.body.size() > kLargeBody ? large_ : usual_;
}

std::size_t ParsePool::Lane::taken() const {
  std::size_t taken = waiting.size();
  for (const auto& worker : workers) taken += worker->batch.size();
  return taken;
}

std::size_t ParsePool::free_places(std::size_t body_bytes) const {
  const Lane& lane = body_bytes > kLargeBody ? large_ : usual_;
  return lane.places - std::min(lane.places, lane.taken());  // those tried alone find room anyway
}

std::vector<ParseDone> ParsePool::step(Now now) {
  now_ = now.mono;
  for (Lane* const lane : {&usual_, &large_})
    for (const auto& worker : lane->workers) look_after(*worker);
  for (Lane* const lane : {&usual_, &large_}) hand_out(*lane);
  reap();
  return std::exchange(done_, {});
}

Result<void> ParsePool::start(Worker& worker) {
  Result<std::unique_ptr<WorkerProcess>> process = WorkerProcess::start(options_.program);
  if (!process) return std::move(process).error();
  worker.process = *std::move(process);
  worker.served = 0;
  worker.called = false;
  ++counters_.started;
  loop_.watch(worker.process->reply_fd(), EPOLLIN,
              [&worker](std::uint32_t) { worker.called = true; });
  return {};
}

void ParsePool::stop(Worker& worker) {
  if (!worker.process) return;
  loop_.forget(worker.process->reply_fd());
  if (worker.process->pid() > 0) killed_.push_back(worker.process->pid());
  worker.process.reset();
}

// Logs why the worker has to go and stops it. Returns what it said, to stand behind `error`.
std::string ParsePool::dismiss(Worker& worker, std::string_view error) {
  const std::string words = worker.process->last_words();
  std::string whose = log_value("");
  if (worker.batch.size() == 1) {
    const feeds::ReadRequest& request = worker.batch[0].job.request;
    whose = log_value(request.source.url) + " feed_id=" + storage::feed_id(request.feed);
  }
  SPDLOG_WARN("parse worker failed error={} documents={} url={} stderr={}", log_value(error),
              worker.batch.size(), whose, log_value(words));
  stop(worker);
  const std::string_view line = std::string_view(words).substr(0, words.find('\n'));
  return line.empty() ? std::string() : ": " + log_line(line.substr(0, kQuotedBytes));
}

void ParsePool::reap() {
  std::erase_if(killed_, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; });
}

// What happened to a worker since the last step.
void ParsePool::look_after(Worker& worker) {
  if (!worker.process) return;
  const bool is_busy = !worker.batch.empty();
  if (std::exchange(worker.called, false)) {
    const WorkerProcess::Bell bell = worker.process->listen();
    if (bell == WorkerProcess::Bell::dead) return take_death(worker);
    if (bell == WorkerProcess::Bell::rung && is_busy) return collect(worker);
    if (bell == WorkerProcess::Bell::rung) {
      ++counters_.lies;
      dismiss(worker, "an answer that nobody asked for");
      return;
    }
  }
  if (is_busy && now_ >= worker.deadline) {
    ++counters_.timeouts;
    fail_batch(worker, {ErrorCode::timed_out, "parsing took too long"}, Retry::when_it_comes_again);
  }
}

void ParsePool::collect(Worker& worker) {
  std::optional<Outcomes> outcomes =
      check_replies(worker.process->reply().bytes(), worker.batch.size());
  if (!outcomes) {
    ++counters_.lies;
    return fail_batch(worker, {ErrorCode::corrupt, "the parse worker's answer is damaged"},
                      Retry::at_once);
  }
  std::vector<Task> batch = std::exchange(worker.batch, {});
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (std::optional<ParseDone>& outcome = (*outcomes)[i])
      acquit(batch[i], *std::move(outcome));
    else if (batch.size() > 1)
      retry_alone(std::move(batch[i]));
    else
      finish(batch[i].job.id, Error{ErrorCode::too_large, "the feed is too large for its worker"});
  }
  worker.served += batch.size();
  stillborn_ = 0;
  worker.process->request().trim();
  worker.process->reply().trim();
  // What a large document took stays with its process.
  if (&worker.lane == &large_ && large_.waiting.empty()) stop(worker);
}

void ParsePool::take_death(Worker& worker) {
  ++counters_.deaths;
  const bool heard_ring = worker.process->heard_ring();
  std::string error = "the parse worker " + worker.process->bury();
  if (!heard_ring) return give_back(worker, std::move(error));
  fail_batch(worker, {ErrorCode::unavailable, std::move(error)}, Retry::at_once);
}

// The worker died before it looked at its batch.
void ParsePool::give_back(Worker& worker, std::string error) {
  error += dismiss(worker, error);
  std::vector<Task> batch = std::exchange(worker.batch, {});
  std::move(batch.rbegin(), batch.rend(), std::front_inserter(worker.lane.waiting));
  if (++stillborn_ < kMaxStillborn) return;
  start_error_ = std::move(error);
  next_start_ = now_ + kStartAgain;
}

// The worker gave nothing for its batch, and has to go.
void ParsePool::fail_batch(Worker& worker, Error error, Retry retry) {
  const bool is_their_fault = worker.process->heard_ring();
  error.message += dismiss(worker, error.message);
  std::vector<Task> batch = std::exchange(worker.batch, {});
  const bool may_retry = batch.size() > 1 || retry == Retry::at_once;
  for (auto task = batch.rbegin(); task != batch.rend(); ++task) {  // each goes to the front
    if (may_retry && !task->alone)
      retry_alone(std::move(*task));
    else if (is_their_fault)
      accuse(*task, error);
    else
      finish(task->job.id, error);
  }
}

void ParsePool::retry_alone(Task task) {
  task.alone = true;
  large_.waiting.push_front(std::move(task));
}

// The document alone brought its worker down.
void ParsePool::accuse(const Task& task, Error error) {
  if (task.alone)
    error.message += fmt::format(
        "; alone in a fresh one, too: the document is not parsed again before it changes, or for "
        "{} h",
        Quarantine::kTime.count());
  quarantine_.add(task.job.body, task.alone, error, now_);
  finish(task.job.id, std::move(error));
}

void ParsePool::acquit(const Task& task, ParseDone outcome) {
  if (task.alone) quarantine_.forget(task.job.body);
  outcome.id = task.job.id;
  ++counters_.documents;
  done_.push_back(std::move(outcome));
}

void ParsePool::finish(std::uint64_t id, Result<feeds::Feed> feed) {
  ++counters_.documents;
  done_.push_back({id, std::move(feed)});
}

void ParsePool::hand_out(Lane& lane) {
  std::vector<Worker*> idle;
  for (const auto& worker : lane.workers)
    if (worker->batch.empty()) idle.push_back(worker.get());
  for (std::size_t i = 0; i < idle.size() && !lane.waiting.empty(); ++i) {
    Worker& worker = *idle[i];
    if (!make_ready(worker)) continue;
    // An equal share for each that is idle, so that none works while another could.
    const std::size_t left = idle.size() - i;
    fill(worker, std::min(lane.batch, (lane.waiting.size() + left - 1) / left));
    worker.deadline = now_ + options_.patience;
  }
  const bool any_alive = std::any_of(lane.workers.begin(), lane.workers.end(),
                                     [](const auto& worker) { return worker->process != nullptr; });
  if (!any_alive && !start_error_.empty()) refuse_all(lane);
}

// Whether there is a process that may take the next document; starts one where that is needed.
bool ParsePool::make_ready(Worker& worker) {
  const bool must_be_fresh = worker.lane.waiting.front().alone && worker.served > 0;
  if (worker.process && (must_be_fresh || worker.served >= options_.renew_after)) stop(worker);
  if (worker.process) return true;
  if (now_ < next_start_) return false;
  Result<void> started = start(worker);
  if (started) {
    start_error_.clear();
    return true;
  }
  start_error_ = started.error().message;
  next_start_ = now_ + kStartAgain;
  return false;
}

void ParsePool::fill(Worker& worker, std::size_t limit) {
  feeds::RequestWriter request(worker.process->request().bytes());
  std::deque<Task>& waiting = worker.lane.waiting;
  while (!waiting.empty() && request.count() < limit) {
    Task& next = waiting.front();
    if (!request.add(next.job.request, next.job.body)) {
      if (request.count() > 0) break;
      finish(next.job.id, Error{ErrorCode::too_large, "the document does not fit a parse worker"});
      waiting.pop_front();
      continue;
    }
    worker.batch.push_back(std::move(next));
    waiting.pop_front();
  }
  if (worker.batch.empty()) return;
  ++counters_.batches;
  worker.process->ring();
}

// No worker can be started: nothing would ever answer.
void ParsePool::refuse_all(Lane& lane) {
  for (; !lane.waiting.empty(); lane.waiting.pop_front())
    finish(lane.waiting.front().job.id, Error{ErrorCode::unavailable, start_error_});
}

}  // namespace feedwire::daemon
