#include "daemon/event_stream.h"

#include <fmt/format.h>
#include <microhttpd.h>
#include <poll.h>

#include <algorithm>
#include <utility>

namespace feedwire::daemon {
namespace {

Sequence begin_of(const StreamOrder& order) {
  if (order.after) return *order.after;
  return order.earliest == 0 ? 0 : order.earliest - 1;
}

}  // namespace

EventStream::EventStream(MHD_Connection* connection, StreamOrder order, const LogTail& tail,
                         std::chrono::milliseconds heartbeat, IsBehind is_behind)
    : connection_(connection),
      order_(std::move(order)),
      tail_(tail),
      heartbeat_(heartbeat),
      is_behind_(std::move(is_behind)),
      ends_before_(tail.ends()),
      position_(begin_of(order_)),
      is_placed_(order_.after.has_value()),
      last_sent_(Clock::now()),
      last_looked_(last_sent_) {
  // A client that is cut off before its first event knows where to go on (MCP's "priming").
  if (order_.is_sse) say(fmt::format("retry: 3000\nid: {:020}\ndata:\n\n", position_));
}

ssize_t EventStream::read(char* buffer, std::size_t size) {
  const std::lock_guard lock(mutex_);
  if (failed_) return MHD_CONTENT_READER_END_WITH_ERROR;
  std::size_t taken = 0;
  while (taken < size && (!unsent_.empty() || find_piece())) {
    const std::size_t part = unsent_.copy(buffer + taken, size - taken);
    unsent_.remove_prefix(part);
    taken += part;
  }
  if (taken > 0) {
    last_sent_ = Clock::now();
    return static_cast<ssize_t>(taken);
  }
  if (ended_) return MHD_CONTENT_READER_END_OF_STREAM;
  suspended_ = true;
  MHD_suspend_connection(connection_);
  if (behind_) is_behind_(shared_from_this());
  return 0;
}

// Sets unsent_; false if there is nothing for now, or for ever.
bool EventStream::find_piece() {
  if (behind_) return false;
  while (!has_all()) {
    if (block_ && take_from_block()) return true;
    if (has_all()) break;
    if (!take_from_tail()) return false;
    if (!unsent_.empty()) return true;
  }
  ended_ = true;
  return false;
}

bool EventStream::has_all() const {
  return (!order_.follows && position_ >= order_.latest) ||
         (order_.limit != 0 && sent_ >= order_.limit);
}

bool EventStream::take_from_block() {
  while (next_event_ < block_->events().size()) {
    const EventBlock::Event& event = block_->events()[next_event_++];
    if (event.sequence <= position_) continue;
    position_ = event.sequence;
    is_placed_ = true;
    if (!block_is_filtered_ && !block_->passes(event, order_.filter)) continue;
    unsent_ = order_.is_sse ? block_->as_sse(event) : block_->as_line(event);
    told_ = position_;
    ++sent_;
    return true;
  }
  position_ = std::max(position_, block_->last());
  is_placed_ = true;
  block_.reset();
  return false;
}

// Gets a block from the tail, or says a heartbeat; false if there is nothing for now.
bool EventStream::take_from_tail() {
  LogTail::Found found = tail_.behind(position_);
  switch (found.place) {
    case LogTail::Place::held:
      block_ = std::move(found.block);
      block_is_filtered_ = false;
      next_event_ = 0;
      return true;
    case LogTail::Place::behind:
      behind_ = true;
      return false;
    case LogTail::Place::end:
      // The log may end earlier than it was said to, if somebody has cut its files.
      if (!order_.follows && tail_.ends() > ends_before_ + 1) ended_ = true;
      break;
    case LogTail::Place::unknown:
      break;
  }
  if (!order_.is_sse || ended_ || Clock::now() - last_sent_ < heartbeat_) return false;
  // An id alone is no event, but makes the client go on behind what its filter kept from it.
  const std::string id =
      position_ == told_ ? std::string() : fmt::format("id: {:020}\n", position_);
  say(fmt::format(": hb {:020}\n{}\n", tail_.last(), id));
  return true;
}

void EventStream::say(std::string words) {
  words_ = std::move(words);
  unsent_ = words_;
  told_ = position_;
}

void EventStream::wake(Sequence last, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (!suspended_ || behind_) return;
  // libmicrohttpd does not watch a suspended connection.
  if (now - last_looked_ >= heartbeat_ / 3) {
    last_looked_ = now;
    failed_ = failed_ || is_gone();
  }
  const bool is_due = order_.is_sse && now - last_sent_ >= heartbeat_;
  if (failed_ || is_due || position_ < last || !order_.follows) resume();
}

std::optional<Sequence> EventStream::position() {
  const std::lock_guard lock(mutex_);
  return is_placed_ ? std::optional(position_) : std::nullopt;
}

void EventStream::give(std::shared_ptr<const EventBlock> block) {
  const std::lock_guard lock(mutex_);
  block_ = std::move(block);
  block_is_filtered_ = true;
  next_event_ = 0;
  resume();
}

void EventStream::give_nothing() {
  const std::lock_guard lock(mutex_);
  behind_ = false;
}

void EventStream::fail() {
  const std::lock_guard lock(mutex_);
  failed_ = true;
  resume();
}

void EventStream::resume() {
  behind_ = false;
  if (std::exchange(suspended_, false)) MHD_resume_connection(connection_);
}

bool EventStream::is_gone() const {
  const auto* info = MHD_get_connection_info(connection_, MHD_CONNECTION_INFO_CONNECTION_FD);
  pollfd fd{info->connect_fd, 0, 0};
  return ::poll(&fd, 1, 0) > 0 && (fd.revents & (POLLHUP | POLLERR)) != 0;
}

}  // namespace feedwire::daemon
