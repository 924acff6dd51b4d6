#include "tests/e2e/replay.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <catch2/catch.hpp>
#include <utility>

#include "base/rng.h"
#include "daemon/poll_stage.h"
#include "daemon/store_stage.h"
#include "storage/log_reader.h"
#include "tests/support/recorded_web.h"
#include "tests/support/replayed_web.h"
#include "tests/support/temp_dir.h"

namespace feedwire::tests {

using namespace std::chrono_literals;

std::multiset<std::string> entry_events(const std::vector<std::string>& lines) {
  std::multiset<std::string> events;
  for (const std::string& line : lines) {
    rapidjson::Document event;
    event.Parse(line.data(), line.size());
    REQUIRE_FALSE(event.HasParseError());
    if (!std::string(event["type"].GetString()).starts_with("feedwire.entry.")) continue;
    for (const char* name : {"sequence", "time", "recordedtime", "source"})
      event.RemoveMember(name);
    rapidjson::Value& data = event["data"];
    data.RemoveMember("fetch_id");
    if (data.HasMember("after") && data["after"].IsObject())
      for (const char* name : {"first_seen", "effective_at", "bracket"})
        data["after"]["_feedwire"].RemoveMember(name);
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> writer(text);
    event.Accept(writer);
    events.emplace(text.GetString());
  }
  return events;
}

std::vector<std::string> replay(std::vector<daemon::RecordedResponse> recording,
                                const std::vector<std::string>& urls) {
  const TempDir dir;
  PosixFs fs;
  SeededRng rng(3);
  ManualClock clock({recording.front().at, MonoTime{1h}});
  RecordedWeb web(std::move(recording));
  InlineParser parser;
  storage::Options options;
  options.dir = dir.path();
  options.min_free_bytes = 0;
  const auto store = storage::Store::open(options, fs, clock, rng).value();
  std::vector<storage::PollOutcome> outcomes;
  daemon::PollOptions poll;
  poll.pace.floor = poll.pace.max_interval = poll.pace.dormant_interval = 60s;
  daemon::PollStage stage(
      poll, web, parser,
      {[&](feeds::FeedKey feed) { return store->window_hashes(feed); },
       [&](feeds::FeedKey feed, const feeds::Feed& document) {
         return store->shares_entry(feed, document);
       },
       [&](feeds::FeedKey feed) { return store->backfill(feed); }},
      [&](storage::PollOutcome& outcome) {
        outcomes.push_back(std::move(outcome));
        return true;
      },
      rng);
  std::vector<storage::FeedRef> refs;
  std::vector<daemon::Subscription> subscriptions;
  for (const std::string& url : urls) {
    refs.push_back({feeds::feed_key(url), url, "", "", {}});
    subscriptions.emplace_back();
    subscriptions.back().ref = refs.back();
  }
  REQUIRE(store->subscribe(refs));
  stage.set_feeds(std::move(subscriptions), {}, {}, clock.now());
  for (int turn = 0; turn < 50'000 && !(web.is_done() && stage.idle()); ++turn) {
    clock.advance(500ms);
    stage.step(clock.now());
    REQUIRE(daemon::StoreStage(*store).commit(outcomes));
    for (const storage::PollOutcome& outcome : std::exchange(outcomes, {}))
      stage.committed(outcome.feed, clock.now());
  }
  REQUIRE(web.is_done());
  std::vector<std::string> lines;
  storage::LogReader reader = storage::LogReader::open(fs, dir.path() / "events", 0).value();
  while (const auto line = reader.next().value()) lines.emplace_back(line->line);
  return lines;
}

}  // namespace feedwire::tests
