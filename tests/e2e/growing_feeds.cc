#include "tests/e2e/growing_feeds.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

namespace feedwire::tests {
namespace {

constexpr int kShown = 90, kGrowth = 3;

std::string path(int feed) { return "/feed" + std::to_string(feed); }

}  // namespace

GrowingFeeds::GrowingFeeds() {
  for (int feed = 0; feed < kFeeds; ++feed)
    web_.handle(path(feed), [this, feed](const WebRequest& request) {
      return answer_conditional(request, next(feed));
    });
}

std::vector<std::string> GrowingFeeds::urls() const {
  std::vector<std::string> urls;
  for (int feed = 0; feed < kFeeds; ++feed)
    urls.push_back(web_.url(path(feed), "127.0.0." + std::to_string(feed + 1)));
  return urls;
}

int GrowingFeeds::entries() const {
  int sum = 0;
  for (const std::atomic<int>& count : counts_) sum += count;
  return sum;
}

WebResponse GrowingFeeds::next(int feed) {
  const int count = frozen_ ? counts_[feed].load() : counts_[feed] += kGrowth;
  std::string xml = "<rss version=\"2.0\"><channel><title>F</title><link>http://f.example/</link>";
  for (int i = count; i > std::max(0, count - kShown); --i) {
    const std::string id = std::to_string(feed) + "/" + std::to_string(i);
    xml += "<item><title>Entry " + id + "</title><link>http://f.example/" + id +
           "</link><description>" + std::string(300, 'x') + "</description></item>";
  }
  return {200, {{"ETag", '"' + std::to_string(count) + '"'}}, xml + "</channel></rss>"};
}

std::map<std::string, std::string> segment_lines(const std::filesystem::path& events_dir) {
  std::map<std::string, std::string> files;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(events_dir, missing)) {
    if (entry.path().extension() != ".ndjson") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    bytes.resize(bytes.rfind('\n') + 1);
    files[entry.path().filename()] = std::move(bytes);
  }
  return files;
}

void check_unchanged(const std::map<std::string, std::string>& before,
                     const std::map<std::string, std::string>& now) {
  for (const auto& [name, bytes] : before) {
    INFO(name);
    REQUIRE(now.count(name) == 1);
    REQUIRE(now.at(name).size() >= bytes.size());
    CHECK(now.at(name).compare(0, bytes.size(), bytes) == 0);
  }
}

}  // namespace feedwire::tests
