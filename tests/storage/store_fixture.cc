#include "tests/storage/store_fixture.h"

#include <rapidjson/pointer.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "storage/log_reader.h"

namespace feedwire::storage {

Now test_start() {
  using namespace std::chrono;
  const sys_days day = year{2026} / November / 21;
  return {WallTime{day + hours{20}}, MonoTime{hours{1}}};
}

TestStore::TestStore() : clock(test_start()) {
  options.dir = dir_.path();
  options.min_free_bytes = 0;
  options.cache_bytes = 8 << 20;
}

Store& TestStore::open() {
  store_ = Store::open(options, fs, clock, rng_).value();
  return *store_;
}

Store& TestStore::reopen() {
  store_.reset();
  return open();
}

void TestStore::close() {
  REQUIRE(store_->close());
  store_.reset();
}

std::vector<FeedKey> TestStore::subscribe(const std::vector<std::string>& urls) {
  std::vector<FeedRef> feeds;
  std::vector<FeedKey> keys;
  for (const std::string& url : urls) {
    keys.push_back(feeds::feed_key(url));
    feeds.push_back({keys.back(), url, "", "", {}});
  }
  REQUIRE(store_->subscribe(feeds));
  return keys;
}

PollOutcome TestStore::outcome(FeedKey feed, const std::vector<tests::Item>& items) {
  PollOutcome outcome;
  outcome.feed = feed;
  outcome.fetched_at = clock.now().wall;
  outcome.row.polls = ++polls_;
  outcome.row.last_poll = outcome.row.last_success = clock.now().wall;
  outcome.document = tests::make_feed(feed, items);
  return outcome;
}

CommitSummary TestStore::poll(FeedKey feed, const std::vector<tests::Item>& items) {
  clock.advance(std::chrono::minutes{1});
  const PollOutcome outcomes[] = {outcome(feed, items)};
  return store_->commit(outcomes).value();
}

std::vector<std::string> read_lines(const std::filesystem::path& events_dir) {
  PosixFs fs;
  LogReader reader = LogReader::open(fs, events_dir, 0).value();
  std::vector<std::string> lines;
  for (;;) {
    const std::optional<LogLine> line = reader.next().value();
    if (!line) return lines;
    lines.emplace_back(line->line);
    REQUIRE(line->sequence == lines.size());
  }
}

std::vector<rapidjson::Document> read_events(const std::filesystem::path& events_dir,
                                             std::string_view type) {
  std::vector<rapidjson::Document> events;
  for (const std::string& line : read_lines(events_dir)) {
    rapidjson::Document event;
    event.Parse(line.data(), line.size());
    REQUIRE(!event.HasParseError());
    if (event["type"].GetString() == "feedwire." + std::string(type))
      events.push_back(std::move(event));
  }
  return events;
}

std::vector<std::string> entry_event_types(const std::filesystem::path& events_dir) {
  std::vector<std::string> types;
  for (const std::string& line : read_lines(events_dir)) {
    rapidjson::Document event;
    event.Parse(line.data(), line.size());
    const std::string type = event["type"].GetString();
    if (type.starts_with("feedwire.entry.")) types.push_back(type.substr(15));
  }
  return types;
}

std::string at(const rapidjson::Document& event, std::string_view pointer) {
  const rapidjson::Value* value = rapidjson::Pointer(pointer.data(), pointer.size()).Get(event);
  if (value == nullptr) return "absent";
  if (value->IsString()) return value->GetString();
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value->Accept(writer);
  return buffer.GetString();
}

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::filesystem::path> segments_in(const std::filesystem::path& events_dir) {
  std::vector<std::filesystem::path> segments;
  for (const auto& file : std::filesystem::directory_iterator(events_dir))
    if (file.path().extension() == ".ndjson") segments.push_back(file.path());
  std::sort(segments.begin(), segments.end());
  return segments;
}

}  // namespace feedwire::storage
