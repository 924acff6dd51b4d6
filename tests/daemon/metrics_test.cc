#include "daemon/metrics_text.h"

#include <catch2/catch.hpp>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/daemon/api_test_daemon.h"

namespace feedwire::daemon {
namespace {

using tests::ApiTestDaemon;
using tests::HttpAnswer;

/// What a histogram must have: buckets that grow up to "+Inf", then _sum, then as many as _count.
class HistogramLint {
 public:
  /// A sample of `family`: what is wrong with it; empty = nothing.
  std::string check(const std::string& suffix, const std::string& labels,
                    const std::string& value) {
    if (suffix == "_bucket") {
      const std::uint64_t up_to = std::stoull(value);
      const bool grows = up_to >= up_to_ && labels.starts_with("{le=");
      up_to_ = up_to;
      is_whole_ = labels == "{le=\"+Inf\"}";
      return grows ? "" : "buckets that do not grow";
    }
    if (!is_whole_) return "no bucket for all";
    if (suffix == "_sum") return "";
    return suffix == "_count" && std::stoull(value) == up_to_ ? ""
                                                              : "not as many as in the buckets";
  }

 private:
  std::uint64_t up_to_ = 0;
  bool is_whole_ = false;
};

/// OP-14: what `promtool check metrics` would say, and more, of a text; a line each.
std::vector<std::string> lint(const std::string& text) {
  static const std::regex kFamily(R"(# (HELP|TYPE) ((?:feedwire|process)_[a-z0-9_]+) (.+))");
  static const std::regex kSample(R"(([a-z0-9_]+)(\{[^}]*\})? (-?[0-9]+(?:\.[0-9]+)?))");
  static const std::regex kLabels(
      R"(\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})");
  std::vector<std::string> faults;
  std::map<std::string, std::string> types;
  std::set<std::string> helped, samples;
  std::string family;
  HistogramLint histogram;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto fault = [&](const std::string& what) { faults.push_back(what + ": " + line); };
    std::smatch match;
    if (std::regex_match(line, match, kFamily)) {
      family = match[2];
      if (match[1] == "HELP") {
        if (!helped.insert(family).second) fault("second HELP");
        if (!line.ends_with('.')) fault("no sentence");
        continue;
      }
      if (!helped.contains(family)) fault("TYPE before HELP");
      histogram = {};
      if (!types.emplace(family, match[3]).second) fault("second TYPE");
      if ((types[family] == "counter") != family.ends_with("_total")) fault("_total and counter");
      if (!std::set<std::string>{"counter", "gauge", "histogram"}.contains(types[family]))
        fault("type");
      for (const char* const unit :
           {"_ms", "_milliseconds", "_kb", "_mb", "_minutes", "_count", "_sum", "_bucket"})
        if (family.ends_with(unit)) fault("no base unit, or a suffix that is taken");
    } else if (std::regex_match(line, match, kSample)) {
      const std::string name = match[1];
      const bool has_parts = types[family] == "histogram" && name.starts_with(family);
      const std::string suffix = has_parts ? name.substr(family.size()) : "";
      if (name != family + suffix || !helped.contains(family)) fault("sample of another family");
      if (types[family] == "histogram")
        if (const std::string wrong = histogram.check(suffix, match[2], match[3]); !wrong.empty())
          fault(wrong);
      if (match[2].matched && !std::regex_match(match[2].str(), kLabels)) fault("labels");
      if (!samples.insert(match[1].str() + match[2].str()).second) fault("second sample");
    } else {
      fault("no line of the format");
    }
  }
  if (!text.ends_with('\n')) faults.push_back("no end of line");
  return faults;
}

/// Before anything is counted.
void set_durations(tests::FakeBackend& backend) {
  backend.more_status.fetches = FetchTally().get();
  storage::StoreFigures& store = backend.memory.stored_figures;
  store.commits = store.syncs = backend.more_status.fetches.took;
}

bool has_line(const HttpAnswer& answer, const std::string& line) {
  return answer.body.find('\n' + line + '\n') != std::string::npos;
}

}  // namespace

TEST_CASE("OP-14 metrics are as Prometheus wants them, and name no feed", "[metrics]") {
  ApiTestDaemon daemon;
  set_durations(daemon.backend);
  storage::StoredFeed feed;
  feed.ref.url = "https://hostile.example/";
  feed.ref.name = "hostile";
  daemon.backend.memory.stored_feeds = {feed};
  daemon.backend.memory.log.first = 7;
  daemon.backend.memory.log.active_segment = "/proc/self/status";  // of a folder that is there
  daemon.backend.memory.stored_cursors["indexer"].acked = 93;
  daemon.backend.memory.stored_cursors["ahead"].acked = 700;

  const HttpAnswer answer = daemon.get("/metrics");

  CHECK(answer.status == 200);
  CHECK(answer.has_header("Content-Type: text/plain; version=0.0.4; charset=utf-8"));
  CHECK(lint(answer.body) == std::vector<std::string>());
  CHECK(answer.body.find("hostile") == std::string::npos);
  CHECK(has_line(answer, R"(feedwire_build_info{version="0.1.0",revision="8b92ce2f1a09"} 1)"));
  CHECK(has_line(answer, R"(feedwire_feeds{state="ok"} 3)"));
  CHECK(has_line(answer, R"(feedwire_fetches_total{result="http_4xx"} 0)"));
  CHECK(has_line(answer, "feedwire_event_log_first_sequence 7"));
  CHECK(has_line(answer, "feedwire_event_log_last_sequence 100"));
  CHECK(has_line(answer, R"(feedwire_cursor_lag_events{cursor="indexer"} 7)"));
  CHECK(has_line(answer, R"(feedwire_cursor_lag_events{cursor="ahead"} 0)"));
  CHECK(has_line(answer, "feedwire_config_last_reload_successful 1"));
  CHECK(has_line(answer, "feedwire_config_last_reload_timestamp_seconds 1763764501.000000"));
  CHECK(has_line(answer, "feedwire_ready 1"));
  CHECK(answer.body.find("\nfeedwire_disk_free_bytes ") != std::string::npos);
  CHECK(answer.body.find("\nprocess_resident_memory_bytes ") != std::string::npos);
  CHECK(answer.body.find("\nprocess_cpu_seconds_total ") != std::string::npos);
  CHECK(daemon.request("POST", "/metrics").status == 405);
}

TEST_CASE("8.4 metrics say what the daemon and the store have counted", "[metrics]") {
  ApiTestDaemon daemon;
  set_durations(daemon.backend);
  DaemonStatus& status = daemon.backend.more_status;
  status.items = {11, 12, 13, 14};
  for (std::size_t i = 0; i < kFetchResults; ++i) status.fetches.results[i] = 100 + i;
  status.fetches.wire_bytes = 20;
  status.fetches.decoded_bytes = 21;
  status.fetches.in_flight = 22;
  status.fetches.lag = std::chrono::milliseconds{2500};
  storage::StoreFigures& store = daemon.backend.memory.stored_figures;
  store.recovery = std::chrono::milliseconds{1250};
  store.rewritten_lines = 31;
  store.families = {{"entries", 32}, {"keys", 33}};
  store.wal_bytes = 34;
  store.block_cache_bytes = 35;
  store.stalled = std::chrono::milliseconds{4500};

  const HttpAnswer answer = daemon.get("/metrics");

  CHECK(lint(answer.body) == std::vector<std::string>());
  const std::vector<std::string> lines = {R"(feedwire_items_total{outcome="new"} 11)",
                                          R"(feedwire_items_total{outcome="updated"} 12)",
                                          R"(feedwire_items_total{outcome="duplicate"} 13)",
                                          R"(feedwire_items_total{outcome="rejected"} 14)",
                                          R"(feedwire_fetches_total{result="ok"} 100)",
                                          R"(feedwire_fetches_total{result="not_modified"} 101)",
                                          R"(feedwire_fetches_total{result="parse_error"} 115)",
                                          R"(feedwire_fetches_total{result="other"} 116)",
                                          R"(feedwire_fetch_bytes_total{direction="wire"} 20)",
                                          R"(feedwire_fetch_bytes_total{direction="decoded"} 21)",
                                          "feedwire_fetches_in_flight 22",
                                          "feedwire_schedule_lag_seconds 2.500000",
                                          "feedwire_recovery_duration_seconds 1.250000",
                                          "feedwire_recovery_rewritten_lines_total 31",
                                          R"(feedwire_db_sst_bytes{cf="entries"} 32)",
                                          R"(feedwire_db_sst_bytes{cf="keys"} 33)",
                                          "feedwire_db_wal_bytes 34",
                                          "feedwire_db_block_cache_bytes 35",
                                          "feedwire_db_stall_seconds_total 4.500000",
                                          "feedwire_fetch_duration_seconds_count 0",
                                          "feedwire_commit_duration_seconds_count 0",
                                          "feedwire_segment_sync_duration_seconds_count 0"};
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(has_line(answer, line));
  }
}

TEST_CASE("a histogram says how many took no longer than each bound", "[metrics]") {
  DurationTally tally({std::chrono::milliseconds{1}, std::chrono::milliseconds{2500},
                       std::chrono::seconds{3}, std::chrono::seconds{4}, std::chrono::seconds{5},
                       std::chrono::seconds{6}, std::chrono::seconds{7}, std::chrono::seconds{8},
                       std::chrono::seconds{9}, std::chrono::seconds{10}, std::chrono::seconds{20},
                       std::chrono::seconds{60}});
  for (const int ms : {1, 2, 2500, 60'000, 60'001}) tally.add(std::chrono::milliseconds{ms});
  MetricsText metrics;
  metrics.histogram("feedwire_a_seconds", tally.get(), "A.");
  const std::string text = metrics.take();
  CHECK(lint(text) == std::vector<std::string>());
  CHECK(
      text.starts_with("# HELP feedwire_a_seconds A.\n# TYPE feedwire_a_seconds histogram\n"
                       "feedwire_a_seconds_bucket{le=\"0.001\"} 1\n"
                       "feedwire_a_seconds_bucket{le=\"2.5\"} 3\n"
                       "feedwire_a_seconds_bucket{le=\"3\"} 3\n"));
  CHECK(
      text.ends_with("feedwire_a_seconds_bucket{le=\"60\"} 4\n"
                     "feedwire_a_seconds_bucket{le=\"+Inf\"} 5\n"
                     "feedwire_a_seconds_sum 122.504000\nfeedwire_a_seconds_count 5\n"));
}

TEST_CASE("a daemon that is not ready says so in its metrics", "[metrics]") {
  ApiTestDaemon daemon;
  daemon.backend.reasons = {"stopping"};
  CHECK(daemon.get("/metrics").body.find("\nfeedwire_ready 0\n") != std::string::npos);
}

TEST_CASE("a daemon without a store has few metrics, and no streams", "[metrics]") {
  ApiTestDaemon daemon;
  daemon.backend.is_standby = true;
  daemon.backend.reasons = {"the disk is full"};
  const HttpAnswer answer = daemon.get("/metrics");
  CHECK(answer.status == 200);
  CHECK(lint(answer.body).empty());
  CHECK(has_line(answer, "feedwire_ready 0"));
  CHECK(answer.body.find("feedwire_feeds") == std::string::npos);
  CHECK(daemon.get("/v1/events/stream").status == 503);
}

TEST_CASE("labels are escaped, and the lint sees what is wrong", "[metrics]") {
  MetricsText metrics;
  metrics.family("feedwire_a", MetricKind::gauge, "A.");
  metrics.sample(std::uint64_t{1}, {{"x", "a\"b\\c\nd"}, {"y", ""}});
  metrics.sample(0.25);
  const std::string text = metrics.take();
  CHECK(text ==
        "# HELP feedwire_a A.\n# TYPE feedwire_a gauge\n"
        "feedwire_a{x=\"a\\\"b\\\\c\\nd\",y=\"\"} 1\nfeedwire_a 0.250000\n");
  CHECK(lint(text).empty());
  for (const char* const wrong :
       {"feedwire_a 1\n", "# HELP feedwire_a A.\n# TYPE feedwire_a counter\nfeedwire_a 1\n",
        "# HELP feedwire_a_total A.\n# TYPE feedwire_a_total gauge\n",
        "# HELP feedwire_a A.\n# TYPE feedwire_a gauge\nfeedwire_a 1\nfeedwire_a 2\n",
        "# HELP feedwire_a A.\n# TYPE feedwire_a gauge\nfeedwire_b 1\n", "# HELP other_a A.\n",
        "# HELP feedwire_a A.\n# TYPE feedwire_a gauge\nfeedwire_a one\n",
        "# HELP feedwire_a_ms A.\n# TYPE feedwire_a_ms gauge\n",
        "# HELP feedwire_a A.\n# TYPE feedwire_a summary\n",
        "# HELP feedwire_a A.\n# TYPE feedwire_a histogram\nfeedwire_a_sum 1\n",
        "# HELP feedwire_a A.\n# TYPE feedwire_a histogram\n"
        "feedwire_a_bucket{le=\"1\"} 2\nfeedwire_a_bucket{le=\"+Inf\"} 1\n",
        "# HELP feedwire_a A.\n# TYPE feedwire_a histogram\n"
        "feedwire_a_bucket{le=\"+Inf\"} 1\nfeedwire_a_sum 1\nfeedwire_a_count 2\n",
        "# HELP feedwire_a A.\n# TYPE feedwire_a gauge\nfeedwire_a_count 2\n"})
    CHECK_FALSE(lint(wrong).empty());
}

}  // namespace feedwire::daemon
