#include "daemon/log_feed.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>

#include "daemon/journal.h"
#include "tests/daemon/stage_run.h"

namespace feedwire::daemon {
namespace {

/// What is logged at level debug while this is there.
class Captured {
 public:
  Captured() {
    auto logger = std::make_shared<spdlog::logger>(
        "", std::make_shared<spdlog::sinks::ostream_sink_st>(text_));
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::debug);
    spdlog::set_default_logger(logger);
  }
  ~Captured() { spdlog::set_default_logger(before_); }

  bool has(const std::string& text) const { return text_.str().find(text) != std::string::npos; }

 private:
  const std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
  std::ostringstream text_;
};

}  // namespace

TEST_CASE("8.3 the journal finds the records of a feed and of a request by their ids",
          "[journal]") {
  const storage::FeedRef feed{0xa1, "https://a.example/f", "", "", {}};
  const std::string record = journal_record(6, "polled url=" + log_fetch(feed, 12) + " status=304");
  CHECK(
      record.ends_with("FEEDWIRE_URL=https://a.example/f\n"
                       "FEEDWIRE_FEED_ID=f-00000000000000a1\n"
                       "FEEDWIRE_FETCH_ID=x-00000000000000a1-12\n"
                       "FEEDWIRE_HTTP_STATUS=304\n"));
  CHECK(log_feed(feed) == "https://a.example/f feed_id=f-00000000000000a1");
}

TEST_CASE("8.3 records of a poll have the ids that its events have", "[journal]") {
  const Captured log;
  StageRun run;
  run.web.serve_document(kUrl, document(1));
  run.start({kUrl, kOther});  // the other one is not there
  run.run_long(70min);
  run.web.serve_document(kUrl, document(2));
  run.run_long(60min);
  CHECK(run.count("entry.created") == 2);
  const auto ids = [](const std::string& url, int poll) {
    const std::string key = hex64(feeds::feed_key(url));
    return "url=" + url + " feed_id=f-" + key + " fetch_id=x-" + key + "-" + std::to_string(poll) +
           " ";
  };
  CHECK(log.has("polled " + ids(kUrl, 1) + "status=200"));
  CHECK(log.has("feed failing " + ids(kOther, 1) + "error=\"dns"));
  // The events of the poll that brought the second entry.
  std::string fetch;
  storage::LogReader reader = [&] {
    static PosixFs fs;
    return storage::LogReader::open(fs, run.dir() / "events", 0).value();
  }();
  while (const auto line = reader.next().value())
    if (const std::size_t at = line->line.find("\"fetch_id\":\""); at != std::string::npos)
      fetch = std::string(line->line.substr(at + 12, line->line.find('"', at + 12) - at - 12));
  CHECK(log.has("fetch_id=" + fetch + " status=200 result=document"));
}

}  // namespace feedwire::daemon
