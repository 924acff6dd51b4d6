#include "bench/polled_web.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/fs.h"
#include "bench/sample_corpus.h"

namespace feedwire::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFileBytes = 64 << 20;

// 127.1.0.1, 127.1.0.2 …: the last byte is never 0 or 255.
std::string address(std::size_t i) {
  constexpr std::size_t kLast = 250, kMiddle = 250;
  return fmt::format("127.{}.{}.{}", 1 + i / (kLast * kMiddle), i / kLast % kMiddle, 1 + i % kLast);
}

}  // namespace

fs::path PolledWeb::folder(std::size_t feeds) {
  if (const char* given = std::getenv("FEEDWIRE_BENCH_WEB"); given != nullptr) return given;
  std::size_t number = 0;
  for (const Document& document : generate_corpus(1, feeds).documents)
    generated_.write(fmt::format("f{:06}.xml", number++), document.bytes);
  description_ = "generated look-alikes";
  return generated_.path();
}

PolledWeb::PolledWeb(std::size_t feeds) {
  const fs::path dir = folder(feeds);
  if (description_.empty()) description_ = dir.native();
  std::vector<fs::path> files;
  for (const auto& file : fs::directory_iterator(dir))
    if (file.path().extension() == ".xml") files.push_back(file.path());
  std::sort(files.begin(), files.end());
  if (files.size() < feeds) {
    fmt::print(stderr, "poll_bench: {} holds {} feeds of {}\n", dir.native(), files.size(), feeds);
    std::exit(1);
  }
  files.resize(feeds);
  nginx_ = std::make_unique<Nginx>(dir);
  for (std::size_t i = 0; i < feeds; ++i) {
    names_.push_back(files[i].filename());
    targets_.push_back({url_of(i, names_[i]), Nginx::etag(files[i])});
    // Also so that no client waits for the disk.
    const Result<std::string> bytes = read_file(files[i], kMaxFileBytes);
    if (bytes && bytes->find("<ttl>") == bytes->npos) without_ttl_.push_back(i);
  }
  if (without_ttl_.empty()) {
    fmt::print(stderr, "poll_bench: all feeds of {} have a ttl\n", dir.native());
    std::exit(1);
  }
  description_ += fmt::format(": {} feeds on nginx, a loopback address each", feeds);
}

std::string PolledWeb::url_of(std::size_t place, const std::string& name) const {
  return fmt::format("http://{}:{}/{}", address(place), nginx_->http_port(), name);
}

std::vector<Target> PolledWeb::soon_due(std::size_t count) const {
  std::vector<Target> targets;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t document = without_ttl_[i % without_ttl_.size()];
    targets.push_back({url_of(i, names_[document]), targets_[document].etag});
  }
  return targets;
}

std::vector<Target> PolledWeb::tls_targets(std::size_t count) const {
  const std::string url = fmt::format("https://127.0.0.1:{}/{}", nginx_->https_port(), names_[0]);
  return std::vector<Target>(count, {url, targets_[0].etag});
}

}  // namespace feedwire::bench
