// What the poll stage needs of the parse workers. The real one is ParsePool (processes); tests
// parse in process with InlineParser (tests/support).

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "feeds/feed.h"
#include "feeds/read_feed.h"

namespace feedwire::daemon {

struct ParseJob {
  std::uint64_t id = 0;  // chosen by the caller, comes back in the result
  feeds::ReadRequest request;
  std::string body;
};

struct ParseDone {
  std::uint64_t id = 0;
  /// Errors: malformed (no feed; the message says what it is), too_large, corrupt (the worker
  /// lied), timed_out, unavailable (the worker died, also alone in a fresh process). The last three
  /// also for a document that is known to bring workers down; the message says so.
  Result<feeds::Feed> feed;
  /// Where it is a page, and ReadRequest::find_linked asked: the feeds that it links to, as
  /// feeds::linked_feeds() names them.
  std::vector<std::string> linked_feeds{};
};

/// A larger document is parsed apart from the usual ones, so that those do not wait for it: few
/// feeds are so large, and who sends what takes long may mean it (http.md S8).
inline constexpr std::size_t kLargeBody = 1 << 20;

/// Used by one thread, the poll thread.
class ParserPort {
 public:
  virtual ~ParserPort() = default;

  /// Queues a document. Ask first whether there is a place for one of its size: a full pool slows
  /// polling down.
  virtual void submit(ParseJob job) = 0;
  virtual std::size_t free_places(std::size_t body_bytes) const = 0;

  /// Hands waiting documents to idle workers and returns what is done.
  virtual std::vector<ParseDone> step(Now now) = 0;
};

}  // namespace feedwire::daemon
