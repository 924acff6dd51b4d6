// Feeds that gain entries with each request, for tests that kill the daemon that polls them.

#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/web_server.h"

namespace feedwire::tests {

/// Serves from the constructor on, with validators. Every feed's entries are its own, and every
/// feed has a host of its own. Any thread.
class GrowingFeeds {
 public:
  GrowingFeeds();

  std::vector<std::string> urls() const;
  void freeze() { frozen_ = true; }
  /// Entries shown so far, in all feeds. A daemon that misses no 30 documents in a row sees all.
  int entries() const;

 private:
  static constexpr int kFeeds = 6;

  WebResponse next(int feed);

  std::atomic<int> counts_[kFeeds] = {};
  std::atomic<bool> frozen_ = false;
  WebServer web_{"0.0.0.0"};
};

/// The content of all segments by file name; whole lines only, for a daemon that is writing may die
/// in the middle of one.
std::map<std::string, std::string> segment_lines(const std::filesystem::path& events_dir);

/// I4: what a reader saw once is what stands there now, and perhaps more behind it. Fails the test
/// else.
void check_unchanged(const std::map<std::string, std::string>& before,
                     const std::map<std::string, std::string>& now);

}  // namespace feedwire::tests
