// `feedwired --record DIR`: what servers said, one file an answer, to be polled again later by a
// Transport that replays it (tests/support/recorded_web.h). The same answers give the same entries
// (EV-5, EV-6).
//
// DIR/00000000000000000042.response is the 42nd answer: lines "NAME VALUE" in the order of
// RecordedResponse, an empty line, then the decoded body. It is written as DIR/unfinished and gets
// its name when it is whole: neither a kill nor a full disk leaves a torn one.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "daemon/transport.h"

namespace feedwire::daemon {

struct RecordedResponse {
  WallTime at{};          // the end of the fetch
  std::string url;        // as it was asked for
  HttpResponse response;  // but for `id`, which is the asker's
};

std::string write_response(const RecordedResponse& recorded);
Result<RecordedResponse> read_response(std::string_view bytes);  // Errors: malformed

/// All answers in `dir`, oldest first. Errors: not_found, malformed, io.
Result<std::vector<RecordedResponse>> read_recording(const std::filesystem::path& dir);

/// Keeps every answer of another Transport before it hands it on, so that nothing is in the log
/// that is not in the recording. Bodies may be private: the files are the user's alone.
class RecordingTransport : public Transport {
 public:
  /// How long answers that cannot be kept are held back. A full disk, on which the daemon closes
  /// its store, takes less.
  static constexpr std::chrono::seconds kPatience{60};

  /// Goes on behind the answers that `dir` holds already; makes it where it is missing. `inner`
  /// must outlive the object. Errors: io.
  static Result<std::unique_ptr<RecordingTransport>> create(Transport& inner,
                                                            std::filesystem::path dir);

  void start(HttpRequest request) override;
  /// None while answers are held back.
  std::size_t free_places() const override { return held_.empty() ? inner_.free_places() : 0; }
  bool crowded() const override { return inner_.crowded(); }
  /// Tries again to keep what is held back. After kPatience that is logged and recording ends;
  /// polling goes on.
  std::vector<HttpResponse> step(Now now) override;

 private:
  RecordingTransport(Transport& inner, std::filesystem::path dir, std::uint64_t next)
      : inner_(inner), dir_(std::move(dir)), next_(next) {}
  bool may_hand_on(const RecordedResponse& recorded, MonoTime now);
  Result<void> keep(const RecordedResponse& recorded);

  Transport& inner_;
  const std::filesystem::path dir_;
  std::uint64_t next_;  // the number of the next answer
  bool broken_ = false;
  std::map<std::uint64_t, std::string> urls_;  // of what is under way, by id
  std::deque<RecordedResponse> held_;          // not handed on yet, oldest first
  std::optional<MonoTime> give_up_at_;         // since the oldest of them could not be kept
};

}  // namespace feedwire::daemon
