// One client that is sent the event log, between libmicrohttpd, which asks for bytes, and the
// threads that read the log.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "daemon/log_tail.h"
#include "daemon/stream_order.h"

struct MHD_Connection;

namespace feedwire::daemon {

/// While there is nothing to send libmicrohttpd has the connection suspended. What a client that
/// does not read costs: its place, one block, libmicrohttpd's buffers.
class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  using Clock = std::chrono::steady_clock;
  using IsBehind = std::function<void(std::shared_ptr<EventStream>)>;

  /// `tail` must outlive the object. `is_behind` is called, with the connection suspended, when
  /// what comes next has to be read from the files: give() or fail() must follow.
  EventStream(MHD_Connection* connection, StreamOrder order, const LogTail& tail,
              std::chrono::milliseconds heartbeat, IsBehind is_behind);

  /// As libmicrohttpd's content reader. The API's thread.
  ssize_t read(char* buffer, std::size_t size);

  // Any thread but the API's:

  /// Resumes the connection if there is something new in the tail, it is time for a heartbeat, or
  /// the client is gone.
  void wake(Sequence last, Clock::time_point now);
  /// Where to go on reading; none: at the earliest event.
  std::optional<Sequence> position();
  const storage::EventFilter& filter() const { return order_.filter; }
  /// What was read from there on, as far as it passes the filter.
  void give(std::shared_ptr<const EventBlock> block);
  /// Nothing was there to be read: look again later.
  void give_nothing();
  /// Cuts the connection, so that the client knows that this is not the end.
  void fail();

 private:
  bool find_piece();
  bool take_from_block();
  bool take_from_tail();
  bool has_all() const;
  void say(std::string words);
  void resume();
  bool is_gone() const;

  MHD_Connection* const connection_;
  const StreamOrder order_;
  const LogTail& tail_;
  const std::chrono::milliseconds heartbeat_;
  const IsBehind is_behind_;
  const std::uint64_t ends_before_;  // of the tail, when the stream began

  std::mutex mutex_;
  // All guarded by mutex_:
  Sequence position_;       // of the last event that was sent or passed over
  Sequence told_ = 0;       // the client knows that it has come so far
  bool is_placed_;          // else the earliest event is wanted, whatever position_ is
  std::uint64_t sent_ = 0;  // events
  std::string words_;       // of our own
  std::shared_ptr<const EventBlock> block_;
  bool block_is_filtered_ = false;
  std::size_t next_event_ = 0;  // of block_
  std::string_view unsent_;     // of words_ or block_
  Clock::time_point last_sent_, last_looked_;
  bool behind_ = false, ended_ = false, failed_ = false, suspended_ = false;
};

}  // namespace feedwire::daemon
