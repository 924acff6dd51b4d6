// feedwire-sample-server: a web server on loopback with feeds that live, or with those of a folder.

#include <fmt/format.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "base/fs.h"
#include "base/hash.h"
#include "tests/support/sample_feeds.h"
#include "tests/support/web_server.h"

namespace feedwire::tests {
namespace {

struct Settings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  double every_seconds = 4;
  std::uint64_t seed = 1;
  std::string dir;
};

std::chrono::sys_seconds now_in_seconds() {
  return std::chrono::floor<std::chrono::seconds>(SystemClock().now().wall);
}

WebResponse feed_page(const SampleFeed& feed, const std::string& site) {
  WebResponse page;
  page.body = feed.document(site);
  page.headers = {{"Content-Type", feed.publisher().content_type},
                  {"ETag", fmt::format("\"{}\"", hex64(xxh3_64(page.body)))},
                  {"Last-Modified", http_date(feed.updated())}};
  return page;
}

/// Each publisher on a loopback address of its own, as in life: a poller that keeps a gap between
/// two requests to one host is not held up by it.
class SampleWeb {
 public:
  SampleWeb(const Settings& settings)
      : feeds_(sample_feeds(settings.seed, now_in_seconds())), rng_(settings.seed) {
    std::uint16_t port = settings.port;
    for (std::size_t i = 0; i < feeds_.size(); ++i) {
      const std::string address = fmt::format("127.0.0.{}", i + 1);
      servers_.push_back(std::make_unique<WebServer>(address, port));
      port = servers_.back()->port();
      publish(i);
      fmt::print("{}\n", servers_[i]->url(feeds_[i].publisher().path));
    }
  }

  /// Each feed gains an entry; every third time one of them edits an old one too.
  void step(std::chrono::sys_seconds now) {
    for (SampleFeed& feed : feeds_) feed.gain_entry(now);
    if (++steps_ % 3 == 0) feeds_[rng_.next() % feeds_.size()].edit_entry(now);
    for (std::size_t i = 0; i < feeds_.size(); ++i) publish(i);
  }

 private:
  void publish(std::size_t i) {
    servers_[i]->page(feeds_[i].publisher().path, feed_page(feeds_[i], servers_[i]->url("")));
  }

  std::vector<SampleFeed> feeds_;
  std::vector<std::unique_ptr<WebServer>> servers_;
  SeededRng rng_;
  int steps_ = 0;
};

const char* content_type(const std::filesystem::path& file) {
  const std::string extension = file.extension();
  if (extension == ".json") return "application/feed+json";
  if (extension == ".html") return "text/html; charset=utf-8";
  if (extension == ".atom") return "application/atom+xml";
  if (extension == ".rdf") return "application/rdf+xml";
  if (extension == ".rss") return "application/rss+xml";
  return "application/xml";
}

/// The file as it is now, so that an edit shows with the next request.
WebResponse file_page(const std::filesystem::path& file) {
  static constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;
  struct stat status {};
  if (::stat(file.c_str(), &status) < 0) return {.status = 404};
  Result<std::string> body = read_file(file, kMaxFileBytes);
  if (!body) return {.status = 404};
  const auto modified = std::chrono::system_clock::from_time_t(status.st_mtim.tv_sec);
  return {
      .headers = {{"Content-Type", content_type(file)},
                  {"ETag", fmt::format("\"{:x}-{:x}-{:x}\"", status.st_mtim.tv_sec,
                                       status.st_mtim.tv_nsec, status.st_size)},
                  {"Last-Modified", http_date(std::chrono::floor<std::chrono::seconds>(modified))}},
      .body = std::move(body).value()};
}

void serve_folder(WebServer& server, const std::filesystem::path& dir) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(dir))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) {
    const std::string path = "/" + file.filename().native();
    server.handle(path, [file](const WebRequest& request) {
      return answer_conditional(request, file_page(file));
    });
    fmt::print("{}\n", server.url(path));
  }
}

/// Waits for SIGTERM or SIGINT, at most until the next step is due. True if one came.
bool told_to_stop(const sigset_t& signals, double seconds) {
  timespec patience;
  patience.tv_sec = static_cast<std::time_t>(seconds);
  patience.tv_nsec = static_cast<long>((seconds - static_cast<double>(patience.tv_sec)) * 1e9);
  return ::sigtimedwait(&signals, nullptr, &patience) > 0;
}

void run(const Settings& settings, const sigset_t& signals) {
  if (settings.dir.empty()) {
    SampleWeb web(settings);
    std::fflush(stdout);
    while (!told_to_stop(signals, settings.every_seconds)) web.step(now_in_seconds());
    return;
  }
  WebServer server(settings.address, settings.port);
  serve_folder(server, settings.dir);
  std::fflush(stdout);
  int signal = 0;
  ::sigwait(&signals, &signal);
}

}  // namespace
}  // namespace feedwire::tests

int main(int argc, char** argv) {
  feedwire::tests::Settings settings;
  CLI::App app{
      "Serves feeds on loopback for a first look and for tests. Prints their URLs, one a line, "
      "once\n"
      "it listens; SIGTERM or SIGINT ends it."};
  app.add_option("--port", settings.port, "TCP port; 0 takes a free one")->capture_default_str();
  app.add_option("--every", settings.every_seconds,
                 "how often the sample feeds gain an entry, e.g. 4s")
      ->transform(
          CLI::AsNumberWithUnit(std::map<std::string, double>{{"ms", 0.001}, {"s", 1}, {"m", 60}}))
      ->capture_default_str();
  app.add_option("--seed", settings.seed, "the same seed tells the same stories")
      ->capture_default_str();
  auto* dir = app.add_option("--dir", settings.dir,
                             "serve the files of this folder instead of the sample feeds")
                  ->check(CLI::ExistingDirectory);
  app.add_option("--address", settings.address,
                 "where to serve the folder; sample feeds take 127.0.0.1 to .5")
      ->needs(dir)
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  // Blocked before the first thread starts, so that only sigwait() gets them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  try {
    feedwire::tests::run(settings, signals);
  } catch (const std::exception& error) {
    fmt::print(stderr, "feedwire-sample-server: {}\n", error.what());
    return 1;
  }
  return 0;
}
