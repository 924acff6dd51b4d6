// Polls a recording again (daemon/recording.h): a Transport whose servers say what they said then.

#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "daemon/recording.h"
#include "daemon/transport.h"

namespace feedwire::tests {

/// The n-th request for a URL gets the n-th answer that was recorded for it; once they are used up,
/// a 500.
class RecordedWeb : public daemon::Transport {
 public:
  explicit RecordedWeb(std::vector<daemon::RecordedResponse> recording);

  /// Whether every answer was given.
  bool is_done() const { return left_ == 0; }

  void start(daemon::HttpRequest request) override { started_.push_back(std::move(request)); }
  std::size_t free_places() const override { return 64 - started_.size(); }
  std::vector<daemon::HttpResponse> step(Now now) override;

 private:
  std::map<std::string, std::deque<daemon::HttpResponse>> answers_;  // by URL
  std::size_t left_;
  std::vector<daemon::HttpRequest> started_;
};

}  // namespace feedwire::tests
