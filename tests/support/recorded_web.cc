#include "tests/support/recorded_web.h"

#include "tests/support/replayed_web.h"

namespace feedwire::tests {

RecordedWeb::RecordedWeb(std::vector<daemon::RecordedResponse> recording)
    : left_(recording.size()) {
  for (daemon::RecordedResponse& recorded : recording)
    answers_[recorded.url].push_back(std::move(recorded.response));
}

std::vector<daemon::HttpResponse> RecordedWeb::step(Now) {
  std::vector<daemon::HttpResponse> done;
  for (const daemon::HttpRequest& request : started_) {
    std::deque<daemon::HttpResponse>& answers = answers_[request.url];
    if (answers.empty()) {
      done.push_back(answer(request, 500, ""));
      continue;
    }
    done.push_back(std::move(answers.front()));
    done.back().id = request.id;
    answers.pop_front();
    --left_;
  }
  started_.clear();
  return done;
}

}  // namespace feedwire::tests
