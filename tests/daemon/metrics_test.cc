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
      if (!types.emplace(family, match[3]).second) fault("second TYPE");
      if ((types[family] == "counter") != family.ends_with("_total")) fault("_total and counter");
      if (types[family] != "counter" && types[family] != "gauge") fault("type");
      for (const char* const unit : {"_ms", "_milliseconds", "_kb", "_mb", "_count", "_minutes"})
        if (family.ends_with(unit)) fault("no base unit, or a suffix that is taken");
    } else if (std::regex_match(line, match, kSample)) {
      if (match[1] != family || !types.contains(family)) fault("sample of another family");
      if (match[2].matched && !std::regex_match(match[2].str(), kLabels)) fault("labels");
      if (!samples.insert(match[1].str() + match[2].str()).second) fault("second sample");
    } else {
      fault("no line of the format");
    }
  }
  if (!text.ends_with('\n')) faults.push_back("no end of line");
  return faults;
}

bool has_line(const HttpAnswer& answer, const std::string& line) {
  return answer.body.find('\n' + line + '\n') != std::string::npos;
}

}  // namespace

TEST_CASE("OP-14 metrics are as Prometheus wants them, and name no feed", "[metrics]") {
  ApiTestDaemon daemon;
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
  CHECK(has_line(answer, R"(feedwire_build_info{version="0.1.0"} 1)"));
  CHECK(has_line(answer, R"(feedwire_feeds{state="ok"} 3)"));
  CHECK(has_line(answer, R"(feedwire_fetches_total{result="failed"} 0)"));
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
        "# HELP feedwire_a_ms A.\n# TYPE feedwire_a_ms gauge\n"})
    CHECK_FALSE(lint(wrong).empty());
}

}  // namespace feedwire::daemon
