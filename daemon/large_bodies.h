// How many large bodies are in memory at once: what hundreds of servers may send together would not
// fit into it (http.md S7, S8).

#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "daemon/parser_port.h"

namespace feedwire::daemon {

class CurlTransfer;

/// Places for bodies beyond kLargeBody, decoded. A transfer has one from there on, and when it ends
/// its body does, until it is gone. Used by one thread.
class LargeBodies : public std::enable_shared_from_this<LargeBodies> {
 public:
  explicit LargeBodies(std::size_t places) : free_(places) {}

  /// Whether `transfer` has got a place. If not it waits for one, first come, first served, and is
  /// told by admit().
  bool take(CurlTransfer* transfer);
  /// `transfer`, which waits, does so no more.
  void stop_waiting(CurlTransfer* transfer);
  /// `transfer` ends and gives its place back …
  void give_back(CurlTransfer* transfer);
  /// … or leaves it to its body, which has it for as long as the result lives.
  std::shared_ptr<void> hand_over(CurlTransfer* transfer);

  bool crowded() const { return !waiting_.empty(); }
  /// Those that were admitted since the last call, to be moved on.
  std::vector<CurlTransfer*> take_admitted();
  bool any_admitted() const { return !admitted_.empty(); }

 private:
  void free_place();

  std::size_t free_;
  std::deque<CurlTransfer*> waiting_;
  std::vector<CurlTransfer*> admitted_;
};

}  // namespace feedwire::daemon
