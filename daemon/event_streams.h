// The event log for those who follow it by HTTP: who they are, and the two threads that read the
// log's files for them. The store thread has no part in it.

#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "daemon/event_stream.h"
#include "daemon/log_tail.h"
#include "storage/log_reader.h"

namespace feedwire::daemon {

/// One thread reads what is added to the log into a tail that all streams at the end of the log
/// share, and wakes each of them ten times a second: not all at once but a tenth of them at a time,
/// so that commits and other requests do not wait until all were sent theirs. Another one reads for
/// those that are behind, piece by piece, one stream after the other, as fast as they take it.
/// Neither waits for a client. Both are there from the first stream on and sleep while there is
/// none.
class EventStreams {
 public:
  struct Options {
    std::filesystem::path events_dir;
    std::size_t max_streams = 1024;
    /// So long after the last bytes an SSE stream is sent a comment.
    std::chrono::milliseconds heartbeat{15'000};
  };

  explicit EventStreams(Options options) : options_(std::move(options)) {}
  ~EventStreams() { close(); }

  // All members may be called from any thread.

  /// Null if there are as many as may be, or close() was called. What is returned is told to
  /// remove() before `connection` and this object are gone.
  std::shared_ptr<EventStream> open(MHD_Connection* connection, StreamOrder order);
  void remove(const EventStream* stream);

  /// No more streams; those there are are cut, and resumed for that.
  void close();

 private:
  static constexpr std::size_t kTurns = 10;
  /// Streams that are woken together.
  using Turn = std::unordered_map<const EventStream*, std::shared_ptr<EventStream>>;

  void follow();
  bool take_turn(std::size_t turn);
  Result<bool> read_added();
  Result<void> begin_tail();
  void catch_up();
  void read_for(EventStream& stream);
  Result<std::shared_ptr<const EventBlock>> read_behind(std::optional<Sequence> after,
                                                        const storage::EventFilter& filter);
  bool has_streams() const;
  std::vector<std::shared_ptr<EventStream>> streams_of(std::size_t turn);
  void fail_all();
  void report(const Error& error);

  const Options options_;
  PosixFs fs_;
  LogTail tail_;
  std::optional<storage::LogReader> reader_;  // of follow() alone

  std::mutex mutex_;
  std::condition_variable changed_;
  // All guarded by mutex_:
  std::array<Turn, kTurns> turns_;
  std::deque<std::shared_ptr<EventStream>> behind_;  // to be read for
  Sequence earliest_ = 0, latest_ = 0;               // of the log, as the last order had it
  std::string last_error_;
  bool closed_ = false;
  std::thread follower_, catcher_;
};

}  // namespace feedwire::daemon
