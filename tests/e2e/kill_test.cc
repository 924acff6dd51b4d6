// kill -9 in the middle of ingestion: nothing lost, repeated or torn.

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>

#include "base/rng.h"
#include "tests/e2e/daemon_run.h"
#include "tests/support/web_server.h"

namespace feedwire::tests {

using namespace std::chrono_literals;

namespace {

constexpr int kFeeds = 6;
constexpr int kKills = 20;
constexpr int kWindow = 200;  // items a document shows

// Feeds that gain entries with each request; every feed's entries are its own.
class GrowingFeeds {
 public:
  GrowingFeeds() {
    for (int feed = 0; feed < kFeeds; ++feed) {
      const auto answer = [this, feed](const WebRequest&) { return next(feed); };
      web_.handle(path(feed), answer);
    }
  }

  std::vector<std::string> urls() const {
    std::vector<std::string> urls;
    for (int feed = 0; feed < kFeeds; ++feed)
      urls.push_back(web_.url(path(feed), "127.0.0." + std::to_string(feed + 1)));
    return urls;
  }
  void freeze() { frozen_ = true; }
  int entries() const {
    int sum = 0;
    for (const std::atomic<int>& count : counts_) sum += count;
    return sum;
  }

 private:
  static std::string path(int feed) { return "/feed" + std::to_string(feed); }

  WebResponse next(int feed) {
    std::atomic<int>& count = counts_[feed];
    if (!frozen_ && count < kWindow) count += 7;
    std::string xml =
        "<rss version=\"2.0\"><channel><title>F</title><link>http://f.example/</link>";
    for (int i = count; i >= 1; --i) {
      const std::string id = std::to_string(feed) + "/" + std::to_string(i);
      xml += "<item><title>Entry " + id + "</title><link>http://f.example/" + id +
             "</link><description>" + std::string(300, 'x') + "</description></item>";
    }
    return {200, {}, xml + "</channel></rss>"};
  }

  std::atomic<int> counts_[kFeeds] = {};
  std::atomic<bool> frozen_ = false;
  WebServer web_{"0.0.0.0"};
};

std::map<std::string, std::string> segment_bytes(const std::filesystem::path& events) {
  std::map<std::string, std::string> files;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(events, missing)) {
    if (entry.path().extension() != ".ndjson") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().filename()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return files;
}

// I4: what a reader saw once is a prefix of what is there now.
void check_prefixes(const std::map<std::string, std::string>& before,
                    const std::map<std::string, std::string>& now) {
  for (const auto& [name, bytes] : before) {
    REQUIRE(now.count(name) == 1);
    const std::string& file = now.at(name);
    // The daemon may have died in the middle of a line; whole lines are what counts as seen.
    const std::string_view seen = std::string_view(bytes).substr(0, bytes.rfind('\n') + 1);
    CHECK(file.compare(0, seen.size(), seen) == 0);
  }
}

}  // namespace

TEST_CASE("I1 I2 I4 I5 kill -9 twenty times in the middle of ingestion", "[e2e][kill]") {
  GrowingFeeds feeds;
  DaemonRun run(feeds.urls());
  SeededRng rng(20261121);
  for (int kill = 0; kill < kKills; ++kill) {
    Process daemon(run.daemon());
    std::this_thread::sleep_for(
        std::chrono::milliseconds(static_cast<int>(rng.uniform(kill == 0 ? 300 : 100, 1800))));
    daemon.signal(SIGKILL);
    REQUIRE(daemon.wait() == 128 + SIGKILL);
    const auto seen = segment_bytes(run.events_dir());
    if (kill % 4 == 3) {
      // What the last commit said is there, before the files are mended and after.
      REQUIRE(run.tool({"fsck"}).code == 0);
      // A restart alone, and again: recovery changes nothing that was seen, nor itself (I10).
      REQUIRE(run.once().code == 0);
      check_prefixes(seen, segment_bytes(run.events_dir()));
      REQUIRE(run.tool({"fsck"}).code == 0);
    }
  }
  feeds.freeze();
  std::this_thread::sleep_for(2100ms);
  REQUIRE(run.once().code == 0);
  std::this_thread::sleep_for(2100ms);
  REQUIRE(run.once().code == 0);

  const Finished fsck = run.tool({"fsck"});  // I1 to I9, among them that no entry is created twice
  CHECK(fsck.code == 0);
  CHECK(fsck.out.starts_with("clean: "));
  CHECK(feeds.entries() > kFeeds * 7);  // the daemon did get to work between the kills
  CHECK(run.count("entry.created") == feeds.entries());
  CHECK(run.count("entry.updated") == 0);
}

}  // namespace feedwire::tests
