// A client of GET /v1/events that takes a body as it comes.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace feedwire::tests {

/// An event as a browser's EventSource is given it.
struct SseEvent {
  std::string id, type, data;
};

/// What is dispatched of a body of server-sent events (WHATWG HTML 9.2.6), events without data too,
/// and what Last-Event-ID is then.
struct SseBody {
  std::vector<SseEvent> events;
  std::string last_id;
};
SseBody parse_sse(std::string_view body);

/// Used by one thread. Closed by the destructor.
class StreamClient {
 public:
  /// Sends the request. Throws std::runtime_error where nobody listens. `headers` are whole lines.
  StreamClient(const std::string& socket_path, std::string_view target,
               std::string_view headers = {});

  /// Reads until `text` is in the body; false if the connection ends before, or after `patience`.
  bool wait_for(std::string_view text,
                std::chrono::milliseconds patience = std::chrono::seconds{20});
  /// Reads to the end of the reply; false if it does not come. What follows is_whole() tells.
  bool wait_for_end(std::chrono::milliseconds patience = std::chrono::seconds{20});

  int status();  // waits for the head
  const std::string& head() const { return head_; }
  const std::string& body() const { return body_; }
  std::size_t chunks() const { return chunks_; }
  bool is_whole() const { return is_whole_; }  // the last chunk was there

 private:
  bool read_some(std::chrono::steady_clock::time_point end);
  void take_chunks();

  UniqueFd fd_;
  std::string raw_, head_, body_;
  std::size_t chunks_ = 0;
  bool is_whole_ = false, is_closed_ = false;
};

}  // namespace feedwire::tests
