// Feeds of five invented publishers, for a first look without a network. The same seed tells the
// same stories.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"

namespace feedwire::tests {

struct SampleEntry {
  int number = 0;       // from 1, part of its link
  int corrections = 0;  // how often it was edited
  std::string title, html;
  std::chrono::sys_seconds published{}, updated{};
};

enum class SampleFormat { rss, atom, rdf, json };

/// What a publisher is and the words it writes with.
struct SamplePublisher {
  SampleFormat format;
  std::string path;  // of the feed on its host
  std::string content_type, language, title, motto;
  std::string sentence_end, correction;      // ". " and how it admits a mistake
  std::vector<std::string> who, does, what;  // a title is one of each
};

/// A publisher's feed: the newest entries, newest first. Used by one thread at a time.
class SampleFeed {
 public:
  static constexpr std::size_t kWindow = 15;

  /// Begins with a few entries from the hours before `start`.
  SampleFeed(SamplePublisher publisher, std::uint64_t seed, std::chrono::sys_seconds start);

  void gain_entry(std::chrono::sys_seconds now);
  void edit_entry(std::chrono::sys_seconds now);

  const SamplePublisher& publisher() const { return publisher_; }
  std::chrono::sys_seconds updated() const { return updated_; }

  /// The document, with links below `site`: "http://127.0.0.1:8080".
  std::string document(const std::string& site) const;

 private:
  const std::string& any(const std::vector<std::string>& words);
  std::string sentence();

  SamplePublisher publisher_;
  SeededRng rng_;
  int next_number_ = 1;
  std::chrono::sys_seconds updated_;
  std::deque<SampleEntry> entries_;
};

/// RSS 2.0, Atom, RDF, JSON Feed, and RSS in Chinese.
std::vector<SampleFeed> sample_feeds(std::uint64_t seed, std::chrono::sys_seconds start);

/// "Sat, 21 Nov 2026 21:15:01 GMT": HTTP's and RSS's way to write a date.
std::string http_date(std::chrono::sys_seconds time);

}  // namespace feedwire::tests
