// A store in a folder of its own, with the clock in the test's hand.

#pragma once

#include <rapidjson/document.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fs.h"
#include "base/rng.h"
#include "storage/store.h"
#include "tests/support/make_feed.h"
#include "tests/support/temp_dir.h"

namespace feedwire::storage {

/// 2026-11-21T20:00:00Z, when the tests' clocks start.
Now test_start();

class TestStore {
 public:
  TestStore();

  /// Options for every open() that follows.
  Options options;
  ManualClock clock;
  PosixFs fs;

  Store& open();
  Store& reopen();  // without close(): the last run counts as killed
  void close();
  void abandon() { store_.reset(); }  // as a kill would; the next open() recovers
  Store& operator*() { return *store_; }
  Store* operator->() { return store_.get(); }

  const std::filesystem::path& path() const { return dir_.path(); }
  std::filesystem::path events() const { return dir_.path() / "events"; }

  /// Subscribes exactly these URLs and returns their keys.
  std::vector<FeedKey> subscribe(const std::vector<std::string>& urls);

  /// One poll of a feed, a minute after the last, that brought these items.
  CommitSummary poll(FeedKey feed, const std::vector<tests::Item>& items);
  PollOutcome outcome(FeedKey feed, const std::vector<tests::Item>& items);

 private:
  tests::TempDir dir_;
  SeededRng rng_{7};
  std::uint64_t polls_ = 0;
  std::unique_ptr<Store> store_;
};

/// All lines of the log in `events_dir`; fails the test if a sequence is missing.
std::vector<std::string> read_lines(const std::filesystem::path& events_dir);

/// Those of read_lines() whose type is "feedwire." + `type`, parsed.
std::vector<rapidjson::Document> read_events(const std::filesystem::path& events_dir,
                                             std::string_view type);

/// "type subject" of every event of an entry, without "feedwire." and the key.
std::vector<std::string> entry_event_types(const std::filesystem::path& events_dir);

/// What a JSON pointer (RFC 6901) names, as text: a string without quotes, any other value as JSON,
/// "absent" for nothing. (rapidjson 1.1's own == never ends in C++20: it calls its mirror image.)
std::string at(const rapidjson::Document& event, std::string_view pointer);

std::string read_whole(const std::filesystem::path& path);

/// The names of the segments, in order.
std::vector<std::filesystem::path> segments_in(const std::filesystem::path& events_dir);

}  // namespace feedwire::storage
