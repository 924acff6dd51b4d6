// `feedwired --record DIR`: what servers said, one file an answer, to be polled again later by a
// Transport that replays it (tests/support/recorded_web.h). The same answers give the same entries
// (EV-5, EV-6).
//
// DIR/00000000000000000042.response is the 42nd answer: lines "NAME VALUE" in the order of
// RecordedResponse, an empty line, then the decoded body.

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
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

/// Keeps every answer of another Transport. Bodies may be private: the files are the user's alone.
class RecordingTransport : public Transport {
 public:
  /// Goes on behind the answers that `dir` holds already; makes it where it is missing. `inner`
  /// must outlive the object. Errors: io.
  static Result<std::unique_ptr<RecordingTransport>> create(Transport& inner,
                                                            std::filesystem::path dir);

  void start(HttpRequest request) override;
  std::size_t free_places() const override { return inner_.free_places(); }
  /// Where an answer cannot be kept, that is logged and recording ends; polling goes on.
  std::vector<HttpResponse> step(Now now) override;

 private:
  RecordingTransport(Transport& inner, std::filesystem::path dir, std::uint64_t next)
      : inner_(inner), dir_(std::move(dir)), next_(next) {}
  Result<void> keep(const RecordedResponse& recorded);

  Transport& inner_;
  const std::filesystem::path dir_;
  std::uint64_t next_;  // the number of the next answer
  bool broken_ = false;
  std::map<std::uint64_t, std::string> urls_;  // of what is under way, by id
};

}  // namespace feedwire::daemon
