#include "daemon/large_bodies.h"

#include <utility>

#include "daemon/curl_transfer.h"

namespace feedwire::daemon {

bool LargeBodies::take(CurlTransfer* transfer) {
  if (free_ == 0) {
    waiting_.push_back(transfer);
    return false;
  }
  --free_;
  return true;
}

void LargeBodies::stop_waiting(CurlTransfer* transfer) { std::erase(waiting_, transfer); }

void LargeBodies::give_back(CurlTransfer* transfer) {
  std::erase(admitted_, transfer);
  free_place();
}

std::shared_ptr<void> LargeBodies::hand_over(CurlTransfer* transfer) {
  std::erase(admitted_, transfer);
  // A body may outlive the transport.
  return {nullptr, [places = weak_from_this()](void*) {
            if (const auto still_there = places.lock()) still_there->free_place();
          }};
}

std::vector<CurlTransfer*> LargeBodies::take_admitted() { return std::exchange(admitted_, {}); }

void LargeBodies::free_place() {
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  CurlTransfer* const next = waiting_.front();
  waiting_.pop_front();
  next->admit();
  admitted_.push_back(next);
}

}  // namespace feedwire::daemon
