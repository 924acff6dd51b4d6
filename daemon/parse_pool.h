// The parse workers: processes that turn documents into Feeds (design: "Parse workers").

#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "daemon/event_loop.h"
#include "daemon/parser_port.h"
#include "daemon/quarantine.h"
#include "daemon/worker_process.h"
#include "feeds/worker_protocol.h"

namespace feedwire::daemon {

/// Large documents (kLargeBody) that may be in a pool at once: each is held in memory.
inline constexpr std::size_t kLargePlaces = 4;

/// For keep_freed_memory() in a process that has a pool: the answers of some batches.
inline constexpr std::size_t kKeptHeapBytes = 4 * 1024 * 1024;

struct ParsePoolOptions {
  std::filesystem::path program = find_parse_program();
  std::size_t workers = 1;                        // beside the one for large documents
  std::chrono::microseconds patience{5'000'000};  // for a batch, and again for a document alone
  std::uint64_t renew_after = 10'000;             // documents
};

struct ParsePoolCounters {
  std::uint64_t documents = 0, batches = 0;
  std::uint64_t started = 0;   // processes
  std::uint64_t deaths = 0;    // processes that ended by themselves
  std::uint64_t timeouts = 0;  // processes killed for taking too long
  std::uint64_t lies = 0;      // processes killed for an answer that is none
  std::uint64_t refused = 0;   // documents that were in quarantine
};

/// Waiting documents go to idle workers in batches. What a batch brings down — a crash, a hang, an
/// answer that does not pass its checks — costs only the document at fault: each document of that
/// batch is tried once more, alone in a fresh process. Who fails there is quarantined. A document
/// that hangs by itself is tried so when it comes again, lest it takes twice its time (OP-6). A
/// worker that ends before it has taken its batch costs nothing; where that happens again and again
/// no document is to blame: it is as if no worker could be started.
///
/// Large documents and those that are tried alone go to a worker of their own, one at a time, which
/// is there while it has work: whatever they take, the others wait for none of them.
///
/// Between two steps the event loop has to wait(): it tells which workers have answered.
///
/// A worker that ended is replaced when there is work for it, so that a program that cannot run is
/// not started in a loop. The processes die with the thread that started them: create() is for the
/// main thread, before there are others, and step() for a thread that lives as long as the pool.
class ParsePool : public ParserPort {
 public:
  /// Starts the workers. `loop` must outlive the pool. Errors: io.
  static Result<std::unique_ptr<ParsePool>> create(EventLoop& loop, ParsePoolOptions options);
  ~ParsePool() override;  // kills the workers and waits for their end

  void submit(ParseJob job) override;
  std::size_t free_places(std::size_t body_bytes) const override;
  std::vector<ParseDone> step(Now now) override;

  const ParsePoolCounters& counters() const { return counters_; }

 private:
  struct Task {
    ParseJob job;
    bool alone = false;  // to be tried alone in a fresh process, for the last time
  };
  enum class Retry { at_once, when_it_comes_again };
  struct Lane;
  struct Worker {
    explicit Worker(Lane& which) : lane(which) {}

    Lane& lane;
    std::unique_ptr<WorkerProcess> process;  // null: to be started when there is work
    std::vector<Task> batch;                 // empty: idle
    MonoTime deadline{};
    std::uint64_t served = 0;
    bool called = false;  // the event loop saw something in its pipe
  };

  /// Workers and the documents that wait for them.
  struct Lane {
    std::size_t places, batch;  // documents, altogether and at once for a worker
    std::deque<Task> waiting{};
    std::vector<std::unique_ptr<Worker>> workers{};  // their addresses are known to the event loop

    std::size_t taken() const;  // places
  };

  ParsePool(EventLoop& loop, ParsePoolOptions options);

  Result<void> start(Worker& worker);
  void stop(Worker& worker);
  std::string dismiss(Worker& worker, std::string_view error);
  void reap();

  void look_after(Worker& worker);
  void collect(Worker& worker);
  void take_death(Worker& worker);
  void give_back(Worker& worker, std::string error);
  void fail_batch(Worker& worker, Error error, Retry retry);
  void retry_alone(Task task);
  void acquit(const Task& task, ParseDone outcome);
  void accuse(const Task& task, Error error);

  Lane& lane_of(const Task& task);
  void hand_out(Lane& lane);
  bool make_ready(Worker& worker);
  void fill(Worker& worker, std::size_t limit);
  void refuse_all(Lane& lane);
  void finish(std::uint64_t id, Result<feeds::Feed> feed);

  EventLoop& loop_;
  const ParsePoolOptions options_;
  Lane usual_, large_;
  std::vector<ParseDone> done_;
  std::vector<pid_t> killed_;  // to be reaped
  Quarantine quarantine_;
  MonoTime now_{};             // of the last step
  std::string start_error_;    // of the last start that failed
  MonoTime next_start_{};      // not before, after one failed
  std::size_t stillborn_ = 0;  // ends before the first document since one was read
  ParsePoolCounters counters_;
};

}  // namespace feedwire::daemon
