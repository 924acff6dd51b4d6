// FL-1: what somebody sees who looks at the folder all the time while segments come and go.

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "base/rng.h"
#include "storage/event.h"
#include "storage/segment.h"
#include "tests/storage/store_fixture.h"

namespace feedwire::storage {

TEST_CASE("FL-1 in 1,000 rotations no segment is seen without a whole first line", "[segment]") {
  constexpr Sequence kRotations = 1000;
  const tests::TempDir dir;
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> looks = 0, wrong = 0;
  std::thread watcher([&] {
    while (!stop) {
      const std::vector<std::filesystem::path> segments = segments_in(dir.path());
      for (std::size_t i = segments.size() - std::min<std::size_t>(segments.size(), 3);
           i < segments.size(); ++i) {
        const std::string bytes = read_whole(segments[i]);
        if (bytes.size() < kMinHeaderBytes || bytes.find('\n') == bytes.npos) ++wrong;
      }
      ++looks;
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  });
  PosixFs fs;
  SeededRng rng(1);
  Envelope envelope;
  envelope.source = "urn:uuid:0";
  envelope.type = "log.segment_opened";
  for (Sequence first = 1; first <= kRotations; ++first) {
    const SegmentName name{1, first};
    envelope.sequence = first;
    std::string header;
    append_line_start(header, envelope);
    header.append(segment_opened_data(first, name, "")).append(kLineEnd);
    REQUIRE(header.size() >= kMinHeaderBytes);
    const Result<std::unique_ptr<File>> file = create_segment(fs, dir.path(), name, header, rng);
    REQUIRE(file);
    REQUIRE(seal_segment(**file));
  }
  stop = true;
  watcher.join();
  CHECK(wrong == 0);
  CHECK(looks > 20);
}

}  // namespace feedwire::storage
