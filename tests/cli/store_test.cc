// The tool on a real store whose daemon is down.

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <memory>

#include "base/clock.h"
#include "base/fs.h"
#include "base/rng.h"
#include "storage/store.h"
#include "tests/cli/tool.h"

namespace feedwire::cli {
namespace {

constexpr const char* kUrl = "https://example.org/feed";

// A store of one feed with one entry and one cursor, closed.
void make_store(const std::filesystem::path& dir) {
  PosixFs fs;
  const SystemClock clock;
  SystemRng rng;
  storage::Options options;
  options.dir = dir;
  options.min_free_bytes = 0;
  const std::unique_ptr<storage::Store> store =
      storage::Store::open(options, fs, clock, rng).value();

  storage::FeedRef feed;
  feed.key = feeds::feed_key(kUrl);
  feed.url = kUrl;
  feed.name = "example";
  REQUIRE(store->subscribe(std::span(&feed, 1)));

  feeds::Entry entry;
  entry.raw_hash = 1;
  entry.guid = entry.url = "https://example.org/1";
  entry.canonical_url = "http://example.org/1";
  entry.title = "Grüße";
  entry.keys[feeds::KeyKind::guid] = feeds::key_hash(feeds::KeyKind::guid, feed.key, entry.guid);
  entry.revision = xxh3_128("revision");
  entry.json = R"({"id":"1","url":"https://example.org/1","title":"Grüße","_feedwire":{"x":"y"}})";
  storage::PollOutcome outcome;
  outcome.feed = feed.key;
  outcome.fetched_at = clock.now().wall;
  outcome.row.polls = 1;
  outcome.row.last_poll = outcome.row.last_success = outcome.fetched_at;
  feeds::FeedInfo info;
  info.json = R"({"version":"https://jsonfeed.org/version/1.1","_feedwire":{}})";
  outcome.document = feeds::Feed::check(feeds::flatten(info, {entry})).value();
  REQUIRE(store->commit(std::span(&outcome, 1)));
  REQUIRE(store->set_cursor("indexer", {.acked = 2, .hold = true, .updated = outcome.fetched_at}));
  REQUIRE(store->close());
}

}  // namespace

TEST_CASE("while the daemon is down the tool reads the store itself", "[store]") {
  const Tool tool;
  make_store(tool.dir().path() / "state");

  const tests::Finished feeds = tool.run({"feed", "list", "--json"});
  CHECK(feeds.code == 0);
  CHECK(feeds.err.empty());
  CHECK(feeds.out.find(R"("url":"https://example.org/feed","name":"example")") !=
        std::string::npos);
  CHECK(tool.run({"feed", "list"}).out.find("example.org/feed") != std::string::npos);

  for (const char* id : {"example", kUrl}) {
    const tests::Finished entries = tool.run({"entry", "list", "--feed", id});
    CHECK(entries.code == 0);
    CHECK(entries.out.find("Grüße  https://example.org/1\n") != std::string::npos);
  }
  CHECK(tool.run({"entry", "list", "--feed", "nobody"}).code == 65);
  CHECK(tool.run({"entry", "show", "https://example.org/1"}).out.find(R"("title": "Grüße")") !=
        std::string::npos);

  CHECK(tool.run({"cursor", "list"}).out.find("indexer  00000000000000000002  yes") !=
        std::string::npos);
  CHECK(tool.run({"cursor", "show", "indexer"}).code == 0);
  CHECK(tool.run({"cursor", "show", "nobody"}).code == 65);
  CHECK(
      tool.run({"status"}).out.find("state                  stopped\nfeeds                  1\n") ==
      0);
  CHECK(tool.run({"tail", "--type", "entry.created", "--feed", "example"}).out.find("Grüße") !=
        std::string::npos);
}

TEST_CASE("OP-9 without a daemon and without a store the exit code is 69", "[store]") {
  const Tool tool;

  const tests::Finished list = tool.run({"feed", "list"});

  CHECK(list.code == 69);
  CHECK(list.err.find("feedwired is not running, and there is no store in") != std::string::npos);
}

TEST_CASE("OP-9 a store and a log that may not be read end with 77", "[store]") {
  const Tool tool;
  make_store(tool.dir().path() / "state");
  ::chmod(tool.dir().path().c_str(), 0755);
  ::chmod((tool.dir().path() / "state").c_str(), 0);
  // Root may read everything, and others perhaps not the folder this was built in.
  const std::string program = (tool.dir().path() / "feedwire-tool").native();
  std::filesystem::copy_file(FEEDWIRE_BIN_DIR "/feedwire-tool", program);
  const auto run_as_stranger = [&](std::vector<std::string> arguments) {
    std::vector<std::string> argv = tool.command(arguments);
    argv[0] = program;
    if (::geteuid() == 0)
      argv.insert(argv.begin(), {"/usr/bin/setpriv", "--reuid=65534", "--clear-groups"});
    return tests::run(argv);
  };

  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"tail"}, {"feed", "list"}, {"status"}}) {
    const tests::Finished refused = run_as_stranger(words);
    INFO(refused.err);
    CHECK(refused.code == 77);
    CHECK(refused.err.find("you may not") != std::string::npos);
  }
  ::chmod((tool.dir().path() / "state").c_str(), 0700);
}

}  // namespace feedwire::cli
