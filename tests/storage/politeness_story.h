// Ledgers for the tests of what they are judged by.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "storage/politeness.h"

namespace feedwire::storage {

using namespace std::chrono_literals;

inline constexpr WallTime kStart{1'795'000'000'000'000us};  // a Wednesday, 11:06:40 GMT

/// A ledger being written by a daemon that polls one feed.
class Story {
 public:
  /// A request that begins `pause` after the end of the last one, as the rules would have it but
  /// for what `change` does to its record.
  Story& then(std::chrono::microseconds pause, const std::function<void(PollRecord&)>& change) {
    clock_ += pause + 1s;
    PollRecord record;
    record.feed = 1;
    record.poll = ++polls_;
    record.url = "https://example.org/feed";
    record.host = "example.org";
    record.at = record.noted = kStart + clock_;
    record.previous = noted_;
    record.took = 1s;
    record.run = 1;
    record.uptime = clock_;
    record.final_url = record.url;
    record.status = 200;
    record.verdict = PollVerdict::document;
    record.floor = record.interval = 1h;
    record.host_gap = 2s;
    if (polls_ > 1) record.if_none_match = etag_;
    record.etag = etag_ = "\"" + std::to_string(polls_) + "\"";
    change(record);
    etag_ = record.etag;
    if (record.verdict != PollVerdict::offline) noted_ = record.noted;
    check_.add(record);
    return *this;
  }
  Story& then(std::chrono::microseconds pause) {
    return then(pause, [](PollRecord&) {});
  }

  /// The codes found so far, each with how often.
  std::map<std::string_view, std::uint64_t> found() const { return findings_.counts(); }
  const PolitenessSummary& summary() const { return check_.summary(); }

 private:
  Findings findings_;
  PolitenessCheck check_{findings_};
  std::chrono::microseconds clock_{};
  std::uint64_t polls_ = 0;
  std::string etag_;
  WallTime noted_{};  // of the last request
};

using Found = std::map<std::string_view, std::uint64_t>;

inline void failed(PollRecord& record, int status) {
  record.status = status;
  record.verdict = PollVerdict::failure;
  record.etag = record.if_none_match;  // the server's is kept
}

}  // namespace feedwire::storage
