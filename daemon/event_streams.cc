#include "daemon/event_streams.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "daemon/log_text.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using storage::LogLine;
using storage::LogReader;

constexpr std::chrono::milliseconds kBetweenTurns{10};
// What a tail begins with, so that those who come back after a restart find themselves in it.
constexpr Sequence kEventsBefore = 1000;
constexpr std::size_t kBytesAtOnce = 4 << 20;  // read for one stream, before it is another's turn

/// The event that is to be sent in place of those that are missing before `line`.
void add_gap(EventBlock& block, LogReader& reader, std::string_view line,
             const storage::EventFilter& filter) {
  const std::optional<storage::Gap> gap = reader.take_gap();
  if (!gap) return;
  const std::string event = storage::gap_event(*gap, line);
  if (filter.passes_type(event)) block.add(gap->last, event, true);
}

}  // namespace

std::shared_ptr<EventStream> EventStreams::open(MHD_Connection* connection, StreamOrder order) {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const Turn& turn : turns_) count += turn.size();
  if (closed_ || count >= options_.max_streams) return nullptr;
  if (!follower_.joinable()) follower_ = std::thread([this] { follow(); });
  if (!catcher_.joinable()) catcher_ = std::thread([this] { catch_up(); });
  earliest_ = order.earliest;
  latest_ = order.latest;
  const auto is_behind = [this](std::shared_ptr<EventStream> stream) {
    const std::lock_guard guard(mutex_);
    behind_.push_back(std::move(stream));
    changed_.notify_all();
  };
  const auto stream = std::make_shared<EventStream>(connection, std::move(order), tail_,
                                                    options_.heartbeat, is_behind);
  const auto by_size = [](const Turn& one, const Turn& other) { return one.size() < other.size(); };
  std::min_element(turns_.begin(), turns_.end(), by_size)->emplace(stream.get(), stream);
  changed_.notify_all();
  return stream;
}

void EventStreams::remove(const EventStream* stream) {
  const std::lock_guard lock(mutex_);
  for (Turn& turn : turns_) turn.erase(stream);
}

void EventStreams::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  if (follower_.joinable()) follower_.join();
  if (catcher_.joinable()) catcher_.join();
  fail_all();
}

bool EventStreams::has_streams() const {
  return std::any_of(turns_.begin(), turns_.end(), [](const Turn& turn) { return !turn.empty(); });
}

std::vector<std::shared_ptr<EventStream>> EventStreams::streams_of(std::size_t turn) {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<EventStream>> all;
  all.reserve(turns_[turn].size());
  for (const auto& [key, stream] : turns_[turn]) all.push_back(stream);
  return all;
}

void EventStreams::fail_all() {
  for (std::size_t turn = 0; turn < kTurns; ++turn)
    for (const auto& stream : streams_of(turn)) stream->fail();
}

// An error that clients meet again and again, as they come back, is logged once.
void EventStreams::report(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (error.message == last_error_) return;
  last_error_ = error.message;
  SPDLOG_ERROR("api: the event log cannot be read error={}", log_value(error.message));
}

void EventStreams::follow() {
  using Clock = EventStream::Clock;
  Clock::time_point due = Clock::now();
  std::chrono::milliseconds gap{0};  // to the next turn; none while there is more to be read
  std::size_t turn = 0;
  for (std::unique_lock lock(mutex_); !closed_;) {
    changed_.wait(lock, [this] { return closed_ || has_streams(); });
    for (; !closed_ && turns_[turn].empty(); turn = (turn + 1) % kTurns) due += gap;
    if (changed_.wait_until(lock, due, [this] { return closed_; })) return;
    lock.unlock();
    const Clock::time_point began = Clock::now();
    gap = take_turn(turn) ? 0ms : kBetweenTurns;
    due = began + gap;
    turn = (turn + 1) % kTurns;
    lock.lock();
  }
}

// True if there may be more to be read.
bool EventStreams::take_turn(std::size_t turn) {
  const Result<bool> more = read_added();
  if (!more) {
    report(more.error());
    tail_.clear();
    reader_.reset();
    fail_all();
    return false;
  }
  const auto now = EventStream::Clock::now();
  for (const auto& stream : streams_of(turn)) stream->wake(tail_.last(), now);
  return *more;
}

// True if there may be more.
Result<bool> EventStreams::read_added() {
  if (Result<void> begun = begin_tail(); !begun) return std::move(begun).error();
  static const storage::EventFilter kAll;
  for (std::size_t bytes = 0; bytes < kBytesAtOnce;) {
    const auto block = std::make_shared<EventBlock>();
    Result<std::optional<LogLine>> line = std::optional<LogLine>{};
    while (block->bytes() < EventBlock::kBytes && (line = reader_->next()) && *line) {
      add_gap(*block, *reader_, (*line)->line, kAll);
      block->add((*line)->sequence, (*line)->line);
    }
    bytes += block->bytes();
    if (!block->events().empty()) tail_.append(block);
    if (!line) return std::move(line).error();
    if (!*line) {
      tail_.reached_end();
      return false;
    }
  }
  return true;
}

// Where the log went on without streams, the tail does not go through all of it.
Result<void> EventStreams::begin_tail() {
  Sequence earliest = 0, latest = 0;
  {
    const std::lock_guard lock(mutex_);
    earliest = earliest_;
    latest = latest_;
  }
  if (reader_ && (latest < kEventsBefore || tail_.last() >= latest - kEventsBefore)) return {};
  const Sequence before_earliest = earliest == 0 ? 0 : earliest - 1;
  const Sequence after =
      std::max(before_earliest, latest < kEventsBefore ? 0 : latest - kEventsBefore);
  Result<LogReader> opened = LogReader::open(fs_, options_.events_dir, after);
  if (!opened) return std::move(opened).error();
  reader_.emplace(*std::move(opened));
  tail_.restart(after);
  return {};
}

void EventStreams::catch_up() {
  for (std::unique_lock lock(mutex_); !closed_;) {
    changed_.wait(lock, [this] { return closed_ || !behind_.empty(); });
    if (closed_) return;
    const std::shared_ptr<EventStream> stream = std::move(behind_.front());
    behind_.pop_front();
    lock.unlock();
    read_for(*stream);
    lock.lock();
  }
}

void EventStreams::read_for(EventStream& stream) {
  Result<std::shared_ptr<const EventBlock>> block = read_behind(stream.position(), stream.filter());
  if (!block) {
    report(block.error());
    stream.fail();
  } else if (*block) {
    stream.give(*std::move(block));
  } else {
    stream.give_nothing();
  }
}

// Null if there is nothing yet. A reader for each piece: one that is kept would cost more than the
// piece, and its client may not come for it for a long time.
Result<std::shared_ptr<const EventBlock>> EventStreams::read_behind(
    std::optional<Sequence> after, const storage::EventFilter& filter) {
  Result<LogReader> reader = LogReader::open(fs_, options_.events_dir, after);
  if (!reader) return std::move(reader).error();
  const auto block = std::make_shared<EventBlock>();
  Sequence last = 0;
  for (std::size_t bytes = 0; bytes < kBytesAtOnce && block->bytes() < EventBlock::kBytes;) {
    Result<std::optional<LogLine>> line = reader->next();
    if (!line) return std::move(line).error();
    if (!*line) break;
    add_gap(*block, *reader, (*line)->line, filter);
    if (filter.passes((*line)->line)) block->add((*line)->sequence, (*line)->line);
    last = (*line)->sequence;
    bytes += (*line)->line.size();
  }
  if (last == 0) return std::shared_ptr<const EventBlock>();
  block->pass(last);
  return std::shared_ptr<const EventBlock>(block);
}

}  // namespace feedwire::daemon
